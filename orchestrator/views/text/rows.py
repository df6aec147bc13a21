"""A table to be read, and cut with awk; of thousands of rows each is one line, drawn without rich's care."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

_FOLDED = 200
"""Rows up to which a table is fitted into the terminal's width: it costs a thousandth of a second for each."""
_GAP = 2


class Rows:
    """A table without frames. The first column stands to the right where it `counts`."""

    def __init__(self, *columns: str, counts: bool = False) -> None:
        self._columns = columns
        self._counts = counts
        self._rows: list[tuple[RenderableType, ...]] = []

    def add_row(self, *cells: RenderableType) -> None:
        """One row; a cell is a text, plain or in one style."""
        self._rows.append(cells)

    @property
    def row_count(self) -> int:
        """How many rows it has."""
        return len(self._rows)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """As rich draws a renderable."""
        if len(self._rows) <= _FOLDED:
            yield self._table()
        else:
            yield from self._lines(console)

    def _table(self) -> Table:
        drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, _GAP, 0, 0))
        for number, column in enumerate(self._columns):
            drawn.add_column(column, overflow="fold", justify="right" if self._counts and not number else "left")
        for row in self._rows:
            drawn.add_row(*row)
        return drawn

    def _lines(self, console: Console) -> Iterator[Segment]:
        """Each row on one line: a terminal breaks a long one without losing any of it."""
        rows = [[(name, "bold") for name in self._columns], *(_flat(row) for row in self._rows)]
        widths = [max(cell_len(text) for text, _ in column) + _GAP for column in zip(*rows, strict=True)]
        styles: dict[str, Style] = {}
        for row in rows:
            for (text, style), width in zip(row, widths, strict=True):
                if style not in styles:
                    styles[style] = console.get_style(style or "none")
                yield Segment(text, styles[style])
                yield Segment(" " * (width - cell_len(text)))
            yield Segment.line()


def _flat(row: Iterable[RenderableType]) -> list[tuple[str, str]]:
    """The cells with their styles, each on one line: nothing in it may pretend to be a row."""
    return [(" ".join(str(cell).split()), _style(cell)) for cell in row]


def _style(cell: RenderableType) -> str:
    if not isinstance(cell, Text):
        return ""
    return str(cell.style or (cell.spans[0].style if cell.spans else ""))
