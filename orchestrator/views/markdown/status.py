"""`status` as Markdown: where each target stands, and against the environment before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from orchestrator.core.status import Pair, StatusReport, TargetStatus
from orchestrator.core.targets import Target
from orchestrator.views.markdown.marks import Pen, table
from orchestrator.views.text import many, words


def status(pen: Pen, report: StatusReport, now: datetime) -> Iterator[str]:
    """A table of the targets; of many those that stand alike in one row."""
    pairs = {pair.downstream: pair for pair in report.pairs}
    yield table(("target", "heads", "scripts", "upstream", "last run"), _targets(pen, report, pairs, now))


def _targets(
    pen: Pen, report: StatusReport, pairs: Mapping[Target, Pair], now: datetime
) -> Iterator[tuple[str, ...]]:
    for part in many.parts(report.targets):
        if part.name is None:
            for target in part.items:
                run = pen.text(words.last_run(target.last_run, now, elsewhere=target.elsewhere).plain)
                pair = pairs.get(target.target)
                relation = words.relation(pair.divergence, str(pair.upstream)).plain if pair else ""
                yield *_row(pen, str(target.target), target, report.messages), pen.text(relation), run
            continue
        groups = many.grouped(part.items, lambda one: (one.state, one.heads, len(one.missing)))
        for alike in list(groups.values())[: many.GROUPS]:
            yield *_row(pen, part.who(alike), alike[0], report.messages), "", ""
        if left := [one for alike in list(groups.values())[many.GROUPS :] for one in alike]:
            yield pen.code(part.who(left)), "…", "each its own", "", ""


def _row(pen: Pen, name: str, target: TargetStatus, messages: Mapping[str, str]) -> tuple[str, ...]:
    word, _ = words.state(target.state, str(len(target.missing)))
    heads = "<br>".join(map(pen.code, words.heads(target.heads, messages).splitlines()))
    return pen.code(name), "unknown" if target.state in words.UNREAD else heads, word
