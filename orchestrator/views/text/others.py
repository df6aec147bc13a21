"""Every report but that of `status` as text: which view draws which. Only `draw` calls it."""

from __future__ import annotations

from datetime import datetime

from rich.console import RenderableType
from rich.text import Text

from orchestrator.core.checks import Verification
from orchestrator.core.locks import LocksReport
from orchestrator.core.reports import (
    DoctorReport,
    Done,
    OtherReport,
    PlanReport,
    RunHistory,
    RunReport,
    RunsReport,
)
from orchestrator.core.status import Unfinished
from orchestrator.views.text import around, doctor, history, locks, plan, run


def other(report: OtherReport, now: datetime, *, details: bool) -> RenderableType:
    """As `draw`."""
    match report:
        case LocksReport():
            return locks.locks(report, now, details=details)
        case PlanReport():
            return plan.plan(report, details=details)
        case RunReport():
            return run.run(report, details=details)
        case RunsReport():
            return history.runs(report, now)
        case RunHistory():
            return history.show(report, now, details=details)
        case Unfinished():
            return history.left(report.run, now)
        case Verification():
            return around.verification(report)
        case DoctorReport():
            return doctor.doctor(report, details=details)
        case Done():
            return Text.assemble(report.sentence, "\nnext: ", (report.mend, "cyan"))
        case _:
            from orchestrator.views.text import rare  # what a release does not load

            return rare.rare(report, details=details)
