"""The reports as text that no release shows; apart, so that a release does not load what draws them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import RenderableType

from orchestrator.core.account import Account
from orchestrator.core.doubt import Completion
from orchestrator.core.lint import LintReport
from orchestrator.core.locks import LocksReport
from orchestrator.core.picture import GraphReport
from orchestrator.core.reports import DoctorReport, RunHistory, RunsReport
from orchestrator.core.status import Unfinished
from orchestrator.views import account
from orchestrator.views.text import doctor, doubt, graph, history, lint, locks
from orchestrator.views.text import report as page

if TYPE_CHECKING:
    from orchestrator.core.reports import RareReport


def rare(report: RareReport | Account | Completion, now: datetime, *, details: bool) -> RenderableType:
    """As `draw`."""
    match report:
        case LocksReport():
            return locks.locks(report, now, details=details)
        case RunsReport():
            return history.runs(report, now)
        case RunHistory():
            return history.show(report, now, details=details)
        case Unfinished():
            return history.left(report.run, now)
        case DoctorReport():
            return doctor.doctor(report, details=details)
        case LintReport():
            return lint.lint(report)
        case GraphReport():
            return graph.graph(report)
        case Account():
            return page.report(account.page(report), details=details)
        case Completion():
            return doubt.completion(report)
