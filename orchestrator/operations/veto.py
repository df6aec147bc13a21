"""The verb `veto`: a person says that a revision goes nowhere any more, or that it may again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.core.events import NO_RUN, Event, EventKind
from orchestrator.core.gates.decisions import Veto
from orchestrator.core.phrases import few
from orchestrator.core.reports import Done
from orchestrator.core.run import Run
from orchestrator.core.step_record import StepState
from orchestrator.core.targets import Target
from orchestrator.errors import UsageError
from orchestrator.journal.journal import Journal
from orchestrator.operations.survey import Clock, read_graph
from orchestrator.project.configuration import Configuration

_SHORTEST = 4
"""Characters of an id that may stand for it, as in Alembic."""
_EXAMPLE = "--reason 'locks orders for minutes'"


@dataclass(frozen=True, slots=True)
class Objection:
    """What a person says of a revision, named as they typed it; `by` is who typed, as user@host."""

    revision: str
    reason: str
    by: str


def veto(configuration: Configuration, objection: Objection, now: Clock) -> Done:
    """Record that a revision goes nowhere any more.

    Raises UsageError for what is no single revision and for a reason that says nothing, what reading the scripts
    raises, and JournalError.
    """
    objection = _checked(configuration, objection)
    revision = _meant(configuration, objection.revision)
    with Journal(configuration.journal, writing=True) as journal:
        journal.record([_event(EventKind.REVISION_VETOED, revision, objection, now())])
        working = {run.id: left for run in journal.runs() if run.open and (left := _left(run, revision))}
    sentence = f"recorded: revision {revision} is vetoed and goes nowhere any more"
    for run, left in working.items():
        sentence += f"\nrun {run} has it in its plan: it stops before it begins it{_in_hand(left)}"
    fields = {"revision": revision, "vetoed": True, "reason": objection.reason, "by": objection.by}
    return Done(sentence, "orchestrate status", {**fields, "working": list(working)})


def lift(configuration: Configuration, objection: Objection, now: Clock) -> Done:
    """Record that a vetoed revision may go on; UsageError where it is not vetoed, and as `veto`."""
    objection = _checked(configuration, objection)
    with Journal(configuration.journal, writing=True) as journal:
        known = journal.vetoes()
        revision = _vetoed(known, objection.revision)
        journal.record([_event(EventKind.VETO_LIFTED, revision, objection, now())])
    sentence = f"recorded: the veto of revision {revision} is lifted; it was: {known[revision].reason}"
    fields = {"revision": revision, "vetoed": False, "reason": objection.reason, "by": objection.by}
    return Done(sentence, "orchestrate status", {**fields, "working": []})


def _event(kind: EventKind, revision: str, objection: Objection, at: datetime) -> Event:
    body = {"reason": objection.reason, "by": objection.by}
    return Event(kind, at, NO_RUN, objection.by, revision=revision, body=body)


def _checked(configuration: Configuration, objection: Objection) -> Objection:
    """The same without any secret in the reason; UsageError where that says nothing."""
    if not objection.reason.strip(" .…"):
        what = "the reason says nothing: write what whoever meets it has to know"
        raise UsageError(what, where="--reason", mend=f"for example: {_EXAMPLE}")
    return replace(objection, reason=configuration.redactor().text(objection.reason))


def _meant(configuration: Configuration, name: str) -> str:
    """The one revision of any project that the name means."""
    found: set[str] = set()
    unknown: UsageError | None = None
    for project in configuration.projects.values():
        try:
            found.update(read_graph(project).resolve(name))
        except UsageError as error:
            unknown = error
    if not found and unknown is not None:
        raise unknown
    if len(found) != 1:
        what = (
            f"{name!r} means {len(found)} revisions: {', '.join(sorted(found))}" if found else f"{name!r} is none"
        )
        raise UsageError(what, mend="name one of them by its id")
    return found.pop()


def _vetoed(known: dict[str, Veto], name: str) -> str:
    """The vetoed revision that the name means; its script may be gone by now."""
    alike = [one for one in known if one == name or (len(name) >= _SHORTEST and one.startswith(name))]
    if name in known or len(alike) == 1:
        return name if name in known else alike[0]
    mend = f"vetoed: {', '.join(known)}" if known else "orchestrate status"
    what = f"{name!r} means several vetoed revisions" if alike else f"revision {name!r} is not vetoed"
    raise UsageError(what, mend=mend)


def _left(run: Run, revision: str) -> dict[Target, StepState]:
    """The targets that the run still brings the revision to, and how far that is; a rollback brings none."""
    plans = (plan for plan in run.plan.targets if any(step.revision == revision for step in plan.steps))
    states = {plan.target: run.record(plan.target, revision).state for plan in plans if run.plan.kind.releases}
    return {target: state for target, state in states.items() if state is not StepState.APPLIED}


def _in_hand(left: Mapping[Target, StepState]) -> str:
    """Where the run has begun the revision, which is finished there, and what tells how to stop that."""
    where = few(str(target) for target, state in left.items() if state is StepState.STARTED)
    said = f"; in hand already on {where}, it is finished there; to stop that now: orchestrate locks"
    return said if where else ""
