"""What a doctor found: a line a target, what is wrong below it, each thing said once, and the lines to add."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from orchestrator.core.findings import Finding, Level, Topic
from orchestrator.core.reports import DoctorReport, Examined
from orchestrator.core.targets import Target
from orchestrator.views.text import many
from orchestrator.views.text.many import Part
from orchestrator.views.text.rows import Rows

_STYLES = {Level.PROBLEM: "bold red", Level.WARNING: "yellow", Level.NOTE: "dim", Level.OK: "green"}
_WIDEST = 48
"""Characters of the way to env.py in its column; a finding and the lines to add have the whole."""
_GROUND = (Topic.CONFIG, Topic.SCRIPTS, Topic.INTERPRETER)
"""What is told also where it is as it should be: on what everything was found out."""


def doctor(report: DoctorReport, *, details: bool = False) -> RenderableType:
    """The targets, what each lacks with its mend, and one closing line; of many those alike on one line."""
    drawn = Rows("TARGET", "SERVER", "ENV.PY REACHED BY", "FOUND")
    for part in many.parts(report.targets, details=details):
        for alike in _alike(part):
            drawn.add_row(str(alike[0].target) if part.name is None else part.who(alike), *_row(alike[0]))
    return Group(drawn, "", *_ground(report), *_found(report), *_suggested(report), *_conclusion(report))


def _alike(part: Part[Examined]) -> Iterable[list[Examined]]:
    if part.name is None:
        return ([target] for target in part.items)
    groups = many.grouped(part.items, lambda one: (one.server, one.way, _weighed(one).plain))
    return sorted(groups.values(), key=len, reverse=True)


def _row(target: Examined) -> Iterator[RenderableType]:
    yield target.server or Text("unknown", "dim")
    yield _short(target.way) if target.way else Text("not reached", "red")
    yield _weighed(target)


def _short(way: str) -> str:
    return way if len(way) <= _WIDEST else way[: _WIDEST - 1] + "…"


def _weighed(target: Examined) -> Text:
    """How many findings of each weight; notes alone are no reason to look."""
    count = Counter(finding.level for finding in target.findings)
    heavy = [level for level in (Level.PROBLEM, Level.WARNING) if count[level]]
    if not heavy:
        return Text("ok", _STYLES[Level.OK])
    parts = [f"{count[level]} {level}{'s' if count[level] > 1 else ''}" for level in heavy]
    return Text(", ".join(parts), _STYLES[heavy[0]])


def _grouped(report: DoctorReport) -> dict[Finding, list[Target]]:
    """Each finding once, with the targets that have it, the heaviest first."""
    found: dict[Finding, list[Target]] = {}
    for target in report.targets:
        for finding in target.findings:
            found.setdefault(finding, []).append(target.target)
    order = list(Level)
    return dict(sorted(found.items(), key=lambda item: order.index(item[0].level)))


def _ground(report: DoctorReport) -> Iterator[RenderableType]:
    told: dict[tuple[Target, ...], list[str]] = {}
    for finding, concerned in _grouped(report).items():
        if finding.level is Level.OK and finding.topic in _GROUND:
            told.setdefault(tuple(concerned), []).append(finding.message)
    for targets, messages in told.items():
        yield Text(f"{_named(targets, report)}{'; '.join(messages)}", "dim")


def _found(report: DoctorReport) -> Iterator[RenderableType]:
    for finding, targets in _grouped(report).items():
        if finding.level is not Level.OK:
            text = Text.assemble((f"{finding.level} ", _STYLES[finding.level]), (_named(targets, report), "bold"))
            text.append(finding.message)
            yield text.append(f"\n  → {finding.mend}", "cyan") if finding.mend else text


@dataclass(frozen=True, slots=True)
class _Named:
    target: Target


def _named(targets: Sequence[Target], report: DoctorReport) -> str:
    """The targets before what is said of them; nothing where it is said of all."""
    return "" if len(targets) == len(report.targets) else f"{many.who(list(map(_Named, targets)))}: "


def _suggested(report: DoctorReport) -> Iterator[RenderableType]:
    if report.suggestion is not None:
        yield ""
        yield Text("add to environments.yaml:", "bold")
        yield Text(report.suggestion.rstrip("\n"), "cyan")


def _conclusion(report: DoctorReport) -> Iterator[RenderableType]:
    if not any(f.level in (Level.PROBLEM, Level.WARNING) for target in report.targets for f in target.findings):
        yield Text("nothing stands in the way", "green")
