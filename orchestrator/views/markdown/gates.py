"""What gates say, as Markdown: those that are shut or waived each with its reason, the others by their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.core.gates.verdict import Answer, Verdict
from orchestrator.views.markdown.marks import Pen, table

_ANSWERS = {Answer.WAIT: "**shut**, waits", Answer.REFUSE: "**shut**", Answer.WAIVED: "waived"}


def gates(pen: Pen, verdicts: Sequence[Verdict]) -> Iterator[str]:
    """A table of what keeps a plan out or was waived, and a sentence for what is open."""
    told = [verdict for verdict in verdicts if verdict.answer is not Answer.PASS]
    if told:
        yield table(("gate", "", "why", "what opens it"), (_row(pen, verdict) for verdict in told))
    if passed := [verdict.gate for verdict in verdicts if verdict.answer is Answer.PASS]:
        yield f"Open gates: {pen.codes(passed)}"


def _row(pen: Pen, verdict: Verdict) -> tuple[str, ...]:
    why, mend = pen.text(verdict.reason), pen.mended(verdict.mend)
    if (waiver := verdict.waiver) is not None:
        why, mend = f"{why}; waived by {pen.text(waiver.by)}: {pen.text(waiver.reason)}", ""
    return pen.code(verdict.gate), _ANSWERS[verdict.answer], why, mend
