"""A page of facts, tables and pictures for a terminal; of tables with thousands of rows only how many they are."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from orchestrator.core.picture import Picture
from orchestrator.views.page import Cell, Facts, Page, Table, Tone
from orchestrator.views.text import many
from orchestrator.views.text.graph import picture
from orchestrator.views.text.rows import Rows

_STYLES = {Tone.GOOD: "green", Tone.WARN: "yellow", Tone.BAD: "bold red"}


def report(page: Page, *, details: bool = False) -> RenderableType:
    """The page; with `details` every row of it."""
    lines: list[RenderableType] = [Text.assemble((page.title, "bold"), ": ", _cell(page.outcome)), page.lead]
    for section in page.sections:
        lines += ["", Text(section.title, "bold")]
        lines += [Text(section.note, "dim")] if section.note else []
        for part in section.parts:
            lines += _part(part, details=details)
    return Group(*lines, "", Text(page.foot, "dim"))


def _part(part: Facts | Table | Picture, *, details: bool) -> Iterator[RenderableType]:
    match part:
        case Facts():
            width = max((len(name) for name, _ in part.rows), default=0)
            yield from (Text.assemble(f"{name:<{width}}  ", _cell(cell)) for name, cell in part.rows)
        case Table() if part.long and len(part.rows) > many.MANY and not details:
            yield Text(f"{len(part.rows):,} rows: --details, or --out with a file's name, has each")
        case Table():
            drawn = Rows(*part.columns)
            for row in part.rows:
                drawn.add_row(*map(_cell, row))
            yield drawn
        case Picture():
            yield from picture(part)


def _cell(cell: Cell) -> Text:
    return Text(cell.text, _STYLES.get(cell.tone, ""))
