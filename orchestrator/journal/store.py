"""The two databases a journal may live in, behind the few things a journal needs of either.

Plain drivers: `status` reads the journal, and must not pay for an ORM. The tables themselves are made and
changed by Alembic, in `migrate.py`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from orchestrator.core.libpq import keywords
from orchestrator.core.secrets import Secret
from orchestrator.core.urls import MEMORY, parse
from orchestrator.errors import ConfigurationError, JournalError

if TYPE_CHECKING:
    import psycopg

Row = tuple[Any, ...]
BUSY_SECONDS = 15.0
"""How long one writer of a file waits for another."""
CONNECT_SECONDS = 5
"""How long a server may take to let us in; `status` must not hang on one that says nothing."""
APPEND_LOCK = 7_021_944_120_231_873_000
"""PostgreSQL advisory lock, held for one short transaction: a chain has one end, so one writer at a time."""


class Store(Protocol):
    """One open connection to the journal's database. Statements use `?` for their parameters."""

    def read(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query; raises JournalError where it cannot be read."""

    def tables(self) -> frozenset[str]:
        """The names of the journal's tables that exist."""

    def appending(self) -> Any:
        """A context in which `write` runs as one durable transaction, alone among all writers."""

    def write(self, statement: str, rows: Sequence[Row]) -> None:
        """Run a statement for each row, inside `appending`."""

    def close(self) -> None:
        """Give the connection back."""


def location(url: Secret) -> str:
    """Where a journal is, for people: a path, or server and database."""
    address = parse(url.reveal())
    return address.shown if address else "the journal's URL"


def open_store(url: Secret, *, create: bool) -> Store | None:
    """The journal's database, or None where there is none yet and `create` is False.

    Raises ConfigurationError for a URL that is neither SQLite nor PostgreSQL, JournalError where it cannot be
    opened.
    """
    address = parse(url.reveal())
    match address.family if address else None:
        case "sqlite" if address is not None and address.database not in (None, "", MEMORY):
            return _open_sqlite(Path(str(address.database)), create=create)
        case "postgresql":
            return _PostgresqlStore(url)
        case _:
            mend = "journal: sqlite:///.orchestrator/journal.db, or a postgresql:// URL"
            raise ConfigurationError(
                "a journal lives in a SQLite file or in PostgreSQL", where="journal", mend=mend
            )


def _open_sqlite(path: Path, *, create: bool) -> Store | None:
    if not path.exists():
        if not create:
            return None
        _create_private(path)
    try:
        return _SqliteStore(path, read_only=not create)
    except sqlite3.Error as error:
        raise _unusable(str(path), error) from error


def _create_private(path: Path) -> None:
    """Make the file before SQLite does, readable by its owner alone; SQLite's side files inherit that."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise _unusable(str(path), error) from error


def _unusable(where: str, error: Exception) -> JournalError:
    mend = "mend it (space, permissions) or put it aside, or name another: ORCHESTRATE_JOURNAL; then again"
    return JournalError(f"the journal cannot be used: {error}", where=where, mend=mend)


class _SqliteStore:
    """A journal in a file of this machine.

    `journal_mode=DELETE`, since WAL has a corruption race in SQLite versions still shipped (fixed in 3.51.3),
    and `synchronous=EXTRA`, so that what was acknowledged survives a power cut. A reader does not open with
    mode=ro: it could not read past the rollback journal of a writer that was killed (SQLITE_READONLY_ROLLBACK).
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._path = path
        uri = path.absolute().as_uri() + "?mode=rw"
        self._connection = sqlite3.connect(
            uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA query_only=ON" if read_only else "PRAGMA journal_mode=DELETE")
        self._connection.execute("PRAGMA synchronous=EXTRA")

    def read(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        with self._named():
            return self._connection.execute(statement, tuple(parameters)).fetchall()

    def tables(self) -> frozenset[str]:
        return frozenset(name for (name,) in self.read("SELECT name FROM sqlite_master WHERE type = 'table'"))

    @contextmanager
    def appending(self) -> Iterator[None]:
        with self._named():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def write(self, statement: str, rows: Sequence[Row]) -> None:
        self._connection.executemany(statement, rows)

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _unusable(str(self._path), error) from error


class _PostgresqlStore:
    """A journal that a team shares. The connection lies idle while a revision runs, which may be hours."""

    def __init__(self, url: Secret) -> None:
        self._error: type[Exception] = _psycopg().Error
        self._url = url
        self._where = location(url)
        with self._named():
            self._connection: psycopg.Connection[Row] = connect_postgresql(url, autocommit=True)

    def read(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        with self._named():
            return self._connection.execute(_format(statement), tuple(parameters)).fetchall()

    def tables(self) -> frozenset[str]:
        query = "SELECT relname FROM pg_class WHERE relkind = 'r' AND pg_table_is_visible(oid)"
        return frozenset(name for (name,) in self.read(query))

    @contextmanager
    def appending(self) -> Iterator[None]:
        with self._named(), ExitStack() as transaction:
            try:
                transaction.enter_context(self._alone())
            except self._error:
                if not self._connection.closed:
                    raise
                # It was cut while it lay idle. No event has been sent yet, so none can be there twice.
                self._connection = connect_postgresql(self._url, autocommit=True)
                transaction.enter_context(self._alone())
            yield

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._connection.transaction():
            self._connection.execute(f"SELECT pg_advisory_xact_lock({APPEND_LOCK})")
            yield

    def write(self, statement: str, rows: Sequence[Row]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(_format(statement), rows)

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            raise _unusable(self._where, error) from error


def connect_postgresql(url: Secret, *, autocommit: bool) -> Any:
    """A psycopg connection to the journal's database, from the URL as the targets' URLs are read.

    Raises psycopg.Error, ConfigurationError where psycopg is missing or the text is no URL.
    """
    psycopg, address = _psycopg(), parse(url.reveal())
    if address is None:
        raise ConfigurationError("the journal's URL cannot be read", where="journal")
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    return psycopg.connect(
        "",
        autocommit=autocommit,
        prepare_threshold=None,
        **keywords(address, known),
        connect_timeout=CONNECT_SECONDS,
        application_name="orchestrate journal",
    )


def _psycopg() -> Any:
    try:
        import psycopg
    except ImportError as error:
        mend = "pip install 'orchestrate-alembic[postgresql]'"
        raise ConfigurationError("the journal is in PostgreSQL and psycopg is missing", mend=mend) from error
    return psycopg


def _format(statement: str) -> Any:
    return statement.replace("?", "%s")
