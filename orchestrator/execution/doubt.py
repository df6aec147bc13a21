"""What a step in doubt left in the schema: the objects that differ from before it, and unusable indexes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from orchestrator.core.doubt import Doubt, doubt_of, with_record
from orchestrator.core.plan import Action, Step
from orchestrator.core.run import Run
from orchestrator.core.targets import Target
from orchestrator.databases.catalog import catalog, difference, invalid_indexes
from orchestrator.databases.endpoint import Endpoint
from orchestrator.execution.setting import Setting


def changed(endpoint: Endpoint, before: Mapping[str, str] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How the schema differs now from how it was, and the indexes that became INVALID; raises UnavailableError.

    Both are empty where it was not listed before.
    """
    if before is None:
        return (), ()
    after = catalog(endpoint)
    return difference(before, after), invalid_indexes(endpoint, before, after)


def recorded(setting: Setting, target: Target, step: Step) -> Doubt:
    """What the journal tells of a step of this run. Not by the whole run: that has as much of every target."""
    actor = setting.resumed.actor if setting.resumed is not None else setting.actor
    reverting = step.action is Action.DOWNGRADE
    doubt = Doubt(setting.run_id, actor, target, step.revision, reverting=reverting)
    record = setting.journal.step(setting.run_id, target, step.revision)
    return with_record(doubt, record) if record is not None else doubt


def seen_now(endpoint: Endpoint, run: Run, revision: str) -> Doubt:
    """What the journal tells of a step in doubt, with what is there now; raises UnavailableError."""
    before = run.record(endpoint.target, revision).before
    doubt = doubt_of(run, endpoint.target, revision)
    if before is None:
        return doubt
    changes, invalid = changed(endpoint, before)
    return replace(doubt, changes=changes, invalid_indexes=invalid)
