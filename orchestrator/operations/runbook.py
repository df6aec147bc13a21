"""The verb `runbook`: a release that might be, with all that a person needs to run it. Changes nothing."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.core.runbook import Runbook, runbook
from orchestrator.operations.release import Wish, prepare
from orchestrator.operations.rollback import downgrades_of
from orchestrator.operations.survey import Clock
from orchestrator.project.configuration import Configuration


def of_release(configuration: Configuration, wish: Wish, actor: str, now: Clock) -> Runbook:
    """The runbook of a promotion as it would be now; raises what `release.prepare` raises."""
    prepared = prepare(configuration, wish, now)
    report = replace(prepared.report, downgrades=downgrades_of(prepared.seen, prepared.plan))
    return runbook(report, prepared.seen.world.pipeline, actor, prepared.at)
