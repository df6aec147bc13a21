"""Who stands in the way of a session in PostgreSQL: each question is a statement of its own and holds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


def blockers(connection: psycopg.Connection[tuple[Any, ...]], upper: int, lower: int) -> tuple[Blocker, ...]:
    """The sessions that the holder of the advisory lock with this key waits for; raises the driver's errors."""
    rows = connection.execute(_BLOCKERS, (upper, lower)).fetchall()
    return tuple(Blocker(pid or None, role, application, since) for pid, role, application, since in rows)
