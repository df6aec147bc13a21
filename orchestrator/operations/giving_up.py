"""Gives up what is left of a run that was taken back; a run that somebody drives is not. Changes no database."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.core.events import Event, EventKind
from orchestrator.core.reports import RunReport
from orchestrator.core.run import Outcome
from orchestrator.journal.journal import Journal
from orchestrator.operations.acting import Actor, drive
from orchestrator.project.configuration import Configuration

_BACK = (Outcome.SUCCEEDED, Outcome.NOTHING_TO_DO)


def given_up(configuration: Configuration, report: RunReport, actor: Actor, why: str | None) -> RunReport:
    """The report of a rollback, after it was recorded that the run it took back whole is over, if it was not.

    Raises LockedError where that run is at work, JournalError where its end cannot be recorded.
    """
    undone = report.plan.undoes
    if undone is None or report.plan.only or report.outcome not in _BACK:
        return report
    with Journal(configuration.journal) as journal:
        if journal.run(undone).complete:
            return report
    with Journal(configuration.journal, writing=True) as journal:
        drive(journal, undone, actor)
        if journal.run(undone).complete:
            return report
        reason = f"given up by {actor.name}" + (f": {why}" if why else "")
        body = {"outcome": str(Outcome.TAKEN_BACK), "reason": reason}
        journal.record([Event(EventKind.RUN_FINISHED, actor.now(), undone, actor.name, body=body)])
    note = f"run {undone} is given up: nothing of it is left, and it cannot be resumed any more"
    return replace(report, notes=(*report.notes, note))
