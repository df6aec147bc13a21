"""The reports of a release as text: which view draws which. Only `draw` calls it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from orchestrator.core.checks import Verification
from orchestrator.core.reports import Done, PlanReport, RunReport
from orchestrator.views.text import around, plan, run

if TYPE_CHECKING:
    from orchestrator.core.reports import OtherReport


def other(report: OtherReport, now: datetime, *, details: bool) -> RenderableType:
    """As `draw`."""
    match report:
        case PlanReport():
            return plan.plan(report, details=details)
        case RunReport():
            return run.run(report, details=details)
        case Verification():
            return around.verification(report)
        case Done():
            return Text.assemble(report.sentence, "\nnext: ", (report.mend, "cyan"))
        case _:
            from orchestrator.views.text import rare  # what a release does not load

            return rare.rare(report, now, details=details)
