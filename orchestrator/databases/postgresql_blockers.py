"""Who stands in the way of a session in PostgreSQL: each question is a statement of its own and holds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from orchestrator.core.identifiers import identifier
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.family import driver
from orchestrator.databases.holders import Blocker

if TYPE_CHECKING:
    import psycopg

# A prepared transaction is shown as process 0, which has no row; a worker of the server has no role.
_BLOCKERS = """
SELECT DISTINCT b.pid, a.usename::text,
  coalesce(nullif(a.application_name, ''), nullif(a.backend_type, 'client backend')), a.xact_start
FROM pg_catalog.pg_locks AS l CROSS JOIN LATERAL unnest(pg_blocking_pids(l.pid)) AS b (pid)
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = b.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  AND l.classid::bigint = %s AND l.objid::bigint = %s
ORDER BY b.pid
"""


# A look waits for no weaker lock than this; one who waits for it keeps a look waiting as well.
_LOCKING = """
SELECT l.pid, a.usename::text, nullif(a.application_name, ''), a.xact_start
FROM pg_catalog.pg_locks AS l LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.relation = to_regclass(%s)
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
ORDER BY l.granted DESC, l.pid
"""


class TableLockedError(Exception):
    """The version table stayed locked: `blocker` has it or is the first to want it; None: it is gone by now."""

    def __init__(self, blocker: Blocker | None) -> None:
        super().__init__("the version table stayed locked")
        self.blocker = blocker


@contextmanager
def naming_the_blocker(connection: psycopg.Connection[tuple[Any, ...]], endpoint: Endpoint) -> Iterator[None]:
    """Around a look: raises TableLockedError where that was cut off while it waited for the version table."""
    errors = driver("psycopg.errors", "postgresql")
    try:
        yield
    except (errors.QueryCanceled, errors.LockNotAvailable):
        raise TableLockedError(_locking(connection, endpoint)) from None


def _locking(connection: psycopg.Connection[tuple[Any, ...]], endpoint: Endpoint) -> Blocker | None:
    schema = [endpoint.version_table_schema] if endpoint.version_table_schema is not None else []
    try:
        connection.execute("ROLLBACK")
        name = identifier(*schema, endpoint.version_table)
        row = connection.execute(_LOCKING, (name,)).fetchone()
    except driver("psycopg", "postgresql").Error:
        return None
    return Blocker(row[0] or None, *row[1:]) if row else None


def blockers(connection: psycopg.Connection[tuple[Any, ...]], upper: int, lower: int) -> tuple[Blocker, ...]:
    """The sessions that the holder of the advisory lock with this key waits for; raises the driver's errors."""
    rows = connection.execute(_BLOCKERS, (upper, lower)).fetchall()
    return tuple(Blocker(pid or None, role, application, since) for pid, role, application, since in rows)
