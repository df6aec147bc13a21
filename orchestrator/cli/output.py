"""Where everything that a command says leaves the program: secrets masked, suggested commands complete."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

Clean = Callable[[str], str]
_WIDE = 200
"""Columns where the output is not a terminal and COLUMNS does not say: a table in a log is not to be folded."""
_NARROW = 80
"""Columns below which nothing is folded any more: a terminal breaks a long line without losing any of it."""
_SUGGESTED = re.compile(
    r"\borchestrate (status|doctor|plan|promote|rollout|resume|resolve|runs|show|rollback|adopt)\b"
)
_TRAILING_BLANKS = re.compile(r"[ \t]+(?=\n)")


def complete(config: Path | None) -> Clean:
    """Adds to every command in a text the environments file that this one was given by option."""
    if config is None:
        return lambda text: text
    option = f" --config {shlex.quote(str(config))}"
    return lambda text: _SUGGESTED.sub(lambda found: found[0] + option.replace("\\", "\\\\"), text)


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


def console(stream: TextIO, clean: Clean) -> Console:
    """A standard stream for people: colour on a terminal alone, and NO_COLOR is honoured."""
    from rich.console import Console

    class Ours(Console):
        """Leaves it to the caller what a reader that has gone means; Rich would end the process."""

        def on_broken_pipe(self) -> None:
            """Tell the caller."""
            raise BrokenPipeError

    sink: Any = Sink(stream, clean)
    drawn = Ours(file=sink, highlight=False, emoji=False, markup=False)
    if not drawn.is_terminal and "COLUMNS" not in os.environ:
        drawn.width = _WIDE
    drawn.width = max(drawn.width, _NARROW)
    return drawn


def print_json(document: Mapping[str, Any], redact: Clean, finish: Clean) -> None:
    """One JSON document on stdout; `finish` completes the commands that it suggests."""
    sys.stdout.write(json.dumps(_cleaned(document, redact, finish), indent=2) + "\n")
    sys.stdout.flush()


def _cleaned(value: Any, redact: Clean, finish: Clean) -> Any:
    match value:
        case str():
            return redact(value)
        case Mapping():
            mends = {key: finish(item) for key, item in value.items() if key == "mend" and isinstance(item, str)}
            return {key: _cleaned(item, redact, finish) for key, item in {**value, **mends}.items()}
        case list() | tuple():
            return [_cleaned(item, redact, finish) for item in value]
        case _:
            return value
