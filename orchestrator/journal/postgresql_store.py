"""A journal that a team shares, in PostgreSQL. Its connection lies idle while a revision runs, maybe for hours."""

from __future__ import annotations

import hashlib
import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from orchestrator.core.libpq import keywords
from orchestrator.core.network import DEFAULT_SECONDS, postgresql_session
from orchestrator.core.secrets import Secret
from orchestrator.core.urls import parse
from orchestrator.errors import ConfigurationError, JournalError, install_extra
from orchestrator.faults import FaultPoint
from orchestrator.journal.chain import BEGINNING, END, INSERT, TABLE, Row
from orchestrator.journal.store import After, Question, location, refused_row, unusable

if TYPE_CHECKING:
    import psycopg

CONNECT_SECONDS = 5
"""How long a server may take to let us in; `status` must not hang on one that says nothing."""
RECONNECT_SECONDS = 10.0
"""How long a connection that was lost is tried to be made again: a server restarts, a proxy moves on."""
APPEND_LOCK = 7_021_944_120_231_873_000
"""PostgreSQL advisory lock, held for one short transaction: a chain has one end, so one writer at a time."""
LOCK_SECONDS = 15
"""How long one writer waits for another."""
# synchronous_commit may be off for the database or the role: what was committed would not survive a power cut.
_WRITE = """
SELECT set_config('lock_timeout', '{seconds}s', true),
  CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END
"""
# The end after that lock was taken, and the table it is of, which a rebuild puts aside under another name.
_END = (
    f"SELECT sequence, digest, '{TABLE}'::regclass::oid FROM (SELECT 1) AS one LEFT JOIN ({END}) AS last ON true"
)
# A pooler in transaction mode may give the session to another after this: nothing is held there, and it is NULL.
_HOLD = "SELECT CASE WHEN pg_backend_pid() = ? THEN pg_try_advisory_lock(?) END"
_NAME = "SELECT set_config('application_name', ?, false)"
# A bigint key is shown in two halves, with objsubid 1.
_HOLDER = """
SELECT a.application_name, to_char(a.backend_start AT TIME ZONE 'UTC', ' "since" YYYY-MM-DD HH24:MI:SS "UTC"')
FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  AND (l.classid::bigint << 32 | l.objid::bigint) = ?
"""
_APPLICATION = "orchestrate journal"
_LONGEST_NAME = 63
"""Bytes of an application_name that PostgreSQL keeps (NAMEDATALEN - 1)."""
_FIRST_PAUSE = 0.1
_T = TypeVar("_T")


class PostgresqlStore:
    """The one table on a server. A lost connection is made again, and what was asked is asked again.

    That is safe for an append as well: the attempt that was cut off held the append lock until its end was
    decided, and its last digest says whether it was committed.
    """

    def __init__(self, url: Secret) -> None:
        self._error: type[Exception] = _psycopg().Error
        self._refused: tuple[type[Exception], ...] = (_psycopg().DataError, UnicodeEncodeError)
        self._url = url
        self._where = location(url)
        self._turn = RLock()
        self.run: str | None = None
        self._table: int | None = None
        self._held: tuple[str, str] | None = None
        self._lost = False
        with self._named():
            self._connection = self._connect()

    def read(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query."""
        with self._turn, self._named():
            return self._persistently(lambda: self._rows(statement, parameters))

    def tables(self) -> frozenset[str]:
        """The names of all tables that are seen without naming a schema."""
        query = "SELECT relname, oid FROM pg_class WHERE relkind = 'r' AND pg_table_is_visible(oid)"
        found: dict[str, int] = dict(self.read(query))
        self._table = found.get(TABLE)
        return frozenset(found)

    def append(self, after: After, unless: Question | None = None) -> list[Row]:
        """Insert what follows the end, under the append lock; JournalError where the table is another by now."""
        rows: list[Row] = []

        def attempt() -> list[Row]:
            with self._connection.transaction():
                for statement in begin_writing():
                    self._rows(statement)
                if rows and self._rows(f"SELECT 1 FROM {TABLE} WHERE digest = ?", rows[-1][-1:]):
                    return rows
                if unless is not None and self._rows(*unless):
                    return []
                rows[:] = after(*self._end())
                with self._connection.cursor() as cursor:
                    cursor.executemany(_format(INSERT), rows)
                sys.audit(FaultPoint.JOURNAL_WRITTEN)
            return rows

        with self._turn, self._named():
            return self._persistently(attempt)

    def hold(self, run: str, who: str) -> str | None:
        """A session's advisory lock. With a session that is cut it is gone, until something is read or written.

        Then it is taken again; refused, since another attempt has it, or the server keeps our own lost session for
        a while, it is tried again with each question. Through a pooler nothing can be held, and nobody is turned
        away.
        """
        with self._turn, self._named():
            holder = self._persistently(lambda: self._hold(run, who))
        self._held, self._lost = (run, who) if holder is None else None, False
        return holder

    def _hold(self, run: str, who: str) -> str | None:
        digest = hashlib.sha256(f"orchestrate\0attempt\0{run}".encode()).digest()
        key = int.from_bytes(digest[:8], "big", signed=True)
        ((taken,),) = self._rows(_HOLD, (self._connection.info.backend_pid, key))
        if taken is False:
            holder = (self._rows(_HOLDER, (key,)) or [("somebody", "")])[0]
            return "".join(part or "" for part in holder).removeprefix(_APPLICATION).strip()
        if taken:
            self._rows(_NAME, (f"{_APPLICATION} {who}".encode()[:_LONGEST_NAME].decode(errors="ignore"),))
        return None

    @property
    def lifelines(self) -> tuple[int, ...]:
        """The connection's socket."""
        with self._turn:
            return (self._connection.fileno(),) if self._held is not None and not self._connection.closed else ()

    def close(self) -> None:
        """Give the connection back, and with it the run that is held."""
        self._connection.close()

    def _end(self) -> tuple[int, str]:
        """The last sequence and digest; JournalError where they are those of a table begun anew meanwhile."""
        ((sequence, digest, table),) = self._rows(_END)
        self._table = table if self._table is None else self._table
        if table != self._table:
            what, mend = "the journal was begun anew while this run was at work", "orchestrate status"
            raise JournalError(what, where=self._where, mend=mend)
        return sequence or 0, digest or BEGINNING

    def _rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        return self._connection.execute(_format(statement), tuple(parameters)).fetchall()

    def _connect(self) -> psycopg.Connection[Row]:
        connection: psycopg.Connection[Row] = connect_postgresql(self._url, autocommit=True)
        connection.execute(*postgresql_session(DEFAULT_SECONDS))
        return connection

    def _persistently(self, ask: Callable[[], _T]) -> _T:
        """Ask, also over a connection made anew; the last error where none can be made for RECONNECT_SECONDS."""
        try:
            return self._holding(ask)
        except self._error:
            if not self._connection.closed:
                raise
        end, pause = time.monotonic() + RECONNECT_SECONDS, _FIRST_PAUSE
        while True:
            try:
                self._connection, self._lost = self._connect(), True
                return self._holding(ask)
            except self._error:
                if not self._connection.closed or time.monotonic() > end:
                    raise
            if pause == _FIRST_PAUSE:  # a connection that was merely cut while it lay idle is no news
                self._warn()
            time.sleep(pause)
            pause = min(pause * 2, 2.0)

    def _holding(self, ask: Callable[[], _T]) -> _T:
        """Ask, having tried to hold again what was held by a session that is lost.

        Whoever took the run up meanwhile has recorded that, and is asked for before each target.
        """
        if self._lost and self._held is not None:
            self._lost = self._hold(*self._held) is not None
        return ask()

    def _warn(self) -> None:
        told = "warning: the journal in %s does not answer; trying again for %g seconds"
        logging.getLogger(__name__).warning(told, self._where, RECONNECT_SECONDS)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except self._refused as error:
            raise refused_row(self._where, error) from error
        except self._error as error:
            raise unusable(self._where, error, self.run, server=True) from error


def begin_writing() -> tuple[str, str]:
    """The statements with which a transaction that writes begins: alone among all writers, and durable."""
    return _WRITE.format(seconds=LOCK_SECONDS), f"SELECT pg_advisory_xact_lock({APPEND_LOCK})"


def connect_postgresql(url: Secret, *, autocommit: bool) -> Any:
    """A psycopg connection to the journal's database, from the URL as the targets' URLs are read.

    Whatever the server's default, its transactions are READ COMMITTED: with a snapshot from before it waited for
    the append lock a writer would not see what the one before it wrote.

    Raises psycopg.Error, ConfigurationError where psycopg is missing or the text is no URL.
    """
    psycopg, address = _psycopg(), parse(url.reveal())
    if address is None:
        raise ConfigurationError("the journal's URL cannot be read", where="journal")
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    connection = psycopg.connect(
        "",
        autocommit=autocommit,
        prepare_threshold=None,
        **keywords(address, known),
        connect_timeout=CONNECT_SECONDS,
        application_name=_APPLICATION,
    )
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    return connection


def _psycopg() -> Any:
    try:
        import psycopg
    except ImportError as error:
        what, mend = "the journal is in PostgreSQL and psycopg is missing", install_extra("postgresql")
        raise ConfigurationError(what, mend=mend) from error
    return psycopg


def _format(statement: str) -> Any:
    return statement.replace("?", "%s").replace("instr(", "strpos(")
