"""A page to be read: facts and tables as values, from which HTML, Markdown and text are drawn alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.core.picture import Picture


class Tone(StrEnum):
    """What a text says of how well it went."""

    PLAIN = "plain"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    CODE = "code"
    """It is a name, a digest or a command, to be read letter by letter."""
    TIME = "time"
    """It is kept on one line."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A text of a table or of a fact."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; `long` says that it may have thousands, so that a terminal leaves it out."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    long: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What something is, by a few words for it."""

    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page under its title: what is to be known before it, and what stands in it."""

    title: str
    parts: tuple[Facts | Table | Picture, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A title, how it went in a word, what it was in a sentence, and the sections."""

    title: str
    outcome: Cell
    lead: str
    sections: tuple[Section, ...]
    foot: str

    @property
    def pictures(self) -> int:
        """How many it has."""
        return sum(isinstance(part, Picture) for section in self.sections for part in section.parts)
