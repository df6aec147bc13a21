"""What is dangerous in revisions, as Markdown: a table of the findings, the severe ones first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.core.lint import LintFinding, asking
from orchestrator.views.markdown.marks import Pen, table
from orchestrator.views.text import words

_SHOWN = 40
"""Findings in a table; `orchestrate lint` has all of them."""


def findings(pen: Pen, found: Sequence[LintFinding]) -> Iterator[str]:
    """Each with what it is, why that is dangerous, and the safe way; nothing where there is none."""
    if not found:
        return
    ordered = sorted(found, key=lambda one: (one.allowed is not None, -one.severity.rank))
    yield f"{words.count(len(found), 'finding')} in these revisions:"
    yield table(("", "rule", "where", "what and why", "safe way"), (_row(pen, one) for one in ordered[:_SHOWN]))
    if (more := len(ordered) - _SHOWN) > 0:
        yield f"… and {more:,} more: {pen.code(pen.finish(asking(ordered[_SHOWN:])))}"


def _row(pen: Pen, one: LintFinding) -> tuple[str, ...]:
    severity = (
        f"**{one.severity}**" if one.allowed is None else f"{one.severity}, allowed: {pen.text(one.allowed)}"
    )
    told = f"{pen.text(one.what)}<br>{pen.text(one.why)}"
    return (
        severity,
        pen.code(one.rule),
        f"{pen.code(one.revision)} {pen.text(one.where)}",
        told,
        pen.text(one.rewrite),
    )
