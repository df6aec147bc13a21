"""What is said of a sealed plan: who made it, until when it holds, its seal, and what differs from then. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from orchestrator.core.gates.verdict import Answer
from orchestrator.core.phrases import few
from orchestrator.core.reports import PlanReport
from orchestrator.core.sealed import utc

_SHOWN = 19
"""Characters of a seal, as of a fingerprint, that tell it from others."""
_TYPED = {"protected"}
"""Gates that whoever applies the plan is asked for; each other that is shut says itself what comes first."""


def sealed(report: PlanReport) -> Iterator[Text]:
    """The notes of a plan, and the lines under one that has a file."""
    yield from (Text(f"note: {note}", "yellow") for note in report.notes)
    if (one := report.sealed) is None:
        return
    typed = "" if one.actor.partition("@")[0] == one.author else f", typed by {one.actor}"
    made = f"sealed by {one.author}{typed}, {utc(one.created_at)}, until {utc(one.expires_at)}"
    yield Text(f"{made}: {one.file}")
    if one.overrides:
        yield Text(f"made where {few(one.overrides)} stood in for what environments.yaml says")
    yield Text(f"seal {one.seal[:_SHOWN]}…", "dim")
    shut = {verdict.gate for verdict in report.verdicts if verdict.answer in (Answer.WAIT, Answer.REFUSE)}
    if report.applying is not None and shut <= _TYPED:
        yield Text.assemble("next: ", (report.applying, "cyan"))
