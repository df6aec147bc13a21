"""Run lock and work lock in PostgreSQL: session-level advisory locks, always tried and never waited for.

A session that waits in `pg_advisory_lock` holds a snapshot, for which CREATE INDEX CONCURRENTLY waits in turn.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Timer
from typing import TYPE_CHECKING, Any

from orchestrator.core.network import postgresql_session
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.holders import Blocker, Guard, Holder, marked, postgresql_key, proof_key, readable
from orchestrator.databases.postgresql_blockers import blockers
from orchestrator.databases.postgresql_sight import idle, sight
from orchestrator.errors import UnavailableError

if TYPE_CHECKING:
    from orchestrator.databases.postgresql_sight import Connection
    from orchestrator.databases.sight import Sight

_GRACE = 1.0
"""Seconds beyond the server's own timeouts after which its silence ends a look."""

# A bigint key is shown in two halves, with objsubid 1. Of other roles' sessions an unprivileged role sees the
# process, the role and the application_name, but no times.
_HOLDER = """
SELECT l.pid, a.application_name, a.usename::text, host(a.client_addr), a.backend_start, a.query_start,
  a.state NOT LIKE 'idle%%', a.query
FROM pg_catalog.pg_locks AS l LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  AND l.classid::bigint = %s AND l.objid::bigint = %s
"""
_HELD = """
SELECT classid::bigint, objid::bigint FROM pg_catalog.pg_locks
WHERE locktype = 'advisory' AND granted AND objsubid = 1
  AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
"""


class AdvisoryLocks:
    """The two locks of one target, on a connection of their own that is in no transaction.

    A third, whose key is this session's alone, is held beside the run lock: no other run can hold it elsewhere.
    """

    def __init__(self, connection: Connection, endpoint: Endpoint) -> None:
        self._connection = connection
        self._endpoint = endpoint
        self._run_key = postgresql_key("run", endpoint)
        self._work_key = postgresql_key("work", endpoint)
        self._proof_key = proof_key()
        self._drives = False

    @property
    def guard(self) -> Guard:
        """The two keys; that a connection is refused the first proves that it is in this database.

        PostgreSQL keeps advisory locks apart by database, so the key need not name it.
        """
        proof = {
            "proof_key": self._proof_key,
            "work_key": self._work_key,
            "schema": self._endpoint.version_table_schema,
        }
        return Guard("postgresql", proof)

    def prepare(self) -> None:
        """Make sure that a lock taken here would be one; UnavailableError (`pooler`, `standby`) where not."""
        settings, values = postgresql_session(self._endpoint.timeouts.network)
        greeted = self._connection.info.backend_pid
        # A pooler's session is somebody else's next: nothing is set on it.
        done = f"ARRAY({settings.decode()} AND pg_backend_pid() = %s)"
        asked = f"SELECT pg_backend_pid(), pg_is_in_recovery(), {done}"
        backend, standby, _ = self._ask(asked, *values, greeted)
        target = str(self._endpoint.target)
        environment = self._endpoint.target.environment
        if backend != greeted:
            raise UnavailableError(
                "a connection pooler is in between: locks taken through it hold nothing",
                where=target,
                mend=f"give {environment} the direct URL of the server",
                code="pooler",
            )
        if standby:
            raise UnavailableError(
                "this server is a standby: it can be read and not migrated",
                where=target,
                mend=f"give {environment} the URL of the primary server",
                code="standby",
            )

    def try_run(self) -> bool:
        """Take the run lock if it is free, and the proof."""
        asked = "SELECT CASE WHEN pg_try_advisory_lock(%s) THEN pg_try_advisory_lock(%s) END"
        self._drives = bool(self._ask(asked, self._run_key, self._proof_key)[0])
        return self._drives

    def prove(self) -> None:
        """Take the proof."""
        self._ask("SELECT pg_try_advisory_lock(%s)", self._proof_key)

    def run_holder(self) -> Holder | None:
        """Who introduced itself on the session that holds the run lock; since that session began."""
        row = self._holder(self._run_key)
        if row is None:
            return None
        pid, name, role, client, started, *_ = row
        run, who, process = marked(name)
        if who is None:
            return Holder(None, f"{role or 'unknown'}@{client or 'local'}", pid, started, pid)
        return Holder(run, who, process, started, pid)

    def work_holder(self) -> Holder | None:
        """Which server process still works, for whom, and since when its statement runs."""
        # Whoever holds the run lock may try the other, for the length of a statement, and is in nobody's way:
        # pg_locks costs the server ten times as much.
        if self._drives and self._ask("SELECT pg_try_advisory_xact_lock_shared(%s)", self._work_key)[0]:
            return None
        row = self._holder(self._work_key)
        if row is None:
            return None
        pid, _, role, client, started, begun, running, text = row
        who = f"{role or 'unknown'}@{client or 'local'}"
        # Of another role's session the server tells no state, and a sentence about privileges for its text.
        return Holder(None, who, pid, begun or started, pid, running, text if running is not None else None)

    def blockers(self) -> tuple[Blocker, ...]:
        """Who stands in the way of the session that has the work lock."""
        return blockers(self._connection, *_halves(self._work_key))

    def sight(self) -> Sight:
        """The version table, in a transaction that has ended when this returns; raises psycopg's errors."""
        with _bounded(self._connection, 2 * self._endpoint.timeouts.connect + _GRACE):
            try:
                return sight(self._connection, self._endpoint)
            finally:
                idle(self._connection)

    def alive(self) -> bool:
        """A lock's session is silent: only when its socket has something to say is the server asked."""
        if self._connection.closed:
            return False
        try:
            if readable(self._connection.fileno()):
                self._ask("SELECT 1")
        except Exception:  # noqa: BLE001  whatever it is, the lock cannot be relied on
            return False
        return not self._connection.closed

    def close(self) -> None:
        """Unlock before closing: the server frees a closed session's locks a moment later."""
        with suppress(Exception):
            if not self._connection.closed:
                self._connection.execute("SELECT pg_advisory_unlock_all()")
        with suppress(Exception):
            self._connection.close()

    def _holder(self, key: int) -> tuple[Any, ...] | None:
        return self._connection.execute(_HOLDER, _halves(key)).fetchone()

    def _ask(self, statement: str, *parameters: object) -> tuple[Any, ...]:
        row = self._connection.execute(statement.encode(), parameters or None).fetchone()
        assert row is not None
        return row


def of_which_held(connection: Connection, endpoints: Sequence[Endpoint]) -> tuple[Endpoint, ...]:
    """Those of which somebody has the run lock or the work lock, of many in the database of this connection."""
    held = {(high, low) for high, low in connection.execute(_HELD).fetchall()}
    kinds = ("run", "work")
    return tuple(one for one in endpoints if any(_halves(postgresql_key(kind, one)) in held for kind in kinds))


@contextmanager
def _bounded(connection: Connection, seconds: float) -> Iterator[None]:
    """Ends the connection when what is inside takes longer: a server that froze keeps no timeout."""
    channel = socket.socket(fileno=os.dup(connection.fileno()))
    timer = Timer(seconds, _shut, (channel,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        channel.close()


def _shut(channel: socket.socket) -> None:
    with suppress(OSError):
        channel.shutdown(socket.SHUT_RDWR)


def _halves(key: int) -> tuple[int, int]:
    """A bigint key as pg_locks shows it."""
    unsigned = key & 0xFFFFFFFFFFFFFFFF
    return unsigned >> 32, unsigned & 0xFFFFFFFF
