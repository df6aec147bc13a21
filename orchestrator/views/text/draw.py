"""Any report as text. What draws the others is not loaded."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import RenderableType

from orchestrator.core.status import StatusReport

if TYPE_CHECKING:
    from orchestrator.core.reports import Report


def draw(report: Report, now: datetime, *, details: bool = False) -> RenderableType:
    """The report for a person; `now` turns times into "5 min ago". `details`: a line for every target."""
    if isinstance(report, StatusReport):
        from orchestrator.views.text.status import status

        return status(report, now, details=details)
    from orchestrator.views.text.others import other

    return other(report, now, details=details)
