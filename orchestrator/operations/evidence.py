"""Gathers what is recorded that the gates look at; each part only where the plan's environments demand it."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.core.events import Event, EventKind
from orchestrator.core.gates.evidence import NO_EVIDENCE, Approval, Evidence, Veto
from orchestrator.core.plan import Plan, PlanKind
from orchestrator.journal.journal import Journal
from orchestrator.operations.survey import Survey

_RELEASES = (PlanKind.PROMOTE, PlanKind.ROLLOUT)


def gather(seen: Survey, plan: Plan) -> Evidence:
    """What is recorded for this plan; raises JournalError."""
    if plan.kind not in _RELEASES:
        return NO_EVIDENCE
    with Journal(seen.configuration.journal) as journal:
        return Evidence(
            approvals=approvals_of(
                journal.of_kinds(EventKind.PLAN_APPROVED, EventKind.APPROVAL_WITHDRAWN),
            ),
            vetoes=vetoes_of(journal.of_kinds(EventKind.REVISION_VETOED, EventKind.VETO_LIFTED)),
        )


def approvals_of(events: Iterable[Event]) -> tuple[Approval, ...]:
    """Those that stand: of each person for each seal the latest, unless it was withdrawn."""
    standing: dict[tuple[str, str], Approval] = {}
    for event in events:
        seal, by = str(event.body["seal"]), str(event.body["by"])
        standing.pop((seal, by), None)
        if event.kind is EventKind.PLAN_APPROVED:
            standing[seal, by] = Approval(seal, by, event.actor, event.at)
    return tuple(standing.values())


def vetoes_of(events: Iterable[Event]) -> dict[str, Veto]:
    """Those that stand, by revision."""
    standing: dict[str, Veto] = {}
    for event in events:
        revision = str(event.revision)
        standing.pop(revision, None)
        if event.kind is EventKind.REVISION_VETOED:
            body = event.body
            standing[revision] = Veto(revision, str(body["reason"]), str(body["by"]), event.at)
    return standing
