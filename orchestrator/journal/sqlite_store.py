"""A journal in a file of this machine."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from orchestrator.faults import FaultPoint
from orchestrator.journal import place
from orchestrator.journal.chain import BEGINNING, END, INSERT, Row
from orchestrator.journal.store import After, Store, damaged, refused_row, unusable

BUSY_SECONDS = 15.0
"""How long one writer of a file waits for another."""
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def open_sqlite(path: Path, *, create: bool) -> Store | None:
    """The journal in that file; None where there is none yet and `create` is False. Raises JournalError."""
    place.check(path)
    try:
        if create:
            place.make(path)
        elif not path.exists():
            return None
        return SqliteStore(path, read_only=not create)
    except (sqlite3.Error, OSError) as error:
        raise named(path, error) from error


def named(path: Path, error: Exception) -> Exception:
    """An error of SQLite as a JournalError: a damaged file is told from one that cannot be used just now."""
    code = getattr(error, "sqlite_errorcode", 0) or 0
    return damaged(str(path), error) if code & 0xFF in _DAMAGED else unusable(str(path), error)


class SqliteStore:
    """The one table in a file.

    `journal_mode=DELETE`, since WAL has a corruption race in SQLite versions still shipped (fixed in 3.51.3),
    and `synchronous=EXTRA`, so that what was acknowledged survives a power cut. A reader does not open with
    mode=ro: it could not read past the rollback journal of a writer that was killed (SQLITE_READONLY_ROLLBACK).
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._path = path
        self._turn = RLock()
        uri = path.as_uri() + "?mode=rw"
        self._connection = sqlite3.connect(
            uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            self._connection.execute("PRAGMA query_only=ON" if read_only else "PRAGMA journal_mode=DELETE")
            self._connection.execute("PRAGMA synchronous=EXTRA")
        except BaseException:
            self._connection.close()
            raise

    def read(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query."""
        with self._turn, self._named():
            return self._connection.execute(statement, tuple(parameters)).fetchall()

    def tables(self) -> frozenset[str]:
        """The names of all tables."""
        return frozenset(name for (name,) in self.read("SELECT name FROM sqlite_master WHERE type = 'table'"))

    def append(self, after: After) -> list[Row]:
        """Insert what follows the end, in a transaction that shuts out every other writer."""
        with self._turn, self._named():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                rows = after(*(self._connection.execute(END).fetchone() or (0, BEGINNING)))
                self._connection.executemany(INSERT, rows)
                sys.audit(FaultPoint.JOURNAL_WRITTEN)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        return rows

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except UnicodeEncodeError as error:
            raise refused_row(str(self._path), error) from error
        except sqlite3.Error as error:
            raise named(self._path, error) from error
