"""`graph`: the revision graph as lines and dots, with every environment beside the revision that it has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from orchestrator.core.lanes import BASE, Row
from orchestrator.core.picture import GraphReport, Mark, Picture
from orchestrator.views.text import words

_REVISION, _STRETCH, _BASE = "●", "┊", "○"
_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_STROKES = {
    0: " ",
    _UP | _DOWN: "│",
    _LEFT | _RIGHT: "─",
    _UP | _LEFT: "╯",
    _UP | _RIGHT: "╰",
    _DOWN | _LEFT: "╮",
    _DOWN | _RIGHT: "╭",
    _UP | _DOWN | _RIGHT: "├",
    _UP | _DOWN | _LEFT: "┤",
    _UP | _LEFT | _RIGHT: "┴",
    _DOWN | _LEFT | _RIGHT: "┬",
    _UP | _DOWN | _LEFT | _RIGHT: "┼",
}


def graph(report: GraphReport) -> RenderableType:
    """Each project's picture, the newest revision first, under its name where there are several."""
    lines: list[RenderableType] = []
    for one in report.pictures:
        lines += [""] if lines else []
        lines += [Text(f"project {one.project}", "bold")] if len(report.pictures) > 1 else []
        lines += picture(one)
    return Group(*lines)


def picture(drawn: Picture) -> Iterator[Text]:
    """The lines of one picture, and then those who are nowhere on it."""
    if not drawn.rows:
        yield Text("there is no revision yet", "dim")
    width = (
        max((lane for row in drawn.rows for lane in (row.lane, *(link.lane for link in row.links))), default=0) + 1
    )
    leading: dict[int, set[int]] = {}
    for number, row in enumerate(drawn.rows):
        above = {lane for lane, ends in leading.items() if number in ends}
        passing = leading.keys() - above
        if others := above - {row.lane}:
            yield Text(_strokes(width, leading.keys(), row.lane, others, _UP), "dim")
        yield _line(drawn, row, width, passing)
        leading = {lane: ends - {number} for lane, ends in leading.items() if ends - {number}}
        before = set(leading)
        for link in row.links:
            leading.setdefault(link.lane, set()).add(link.row)
        if others := {link.lane for link in row.links} - {row.lane}:
            own = before | {link.lane for link in row.links if link.lane == row.lane}
            yield Text(_strokes(width, own, row.lane, others, _DOWN), "dim")
    for why, mark in drawn.elsewhere:
        yield Text.assemble((str(mark), "bold"), ": ", (why, "red"))


def _strokes(width: int, through: Collection[int], lane: int, others: set[int], way: int) -> str:
    """The line between two rows: the lanes that go `through`, and `others` that turn to or from that lane."""
    strokes = [0] * (2 * width - 1)
    for each in range(width):
        strokes[2 * each] = _UP | _DOWN if each in through else 0
    for other in others:
        ended = way == _UP or not strokes[2 * other]
        strokes[2 * other] = way if ended else strokes[2 * other]
        low, high = sorted((2 * lane, 2 * other))
        for place in range(low, high + 1):
            crossed = place not in (low, high) and strokes[place] == _UP | _DOWN
            if not crossed:
                strokes[place] |= (_RIGHT if place < high else 0) | (_LEFT if place > low else 0)
    strokes[2 * lane] |= _UP | _DOWN if way == _UP or lane in through else way ^ (_UP | _DOWN)
    return "".join(_STROKES[stroke] for stroke in strokes)


def _line(drawn: Picture, row: Row, width: int, passing: Collection[int]) -> Text:
    dots = ["│" if lane in passing else " " for lane in range(width)]
    newest = row.revisions[0]
    dots[row.lane] = _STRETCH if row.folded else _BASE if newest == BASE else _REVISION
    line = Text(" ".join(dots) + "  ")
    if row.folded:
        return line.append(f"{len(row.revisions):,} revisions, {row.revisions[-1]} to {newest}", "dim")
    line.append(newest or "base", "yellow")
    if marks := drawn.marks.get(newest):
        line.append("  ").append_text(_marks(marks))
    message = words.short(drawn.messages.get(newest, ""))
    return line.append(f"  {message}") if message else line


def _marks(marks: Sequence[Mark]) -> Text:
    named = [Text(f"(before: {mark})", "dim") if mark.left else Text(f"[{mark}]", "bold cyan") for mark in marks]
    return Text(" ").join(named)
