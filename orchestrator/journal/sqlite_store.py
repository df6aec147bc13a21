"""A journal in a file of this machine."""

from __future__ import annotations

import fcntl
import glob
import os
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock

from orchestrator.faults import FaultPoint
from orchestrator.journal import place
from orchestrator.journal.chain import BEGINNING, END, INSERT, Row
from orchestrator.journal.store import After, Question, Store, damaged, refused_row, unusable

BUSY_SECONDS = 15.0
"""How long one writer of a file waits for another."""
_LONGEST_NAME = 400
"""Bytes that are read of who holds a run."""
_RUNS = "[0-9]*-[0-9]*-????"
"""The ids of runs, as a pattern of files."""
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


def named(path: Path, error: Exception, run: str | None = None) -> Exception:
    """An error of SQLite as a JournalError: a damaged file is told from one that cannot be used just now."""
    code = getattr(error, "sqlite_errorcode", 0) or 0
    return damaged(str(path), error) if code & 0xFF in _DAMAGED else unusable(str(path), error, run)


def _locked(path: Path, flags: int = 0) -> tuple[int, bool]:
    """The file at the path, opened, and whether it is locked for us. Raises OSError."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | flags, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = True
        except BlockingIOError:
            ours = False
        with suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(file).st_ino:
                return file, ours
        os.close(file)  # whoever had it has just ended, and removed it


def _let_go(path: Path, file: int) -> None:
    """Remove a file that is locked for us, and let go of it, not only for this process."""
    path.unlink(missing_ok=True)
    fcntl.flock(file, fcntl.LOCK_UN)
    os.close(file)


def _introduced(file: int) -> str:
    """Who wrote itself into a locked file, which is closed, and when."""
    try:
        who = os.read(file, _LONGEST_NAME).decode(errors="replace") or "somebody"
        return f"{who} since {datetime.fromtimestamp(os.fstat(file).st_mtime, UTC):%Y-%m-%d %H:%M:%S} UTC"
    finally:
        os.close(file)


class SqliteStore:
    """The one table in a file.

    `journal_mode=DELETE`, since WAL has a corruption race in SQLite versions still shipped (fixed in 3.51.3),
    and `synchronous=EXTRA`, so that what was acknowledged survives a power cut. A reader does not open with
    mode=ro: it could not read past the rollback journal of a writer that was killed (SQLITE_READONLY_ROLLBACK).
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._path = path
        self._turn = RLock()
        self.run: str | None = None
        self._held: tuple[Path, int] | None = None
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

    def append(self, after: After, unless: Question | None = None) -> list[Row]:
        """Insert what follows the end, in a transaction that shuts out every other writer."""
        with self._turn, self._named():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                if unless is not None and self._connection.execute(*unless).fetchone():
                    self._connection.execute("ROLLBACK")
                    return []
                rows = after(*(self._connection.execute(END).fetchone() or (0, BEGINNING)))
                self._connection.executemany(INSERT, rows)
                sys.audit(FaultPoint.JOURNAL_WRITTEN)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        return rows

    def hold(self, run: str, who: str) -> str | None:
        """Lock a file beside the journal, which a good end removes.

        The kernel lets go of it with the last process that has it open: this one, or what `lifelines` were given.
        """
        path = self._path.with_name(f"{self._path.name}.{run}.lock")
        with self._named():
            file, ours = _locked(path, os.O_CREAT)
            if not ours:
                return _introduced(file)
            self._held = path, file
            os.ftruncate(file, 0)
            os.write(file, who.encode(errors="replace"))
        return None

    @property
    def lifelines(self) -> tuple[int, ...]:
        """The locked file."""
        return self._held[1:] if self._held is not None else ()

    def close(self) -> None:
        """Close the file, let go of the run that is held, and clear away what killed attempts left."""
        held, self._held = self._held, None
        if held is not None:
            _let_go(*held)
            for left in held[0].parent.glob(f"{glob.escape(self._path.name)}.{_RUNS}.lock"):
                with suppress(OSError):
                    file, ours = _locked(left)
                    if ours:
                        _let_go(left, file)
                    else:
                        os.close(file)
        self._connection.close()

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except UnicodeEncodeError as error:
            raise refused_row(str(self._path), error) from error
        except (sqlite3.Error, OSError) as error:
            raise named(self._path, error, self.run) from error
