"""The marks of Markdown (CommonMark with GitHub's tables), and texts that must not be taken for marks.

Every text that somebody else wrote passes a `Pen`: it makes no link, mentions nobody, and is no HTML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from orchestrator.core.plain import harmless

LONGEST = 60_000
"""Characters of a page that is posted: a comment on GitHub holds 65,536."""
_MARKS = re.compile(r"([\\`*_\[\]~#])")
_FIRST = re.compile(r"^([-+>=]|\d+[.)](?!\d))")
_MENTION = re.compile(r"(?<!\w)@")
_ADDRESS = re.compile(r"(?i)(:)(?=//)|(www)(?=\.)")
_NOTHING = "<!-- -->"
"""Renders as nothing, and keeps two characters from being read together."""
_TICKS = re.compile("`+")
_SAFE = re.compile(r"[^\w .,/:=-]")


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes texts so that they are read and never obeyed.

    `clean` masks secrets, which has to be done before anything is escaped; `finish` completes commands.
    """

    clean: Callable[[str], str] = str
    finish: Callable[[str], str] = str

    def text(self, said: str) -> str:
        """It on one line of a sentence or a cell."""
        line = html.escape(self._line(said), quote=False)
        line = _FIRST.sub(lambda found: f"{_NOTHING}{found[0]}", _MARKS.sub(r"\\\1", line))
        line = _ADDRESS.sub(lambda found: found[0] + _NOTHING, line)
        return _MENTION.sub(f"@{_NOTHING}", line).replace("|", "&#124;")

    def code(self, said: str) -> str:
        """It on one line, letter by letter; in a cell too."""
        line = self._line(said)
        if "|" in line or not line:  # in a table a | ends the cell, also in code
            return f"<code>{_SAFE.sub(lambda found: f'&#{ord(found[0])};', line)}</code>"
        ticks = _longer(line, 1)
        space = " " if line.startswith("`") or line.endswith("`") else ""
        return f"{ticks}{space}{line}{space}{ticks}"

    def codes(self, said: Iterable[str]) -> str:
        """Each of them so, in a row."""
        return ", ".join(map(self.code, said))

    def fenced(self, said: str, kind: str = "text") -> str:
        """It as it is, in lines."""
        lines = harmless(self.clean(said)).rstrip()
        ticks = _longer(lines, 3)
        return f"{ticks}{kind}\n{lines}\n{ticks}"

    def typed(self, *commands: str) -> str:
        """Commands to be typed one after the other, each on its line."""
        return self.fenced("\n".join(map(self.finish, commands)), "sh")

    def mended(self, mend: str | None) -> str:
        """What to type next, a way on each line of a cell."""
        return "<br>".join(self.code(self.finish(way)) for way in (mend or "").splitlines())

    def _line(self, said: str) -> str:
        return " ".join(harmless(self.clean(said)).split())


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells that are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def folded(summary: str, body: str, *, unfolded: bool = False) -> str:
    """What a reader may unfold; `summary` is HTML."""
    return f"<details{' open' if unfolded else ''}><summary>{summary}</summary>\n\n{body}\n\n</details>"


def _longer(said: str, least: int) -> str:
    return "`" * max([least, *(len(run) + 1 for run in _TICKS.findall(said))])
