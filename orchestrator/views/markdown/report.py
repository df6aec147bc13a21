"""A page of facts, tables and pictures as Markdown: the whole of it, to be kept beside the release."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.core.picture import Picture
from orchestrator.views.markdown.marks import Pen, table
from orchestrator.views.page import Cell, Facts, Page, Table, Tone
from orchestrator.views.text.graph import picture


def report(pen: Pen, page: Page) -> str:
    """The page; every text of it is masked, and read as text."""
    return "\n\n".join(_blocks(pen, page)) + "\n"


def _blocks(pen: Pen, page: Page) -> Iterator[str]:
    yield f"# {pen.text(page.title)}: {pen.text(page.outcome.text)}"
    yield pen.text(page.lead)
    for section in page.sections:
        yield f"## {pen.text(section.title)}"
        if section.note:
            yield pen.text(section.note)
        for part in section.parts:
            yield _part(pen, part)
    yield pen.text(page.foot)


def _part(pen: Pen, part: Facts | Table | Picture) -> str:
    match part:
        case Facts():
            return "\n".join(f"- {pen.text(name)}: {_cell(pen, cell)}" for name, cell in part.rows)
        case Table():
            rows = ([_cell(pen, cell) for cell in row] for row in part.rows)
            return table([pen.text(column) for column in part.columns], rows)
        case Picture():
            return pen.fenced("\n".join(line.plain.rstrip() for line in picture(part)))


def _cell(pen: Pen, cell: Cell) -> str:
    """A cell on one line; of several, as a mend may have, each is kept apart."""
    lines = [line for line in cell.text.splitlines() if line.strip()]
    written = [pen.code(line) if cell.tone is Tone.CODE else pen.text(line) for line in lines]
    told = "<br>".join(written)
    return f"**{told}**" if told and cell.tone is Tone.BAD else told
