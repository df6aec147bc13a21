"""What is said of a sealed plan: who made it, until when it holds, its seal, and what differs from then. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from orchestrator.core.reports import PlanReport
from orchestrator.core.sealed import utc

_SHOWN = 19
"""Characters of a seal, as of a fingerprint, that tell it from others."""


def sealed(report: PlanReport) -> Iterator[Text]:
    """The notes of a plan, and the lines under one that has a file."""
    yield from (Text(f"note: {note}", "yellow") for note in report.notes)
    if (one := report.sealed) is None:
        return
    typed = "" if one.actor.partition("@")[0] == one.author else f", typed by {one.actor}"
    made = f"sealed by {one.author}{typed}, {utc(one.created_at)}, until {utc(one.expires_at)}"
    yield Text(f"{made}: {one.file}")
    yield Text(f"seal {one.seal[:_SHOWN]}…", "dim")
    if report.applying is not None:
        yield Text(f"  → {report.applying}", "cyan")
