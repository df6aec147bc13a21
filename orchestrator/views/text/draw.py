"""Any report as text: the one place that knows which view draws which report."""

from __future__ import annotations

from datetime import datetime

from rich.console import RenderableType
from rich.text import Text

from orchestrator.core.reports import (
    DoctorReport,
    Done,
    PlanReport,
    Report,
    RunHistory,
    RunReport,
    RunsReport,
    StatusReport,
    Unfinished,
)
from orchestrator.views.text import doctor, history, plan, run, status, words


def draw(report: Report, now: datetime) -> RenderableType:
    """The report for a person; `now` turns times into "5 min ago"."""
    return words.Harmless(_drawn(report, now))


def _drawn(report: Report, now: datetime) -> RenderableType:
    match report:
        case StatusReport():
            return status.status(report, now)
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
        case Done():
            return Text.assemble(report.sentence, "\nnext: ", (report.mend, "cyan"))
