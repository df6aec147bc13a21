"""Group commit: what several threads record at the same time shares one transaction.

The first that comes commits what has gathered meanwhile; the others wait for it. Nobody returns before what he
gave is durable, or has failed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Condition

from orchestrator.errors import JournalError
from orchestrator.journal.chain import Row
from orchestrator.journal.store import RefusedRowError

Commit = Callable[[list[Row]], list[Row]]


class _Batch:
    """What one caller gave, and what became of it."""

    def __init__(self, given: list[Row]) -> None:
        self.given = given
        self.rows: list[Row] = []
        self.error: BaseException | None = None
        self.settled = False


class Group:
    """Gives `commit` the events of all callers who are waiting, in the order in which they came."""

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._turn = Condition()
        self._waiting: list[_Batch] = []
        self._committing = False

    def record(self, given: list[Row]) -> list[Row]:
        """The caller's events as rows, durable; raises whatever kept them from being so."""
        mine = _Batch(given)
        with self._turn:
            self._waiting.append(mine)
            self._turn.wait_for(lambda: mine.settled or not self._committing)
            if mine.settled:
                return _outcome(mine)
            self._committing, together, self._waiting = True, self._waiting, []
        try:
            self._lead(together)
        finally:
            with self._turn:
                self._committing = False
                for batch in together:
                    batch.settled = True
                self._turn.notify_all()
        if mine.error is not None:
            raise mine.error
        return mine.rows

    def _lead(self, together: list[_Batch]) -> None:
        try:
            rows = self._commit([row for batch in together for row in batch.given])
        except BaseException as error:
            for batch in together:
                batch.error = error
            if len(together) == 1 or not isinstance(error, RefusedRowError):
                raise
            self._apart(together)
            return
        for batch in together:
            batch.error = None
            batch.rows, rows = rows[: len(batch.given)], rows[len(batch.given) :]

    def _apart(self, together: list[_Batch]) -> None:
        """Each batch for itself: a row that is refused is the matter of who gave it."""
        for batch in together:
            with suppress(RefusedRowError):
                self._lead([batch])


def _outcome(batch: _Batch) -> list[Row]:
    """What another thread did with the batch; its error is told anew, since each thread has its own traceback."""
    match batch.error:
        case None:
            return batch.rows
        case JournalError() as error:
            raise JournalError(error.what, where=error.where, mend=error.mend, code=error.code) from error
        case error:
            raise JournalError(f"the journal could not be written: {error!r}") from error
