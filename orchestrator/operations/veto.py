"""The verb `veto`: a person says that a revision goes nowhere any more, or that it may again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.core.events import NO_RUN, Event, EventKind
from orchestrator.core.gates.evidence import Veto
from orchestrator.core.reports import Done
from orchestrator.core.run import Run
from orchestrator.core.step_record import StepState
from orchestrator.errors import UsageError
from orchestrator.journal.journal import Journal
from orchestrator.operations.survey import Clock, read_graph
from orchestrator.operations.vetoes import standing
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
        working = [run for run in journal.runs() if run.open and _to_apply(run, revision)]
    sentence = f"recorded: revision {revision} is vetoed and goes nowhere any more"
    for run in working:
        sentence += f"\nrun {run.id} has not ended and has it in its plan: a run at work is not stopped by a veto"
    fields = {"revision": revision, "vetoed": True, "reason": objection.reason, "by": objection.by}
    return Done(sentence, "orchestrate status", {**fields, "working": [run.id for run in working]})


def lift(configuration: Configuration, objection: Objection, now: Clock) -> Done:
    """Record that a vetoed revision may go on; UsageError where it is not vetoed, and as `veto`."""
    objection = _checked(configuration, objection)
    with Journal(configuration.journal, writing=True) as journal:
        known = standing(journal)
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


def _to_apply(run: Run, revision: str) -> bool:
    return any(
        step.revision == revision and run.record(plan.target, revision).state is not StepState.APPLIED
        for plan in run.plan.targets
        for step in plan.steps
    )
