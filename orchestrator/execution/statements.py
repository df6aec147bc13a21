"""Records the statements that the database keeps by themselves, while the revision that runs them is in hand.

What is kept is recorded before the worker goes on: after any death the journal lacks one of them at most. That one
was started is recorded only where it takes its time. Most are done by then, and a record costs as much as they do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import RLock, Timer

from orchestrator.core.step_record import Progress, Statement
from orchestrator.errors import JournalError

_SLOW_SECONDS = 0.1

Record = Callable[[str, Sequence[Statement]], None]
"""Makes statements of a revision durable; raises JournalError."""


class StatementLog:
    """What is told of statements in one conversation, on its way to the journal."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._lock = RLock()
        self._started: tuple[str, Sequence[Statement]] | None = None
        self._timer: Timer | None = None

    def told(self, revision: str, progress: Progress, statements: Sequence[tuple[int, str]]) -> None:
        """What the worker says of statements of a revision; raises JournalError."""
        found = [Statement(number, text, progress) for number, text in statements]
        with self._lock:
            self._stop_waiting()
            if progress is not Progress.STARTED:
                self._record(revision, found)
                return
            self._started = revision, found
            self._timer = Timer(_SLOW_SECONDS, self.settle)
            self._timer.daemon = True
            self._timer.start()

    def settle(self) -> None:
        """Record what was started and not heard of again."""
        with self._lock, suppress(JournalError):  # whatever is recorded next meets the same, where it can be told
            started = self._started
            self._stop_waiting()
            if started is not None:
                self._record(*started)

    def _stop_waiting(self) -> None:
        self._started = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
