"""Gathers what is recorded that the gates look at; each part only where the plan's environments demand it."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.core.events import Event, EventKind
from orchestrator.core.gates.evidence import NO_EVIDENCE, Approval, Evidence
from orchestrator.core.outstanding import unchecked
from orchestrator.core.plan import Plan
from orchestrator.journal.journal import Journal
from orchestrator.journal.store import location
from orchestrator.operations import vetoes
from orchestrator.operations.arrivals import sightings
from orchestrator.operations.checked import checked
from orchestrator.operations.durations import durations
from orchestrator.operations.edited import edited_upstream
from orchestrator.operations.survey import Survey
from orchestrator.project.configuration import Configuration

_APPROVING = EventKind.PLAN_APPROVED, EventKind.APPROVAL_WITHDRAWN


def gather(seen: Survey, plan: Plan) -> Evidence:
    """What is recorded for this plan; raises JournalError."""
    if not plan.kind.releases:
        return NO_EVIDENCE
    before = {two.name: one.name for one, two in seen.world.pipeline.neighbours()}
    asking = (name for name in plan.environments if seen.world.pipeline.environment(name).gates.verified)
    approved = any(seen.world.pipeline.environment(name).gates.approval for name in plan.environments)
    with Journal(seen.configuration.journal) as journal:
        soaked = sightings(journal, seen, plan)
        return Evidence(
            approvals=approvals_of(journal.of_kinds(*_APPROVING)) if approved else (),
            unfamiliar=unfamiliar(journal, seen.configuration) if approved else None,
            vetoes=vetoes.standing(journal),
            edited=edited_upstream(journal, seen, plan),
            seconds=durations(journal, seen, plan),
            arrivals=soaked.arrivals,
            unrecorded=soaked.unrecorded,
            checked=checked(journal, {before[name] for name in asking if name in before} | _unchecked(seen, plan)),
        )


def _unchecked(seen: Survey, plan: Plan) -> set[str]:
    """The environments whose latest run got no good answer to `verify`: one may have been got since."""
    runs = {(t.environment, run.id): run for t, _ in plan.seen if (run := seen.last_runs.get(t)) is not None}
    pipeline = seen.world.pipeline
    return {name for (name, _), run in runs.items() if unchecked(run, pipeline.environment(name))}


def unfamiliar(journal: Journal, configuration: Configuration) -> str | None:
    """Where a journal is that knows no run: it may be a copy's, and the wrong one. None for any other."""
    return None if journal.knows_runs else f"{location(configuration.journal)}, a journal that knows no run"


def approvals_of(events: Iterable[Event]) -> tuple[Approval, ...]:
    """Those that stand: of each person for each seal the latest, unless it was withdrawn."""
    standing: dict[tuple[str, str], Approval] = {}
    for event in events:
        seal, by = str(event.body["seal"]), str(event.body["by"])
        standing.pop((seal, by), None)
        if event.kind is EventKind.PLAN_APPROVED:
            standing[seal, by] = Approval(seal, by, event.actor, event.at)
    return tuple(standing.values())
