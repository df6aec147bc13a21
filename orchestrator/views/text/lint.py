"""Findings in revisions as text: what, why, and the safe way to write it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from orchestrator.core.lint import LintFinding, LintReport, Severity, asking
from orchestrator.views.text import words

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_LISTED = 20
"""Findings that a plan shows."""


def lint(report: LintReport) -> RenderableType:
    """Every finding, revision by revision, what was not looked at, and how many there are of each severity."""
    lines: list[RenderableType] = []
    for revision, found in groupby(report.findings, lambda one: one.revision):
        lines.append(Text(revision, "bold"))
        lines += [line for one in found for line in _whole(one)]
    lines += [Text(told, "yellow") for told in report.unlinted]
    return Group(*lines, _summary(report))


def _whole(found: LintFinding) -> Iterator[RenderableType]:
    yield Padding(_line(found), (0, 0, 0, 2))
    if found.allowed is not None:
        yield Padding(Text.assemble(("allowed  ", "green"), found.allowed), (0, 0, 0, 4))
        return
    yield Padding(Text.assemble(("why   ", "dim"), found.why), (0, 0, 0, 4))
    yield Padding(Text.assemble(("safe  ", "green"), found.rewrite), (0, 0, 0, 4))


def _line(found: LintFinding) -> Text:
    style = "dim" if found.allowed is not None else _STYLES[found.severity]
    return Text.assemble((found.severity, style), f"  {found.rule}  {found.where}\n  {found.what}")


def _summary(report: LintReport) -> Text:
    looked_at = words.count(len(report.revisions), "revision")
    if not report.revisions:
        return Text("no revision is pending", "green" if not report.unlinted else "")
    counted = Counter("allowed" if one.allowed is not None else one.severity for one in report.findings)
    kinds = [words.count(counted[one], str(one)) for one in reversed(Severity) if counted[one]]
    kinds += [f"{counted['allowed']} allowed"] if counted["allowed"] else []
    style = "bold red" if report.refused else "green"
    return Text(f"{looked_at}: {', '.join(kinds) or 'nothing found'}", style)


def in_plan(findings: Sequence[LintFinding]) -> Iterator[Text]:
    """The findings in a plan's revisions, each on a line; `orchestrate lint` tells the rest."""
    for one in findings[:_LISTED]:
        style = "dim" if one.allowed is not None else _STYLES[one.severity]
        told = f" {one.rule} in {one.revision} ({one.where}): {one.what}"
        reason = f"; allowed: {one.allowed}" if one.allowed is not None else ""
        yield Text.assemble((one.severity, style), told, (reason, "dim"))
    if len(findings) > _LISTED:
        yield Text(f"… and {len(findings) - _LISTED} more: {asking(findings[_LISTED:])}")
