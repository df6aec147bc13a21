"""Any report as text: the one place that knows which view draws which report."""

from __future__ import annotations

from datetime import datetime

from rich.console import RenderableType
from rich.text import Text

from orchestrator.core.doubt import Completion
from orchestrator.core.locks import LocksReport
from orchestrator.core.reports import (
    DoctorReport,
    Done,
    PlanReport,
    Report,
    RunHistory,
    RunReport,
    RunsReport,
    Unfinished,
)
from orchestrator.core.status import StatusReport
from orchestrator.views.text import doctor, doubt, history, locks, plan, run, status


def draw(report: Report, now: datetime) -> RenderableType:
    """The report for a person; `now` turns times into "5 min ago"."""
    match report:
        case StatusReport():
            return status.status(report, now)
        case LocksReport():
            return locks.locks(report, now)
        case PlanReport():
            return plan.plan(report)
        case RunReport():
            return run.run(report)
        case RunsReport():
            return history.runs(report, now)
        case RunHistory():
            return history.show(report, now)
        case Unfinished():
            return history.left(report.run, now)
        case DoctorReport():
            return doctor.doctor(report)
        case Completion() | Done():
            return _done(report)


def _done(report: Completion | Done) -> RenderableType:
    if isinstance(report, Completion):
        return doubt.completion(report)
    return Text.assemble(report.sentence, "\nnext: ", (report.mend, "cyan"))
