"""What one revision executes, to be shown to whoever takes it further: bounded, and without literals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .sql import asks, in_lines, parts_of

_MOST = 200
"""Statements of one revision that are told; the rest are counted."""
_ROOM = 20_000
"""Characters of all of them together."""


class Executed:
    """The statements of one revision in order, but for those that only ask.

    `told` holds each as [text, times, whole]: how often it was executed in a row, and whether the text is all of
    it but for the literals. `more` counts those that are not in it.
    """

    def __init__(self, dialect: str) -> None:
        self.told: list[list[Any]] = []
        self.more = 0
        self._mysql = dialect in ("mysql", "mariadb")
        self._last: str | None = None
        self._room = _ROOM

    def around(self, migration: Callable[..., Any], statements: Any) -> Callable[..., Any]:
        """The revision's function, noting what `statements`, which watches its engines, sees of it."""

        def run(**arguments: Any) -> Any:
            statements.executed = self
            try:
                return migration(**arguments)
            finally:
                statements.executed = None

        run.__name__ = getattr(migration, "__name__", type(migration).__name__)
        return run

    def saw(self, statement: str, parts: list[str] | None = None) -> None:
        """This statement was executed; `parts` are the single statements of it, where they were read already."""
        if statement == self._last:
            self.told[-1][1] += 1
        elif not all(map(asks, parts_of(statement, self._mysql) if parts is None else parts)):
            self._tell(statement)

    def _tell(self, statement: str) -> None:
        if len(self.told) == _MOST or self._room <= 0:
            self._last, self.more = None, self.more + 1
            return
        self._last = statement
        text, whole = in_lines(statement, self._mysql)
        self._room -= len(text)
        self.told.append([text, 1, whole])
