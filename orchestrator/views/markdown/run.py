"""How a run came out, as Markdown: each target's result, and what the gates said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.core.plan import Action, at
from orchestrator.core.reports import GOOD, Result, RunReport, TargetResult
from orchestrator.core.run import Outcome
from orchestrator.views.markdown.gates import gates
from orchestrator.views.markdown.marks import Pen, table
from orchestrator.views.text import many
from orchestrator.views.text.run import conclusion, progress, word

_DONE = (Outcome.SUCCEEDED, Outcome.NOTHING_TO_DO)


def run(pen: Pen, report: RunReport) -> Iterator[str]:
    """The outcome in a sentence, a table of the targets where any was begun, and the gates."""
    name = f"Run {pen.code(report.run_id)}: " if report.run_id else ""
    said, _ = conclusion(report)
    yield f"{name}{pen.text(said)}" if report.outcome in _DONE else f"{name}**{pen.text(said)}**"
    if report.run_id:
        yield table(("target", "result", "revisions", "now at"), _targets(pen, report))
    yield from gates(pen, report.verdicts)


def _targets(pen: Pen, report: RunReport) -> Iterator[tuple[str, ...]]:
    action = report.plan.kind.action
    for part in many.parts(report.targets):
        if part.name is None:
            yield from (_row(pen, str(target.target), [target], action) for target in part.items)
            continue
        groups = many.grouped(part.items, lambda target: target.result)
        yield from (_row(pen, part.who(groups[one]), groups[one], action) for one in Result if one in groups)


def _row(pen: Pen, name: str, alike: Sequence[TargetResult], action: Action) -> tuple[str, ...]:
    result, ends = alike[0].result, {target.end for target in alike}
    told = word(result, action).plain
    now_at = pen.code(at(alike[0].end)) if len(ends) == 1 else f"{len(ends):,} different"
    return pen.code(name), told if result in GOOD else f"**{told}**", progress(alike), now_at
