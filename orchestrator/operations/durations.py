"""What a plan's scripts took wherever they were applied before: asked of the journal."""

from __future__ import annotations

from collections import defaultdict

from orchestrator.core.estimates import Estimate, estimates
from orchestrator.core.plan import Plan
from orchestrator.core.preview import Measured, Measurements, median
from orchestrator.core.targets import Target
from orchestrator.execution.crew import server
from orchestrator.journal.journal import Journal
from orchestrator.journal.ran import ANYTHING
from orchestrator.operations.survey import Survey

_MOST = 50
"""Targets of a database that are asked for what a script took: those that it was applied to last."""


def durations(journal: Journal, seen: Survey, plan: Plan) -> Measurements:
    """What the very bytes of each script took in each environment that was looked at; raises JournalError.

    What it took on another family of databases than the one that is to change says nothing, and is left out.
    """
    known = families(seen)
    wanted = {
        (step.digest, one.target.database): (step.revision, known[one.target.untenanted])
        for one in plan.of_changing.targets
        if one.target.untenanted in known  # a resumed run's target may have been taken out of the file
        for step in one.steps
    }
    asked = [
        (place, revision, digest)
        for (digest, database), (revision, family) in wanted.items()
        for place, its in known.items()
        if (place.database, its) == (database, family)
    ]
    took: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for event in journal.applied(asked, ANYTHING, _MOST):
        seconds = event.body.get("seconds")
        if event.target is not None and isinstance(seconds, int | float):
            took[event.target.environment, str(event.body["digest"])].append(float(seconds))
    return {key: Measured(key[0], round(median(each), 3), max(each), len(each)) for key, each in took.items()}


def estimated(seen: Survey, plan: Plan, measured: Measurements) -> tuple[Estimate, ...]:
    """How long each environment will take that the plan changes; nothing where nothing was measured."""
    if not measured:
        return ()
    servers = {one.target: server(seen.endpoints[one.target]) for one in plan.of_changing.targets}
    return estimates(plan, measured, seen.world.pipeline, servers)


def families(seen: Survey) -> dict[Target, str]:
    """The family of each database of the environments that were looked at, without its tenants."""
    found: dict[Target, str] = {}
    for target, endpoint in seen.endpoints.items():
        if target.untenanted not in found:
            found[target.untenanted] = endpoint.family
    return found
