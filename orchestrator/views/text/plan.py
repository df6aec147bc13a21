"""A plan as it is shown before anybody consents: every revision on every target, in order, and the gates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from rich.console import Group, RenderableType
from rich.text import Text

from orchestrator.core.gates.verdict import Answer, Verdict
from orchestrator.core.plan import TargetPlan
from orchestrator.core.reports import PlanReport
from orchestrator.views.text import words

_LISTED = 40
"""Steps of a target that are shown one by one; a plan is to be read, not scrolled."""


def plan(report: PlanReport) -> RenderableType:
    """What will happen, where, in which order, and what keeps it from happening."""
    planned = report.plan
    if not planned.steps:
        return Text("nothing to do: every target already has what was asked for", "green")
    lines = [line for alike in _alike(planned.targets) for line in _targets(alike)]
    lines += [line for verdict in report.verdicts for line in _closed(verdict)]
    return Group(*lines, Text(f"fingerprint {planned.fingerprint[:19]}…", "dim"))


def _alike(targets: Iterable[TargetPlan]) -> Iterator[list[TargetPlan]]:
    """Neighbours that get the very same revisions are told together."""
    for _, group in groupby(targets, key=lambda target: (target.start, target.steps)):
        yield list(group)


def _targets(alike: list[TargetPlan]) -> Iterator[RenderableType]:
    target = alike[0]
    name = Text.assemble((", ".join(str(one.target) for one in alike), "bold"), ": ")
    if not target.steps:
        yield name.append("nothing to do", "green")
        return
    count, each = len(target.steps), " each" if len(alike) > 1 else ""
    start, end = ", ".join(target.start) or "base", ", ".join(target.end)
    yield name.append(f"{count} revision{'s' if count > 1 else ''}{each}, from {start} to {end}")
    for step in target.steps[:_LISTED]:
        line = Text(f"  {step.revision}  {words.short(step.message)}")
        yield line if step.atomic else line.append("  (not in one transaction)", "yellow")
    if count > _LISTED:
        yield Text(f"  … and {count - _LISTED} more")


def _closed(verdict: Verdict) -> Iterator[RenderableType]:
    if verdict.answer is not Answer.PASS:
        text = Text.assemble(("gate ", "yellow"), (verdict.gate, "bold yellow"), f": {verdict.reason}")
        yield text.append(f"\n  → {verdict.mend}", "cyan") if verdict.mend else text
