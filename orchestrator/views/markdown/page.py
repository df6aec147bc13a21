"""Any report as a page of Markdown to be posted: what matters as tables, and below it what a terminal shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from orchestrator.core.envelope import Envelope
from orchestrator.core.lint import LintReport
from orchestrator.core.reports import PlanReport, RunReport
from orchestrator.core.status import StatusReport
from orchestrator.errors import Exit
from orchestrator.views.markdown.findings import findings
from orchestrator.views.markdown.marks import LONGEST, Pen, folded
from orchestrator.views.markdown.plan import plan
from orchestrator.views.markdown.run import run
from orchestrator.views.markdown.status import status

if TYPE_CHECKING:
    from orchestrator.core.reports import Report

_ROOM = 4_000
"""Characters of a page that are kept for what stands around its longest part."""


def page(pen: Pen, report: Report | None, envelope: Envelope, terminal: str) -> str:
    """The report, None where the command came to none, and what a `terminal` shows of it.

    That part is cut where the page would be too long to be posted.
    """
    blocks = [_heading(pen, report, envelope), *_tables(pen, report, envelope.finished_at)]
    above = _cut("\n\n".join(blocks), LONGEST // 2)
    below = pen.fenced(_cut(terminal, LONGEST - len(above) - _ROOM))
    return f"{above}\n\n{folded('As on a terminal', below, unfolded=envelope.exit is not Exit.DONE)}\n"


def _heading(pen: Pen, report: Report | None, envelope: Envelope) -> str:
    typed = f"orchestrate {envelope.command}"
    title = f"### {pen.code(typed)}"
    if isinstance(report, PlanReport | RunReport):
        whole = report.plan.command
        title = f"### {pen.code(whole)}" if whole.startswith(typed) else f"{title} of {pen.code(whole)}"
    if envelope.exit is Exit.DONE:
        return title
    return f"{title}: exit {int(envelope.exit)}, {envelope.exit.name.lower().replace('_', ' ')}"


def _tables(pen: Pen, report: Report | None, now: datetime) -> Iterator[str]:
    match report:
        case LintReport():
            yield from findings(pen, report.findings)
        case PlanReport():
            yield from plan(pen, report)
        case RunReport():
            yield from run(pen, report)
        case StatusReport():
            yield from status(pen, report, now)


def _cut(said: str, room: int) -> str:
    """Whole lines of it, and how many more there are."""
    if len(said) <= room:
        return said
    kept = said[: max(said.rfind("\n", 0, room), 0)]
    return f"{kept}\n… {said.count(chr(10), len(kept)):,} more lines: the log of the job has them"
