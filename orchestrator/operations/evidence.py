"""Gathers what is recorded that the gates look at; each part only where the plan's environments demand it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orchestrator.core.events import Event, EventKind
from orchestrator.core.gates.decisions import Approval
from orchestrator.core.gates.evidence import NO_EVIDENCE, Evidence
from orchestrator.core.observations import Observation
from orchestrator.core.outstanding import unchecked
from orchestrator.core.plan import Plan
from orchestrator.journal.journal import Journal
from orchestrator.journal.store import location
from orchestrator.operations.arrivals import sightings
from orchestrator.operations.checked import checked
from orchestrator.operations.durations import durations
from orchestrator.operations.edited import edited_upstream
from orchestrator.operations.survey import Survey
from orchestrator.operations.unfinished import stopped
from orchestrator.project.configuration import Configuration

APPROVING = EventKind.PLAN_APPROVED, EventKind.APPROVAL_WITHDRAWN
"""What `approvals_of` reads."""


def gather(journal: Journal, seen: Survey, plan: Plan) -> Evidence:
    """What is recorded for this plan; raises JournalError."""
    if not plan.kind.releases:
        return NO_EVIDENCE
    approved = any(seen.world.pipeline.environment(name).gates.approval for name in plan.environments)
    soaked = sightings(journal, seen, plan)
    return Evidence(
        approvals=approvals_of(journal.of_kinds(*APPROVING)) if approved else (),
        unfamiliar=unfamiliar(journal, seen.configuration) if approved else None,
        vetoes=journal.vetoes(),
        edited=edited_upstream(journal, seen, plan),
        seconds=durations(journal, seen, plan),
        arrivals=soaked.arrivals,
        unrecorded=soaked.unrecorded,
        checked=checked(journal, _asked(seen, plan), _here(seen, plan)),
        stopped=tuple(stopped(seen, plan.source)) if plan.source is not None else (),
    )


def _asked(seen: Survey, plan: Plan) -> set[str]:
    """The environments that some other wants verified, or whose latest run got no good answer to `verify` yet."""
    pipeline = seen.world.pipeline
    demanding = (name for name in plan.environments if pipeline.environment(name).gates.verified)
    wanted = {name for one in demanding if (name := pipeline.source_of(one, plan)) is not None}
    runs = {(t.environment, run.id): run for t, _ in plan.seen if (run := seen.last_runs.get(t)) is not None}
    return wanted | {name for (name, _), run in runs.items() if unchecked(run, pipeline.environment(name))}


def _here(seen: Survey, plan: Plan) -> Iterator[Observation]:
    """What the plan was made of, as it is now: a sealed plan may have been made long ago."""
    found = seen.world.observations
    return (found[target] for target, _ in plan.seen if target in found)


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
