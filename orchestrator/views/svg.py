"""The revision graph with every environment on it as SVG: one element, without script, font or link."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape

from orchestrator.core.lanes import BASE, Link, Row
from orchestrator.core.picture import Mark, Picture

Clean = Callable[[str], str]

_LANE, _ROW, _MARKS = 18, 26, 22
"""Sizes in pixels: the width of a lane, the height of a row, and what marks add to it."""
_LETTER = 7.3
"""The width of a letter of the text, which is monospaced at 12 pixels."""
_TEXT = 44
"""Letters of a line beside the lanes: it is readable on a telephone, too."""
_LANES = ("#1f5fbf", "#a8471c", "#2c7a3f", "#7a3fa0", "#96690b", "#0e7490", "#b0256b", "#4b5563")
_FONT = 'font-family="ui-monospace,Menlo,Consolas,\'DejaVu Sans Mono\',monospace" font-size="12"'


def svg(drawn: Picture, clean: Clean = str) -> str:
    """The picture as an `<svg>` element; every text passes `clean`, and is escaped."""
    tops = list(_tops(drawn))
    end = tops.pop()
    height = end + _MARKS * len(drawn.elsewhere) + 6
    left = drawn.width * _LANE + 12
    width = left + int(max(_widest(drawn), 20) * _LETTER) + 16
    parts = [_link(drawn, tops, number, link) for number, row in enumerate(drawn.rows) for link in row.links]
    for row, top in zip(drawn.rows, tops, strict=True):
        parts += _row(drawn, row, top, left, lambda text: escape(clean(text)))
    for number, (why, mark) in enumerate(drawn.elsewhere, 1):
        told = escape(clean(_cut(f"{mark}: {why}")))
        parts.append(f'<text x="8" y="{end + number * _MARKS - 6}" fill="#b42318">{told}</text>')
    title = f"<title>{escape(clean(f'Revisions of {drawn.project}, and which environment has which'))}</title>"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    )
    return f'{head} role="img" {_FONT}>{title}\n' + "\n".join(parts) + "\n</svg>\n"


def _tops(drawn: Picture) -> Iterator[int]:
    """Where each row begins, and where the last one ends."""
    top = 4
    for row in drawn.rows:
        yield top
        top += _ROW + _MARKS * len(list(_lines_of_marks(drawn.marks.get(row.revisions[0], ()))))
    yield top


def _widest(drawn: Picture) -> int:
    """The letters of the longest line beside the lanes."""
    named = [len(_named(drawn, row)) for row in drawn.rows]
    marks = [sum(len(str(mark)) + 3 for mark in line) for m in drawn.marks.values() for line in _lines_of_marks(m)]
    return max([*named, *marks], default=0)


def _lines_of_marks(marks: tuple[Mark, ...]) -> Iterator[list[Mark]]:
    """The marks of a revision, as many on each line as fit beside each other."""
    line: list[Mark] = []
    taken = 0
    for mark in marks:
        length = len(str(mark)) + 3
        if line and taken + length > _TEXT:
            yield line
            line, taken = [], 0
        line.append(mark)
        taken += length
    if line:
        yield line


def _named(drawn: Picture, row: Row) -> str:
    """The row in words: its revision and the beginning of its message."""
    newest = row.revisions[0]
    if row.folded:
        return _cut(f"{len(row.revisions):,} revisions, {row.revisions[-1]} to {newest}")
    if newest == BASE:
        return "base: nothing applied"
    return _cut(f"{newest}  {' '.join(drawn.messages.get(newest, '').split())}")


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT else f"{text[: _TEXT - 1]}…"


def _x(lane: int) -> int:
    return 6 + lane * _LANE + _LANE // 2


def _link(drawn: Picture, tops: list[int], number: int, link: Link) -> str:
    """The line from a row to one below it: along its lane, and bent at either end where that is another's."""
    row, below = drawn.rows[number], drawn.rows[link.row]
    x, along, end = _x(row.lane), _x(link.lane), _x(below.lane)
    y, bottom = tops[number] + _ROW // 2, tops[link.row] + _ROW // 2
    path = [f"M{x} {y}"]
    if along != x:
        path.append(f"C{x} {y + _ROW // 2} {along} {y + _ROW // 2} {along} {y + _ROW}")
    if end != along:
        path += [f"V{bottom - _ROW}"] if bottom - _ROW > y + _ROW else []
        path.append(f"C{along} {bottom - _ROW // 2} {end} {bottom - _ROW // 2} {end} {bottom}")
    else:
        path.append(f"V{bottom}")
    colour = _LANES[max(link.lane, row.lane) % len(_LANES)]
    dashes = ' stroke-dasharray="4 3"' if link.depends else ' stroke-dasharray="2 4"' if row.folded else ""
    return f'<path d="{" ".join(path)}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'


def _row(drawn: Picture, row: Row, top: int, left: int, told: Clean) -> Iterator[str]:
    x, y = _x(row.lane), top + _ROW // 2
    colour, newest = _LANES[row.lane % len(_LANES)], row.revisions[0]
    if not row.folded:
        fill = "#fff" if newest == BASE else colour
        yield f'<circle cx="{x}" cy="{y}" r="5" fill="{fill}" stroke="{colour}" stroke-width="2"/>'
    words, tint = _named(drawn, row), "#6b7280" if row.folded or newest == BASE else "#111827"
    whole = drawn.messages.get(newest, "")
    hint = f"<title>{told(f'{newest} {whole}')}</title>" if whole and not row.folded else ""
    yield f'<text x="{left}" y="{y + 4}" fill="{tint}" xml:space="preserve">{told(words)}{hint}</text>'
    for number, line in enumerate(_lines_of_marks(drawn.marks.get(newest, ()))):
        yield from _marks(line, left, top + _ROW + number * _MARKS, told)


def _marks(line: list[Mark], left: int, top: int, told: Clean) -> Iterator[str]:
    """A label for each mark; one that was left is drawn in outline."""
    for mark in line:
        width = int((len(str(mark)) + 1) * _LETTER) + 6
        style = (
            'fill="#fff" stroke="#6b7280" stroke-dasharray="3 2"'
            if mark.left
            else 'fill="#1f3a5f" stroke="#1f3a5f"'
        )
        yield f'<rect x="{left}" y="{top}" width="{width}" height="18" rx="4" {style}/>'
        tint = "#4b5563" if mark.left else "#fff"
        yield f'<text x="{left + 7}" y="{top + 13}" fill="{tint}">{told(str(mark))}</text>'
        left += width + 8
