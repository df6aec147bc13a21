"""Where everything that a command says leaves the program: masked, complete and harmless."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Callable, Container, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from orchestrator.core.plain import harmless

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

Clean = Callable[[str], str]
_WIDE = 200
"""Columns where the output is not a terminal and COLUMNS does not say: a table in a log is not to be folded."""
_NARROW = 80
"""Columns below which nothing is folded any more: a terminal breaks a long line without losing any of it."""
_HANGING = 4
"""Columns by which the rest of a folded line stands further in than its beginning."""
_REMEMBERED = 4096
"""Texts that are known to be clean."""
_SUGGESTED = re.compile(
    r"\borchestrate (status|locks|doctor|plan|promote|rollout|resume|resolve|runs|show|rollback|adopt|apply"
    r"|approve|veto|verify|lint|report|graph|runbook|journal \w+)\b"
)
_TO_RESOLVE = re.compile(r"\borchestrate resolve \S+ ([^\s/]+)\S*(?=\s+--(?:not-)?applied)")
_TRAILING_BLANKS = re.compile(r"[ \t]+(?=\n)")


def complete(config: Path | None, protected: Container[str] = ()) -> Clean:
    """Adds to every command in a text the environments file that this one was given by option.

    To each that settles a doubt in one of the environments that are `protected` it adds their confirmation.
    """
    option = f" --config {shlex.quote(str(config))}".replace("\\", "\\\\") if config is not None else ""

    def confirmed(found: re.Match[str]) -> str:
        return f"{found[0]} --confirm {found[1]}" if found[1] in protected else found[0]

    return lambda text: _SUGGESTED.sub(lambda found: found[0] + option, _TO_RESOLVE.sub(confirmed, text))


class Sink:
    """A standard stream that passes every text through `clean` on its way out."""

    def __init__(self, stream: TextIO, clean: Clean) -> None:
        self._stream = stream
        self._clean = clean

    def write(self, text: str) -> int:
        """Write the cleaned text; the count is of what was given, as callers expect."""
        self._stream.write(_TRAILING_BLANKS.sub("", self._clean(text)))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def console(stream: TextIO, redact: Clean, finish: Clean = str, *, plain: bool = False) -> Console:
    """A standard stream for people: colour on a terminal alone, and NO_COLOR is honoured.

    `redact` masks secrets, `finish` completes the commands that are suggested. Where it is `plain`, there is never
    any colour, not even where FORCE_COLOR asks for it.
    """
    from rich.console import Console
    from rich.segment import Segment
    from rich.text import Text

    class Ours(Console):
        """Draws nothing that a terminal would obey, and lets the caller say what a reader that has gone means."""

        def render(self, renderable: Any, options: Any = None) -> Iterator[Segment]:
            """As Rich, with every text made harmless; what Rich itself says to the terminal stays.

            Secrets are masked before a text is folded: half of one would not be known.
            """
            if isinstance(renderable, str | Text):
                text = renderable if isinstance(renderable, Text) else Text(renderable)
                if (masked := redact(text.plain)) != text.plain:
                    text = Text(masked, text.style, justify=text.justify, overflow=text.overflow)
                whole = (options or self.options).max_width == self.width
                renderable = _folded(text, self, measured=measured) if whole else text
            for drawn in super().render(renderable, options):
                yield drawn if drawn.control else Segment(harmless(drawn.text), drawn.style)

        def print(self, *objects: Any, **how: Any) -> None:
            """As Rich, with what is longer than a line left whole."""
            super().print(*objects, **{"crop": False, **how})

        def on_broken_pipe(self) -> None:
            """Tell the caller."""
            raise BrokenPipeError

    sink: Any = Sink(stream, lambda text: redact(finish(text)))
    terminal: Any = {"force_terminal": False, "color_system": None} if plain else {}
    drawn = Ours(file=sink, highlight=False, emoji=False, markup=False, **terminal)
    measured = drawn.is_terminal or "COLUMNS" in os.environ
    drawn.width = max(drawn.width if measured else _WIDE, _NARROW)
    return drawn


def _folded(text: Text, on: Console, *, measured: bool) -> Text:
    """A text that is no cell of a table: folded under itself, and whole where nobody measured the line.

    A line with what is to be typed stays whole: copied in two, its first half would be a command too.
    """
    if text.no_wrap or text.cell_len <= on.width:
        return text
    lines = text.split(allow_blank=True)
    parts = [part for line in lines for part in _parts(line, on)] if measured else lines
    folded = text.blank_copy("\n").join(parts)
    folded.no_wrap, folded.overflow = True, "ignore"
    return folded


def _parts(line: Text, on: Console) -> list[Text]:
    if line.cell_len <= on.width or _SUGGESTED.search(line.plain) or line.plain.lstrip().startswith("→"):
        return [line]
    further = len(line.plain) - len(line.plain.lstrip()) + _HANGING
    first, *rest = line.wrap(on, on.width - further)
    return [first, *(line.blank_copy(" " * further).append_text(one) for one in rest)]


class JsonWriter:
    """Writes JSON on stdout, masked by `redact`; `finish` completes the commands that it suggests."""

    def __init__(self, redact: Clean, finish: Clean) -> None:
        # A state, a run or a reason stands in thousands of targets: each text is searched for secrets once.
        self._redact, self._finish = lru_cache(_REMEMBERED)(redact), finish

    def write(self, document: Mapping[str, Any], *, indent: int | None = None) -> None:
        """One document, on one line where `indent` is None, and out of this process before this returns."""
        sys.stdout.write(json.dumps(cleaned(document, self._redact, self._finish), indent=indent) + "\n")
        sys.stdout.flush()


def cleaned(value: Any, redact: Clean, finish: Clean) -> Any:
    """JSON values with every text masked, and every command that is suggested complete."""
    match value:
        case str():
            return redact(value)
        case Mapping():
            mends = {key: finish(item) for key, item in value.items() if key == "mend" and isinstance(item, str)}
            return {key: cleaned(item, redact, finish) for key, item in {**value, **mends}.items()}
        case list() | tuple():
            return [cleaned(item, redact, finish) for item in value]
        case _:
            return value
