"""Who stands in the way of a session in MySQL and MariaDB, as far as the server and this role's rights tell.

For a row it is known with the PROCESS privilege; for a table only where performance_schema watches metadata
locks (MySQL 8 does, MariaDB has it off). Else the sessions in a transaction are named, one of which it must be.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from orchestrator.databases.holders import Blocker

if TYPE_CHECKING:
    import pymysql

_WAITS = "SELECT STATE LIKE 'Waiting for %%lock' FROM information_schema.PROCESSLIST WHERE ID = %s"
_ROWS = """
SELECT DISTINCT w.blocking_pid FROM sys.innodb_lock_waits AS w WHERE w.waiting_pid = %s
"""
_TABLES = """
SELECT DISTINCT holder.PROCESSLIST_ID
FROM performance_schema.threads AS waiter
JOIN performance_schema.metadata_locks AS wanted
  ON wanted.OWNER_THREAD_ID = waiter.THREAD_ID AND wanted.LOCK_STATUS = 'PENDING'
JOIN performance_schema.metadata_locks AS had
  ON had.LOCK_STATUS = 'GRANTED' AND had.OWNER_THREAD_ID <> waiter.THREAD_ID
  AND had.OBJECT_TYPE = wanted.OBJECT_TYPE AND had.OBJECT_SCHEMA <=> wanted.OBJECT_SCHEMA
  AND had.OBJECT_NAME <=> wanted.OBJECT_NAME
JOIN performance_schema.threads AS holder ON holder.THREAD_ID = had.OWNER_THREAD_ID
WHERE waiter.PROCESSLIST_ID = %s AND holder.PROCESSLIST_ID IS NOT NULL
"""
_IN_TRANSACTION = """
SELECT trx_mysql_thread_id FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id NOT IN (0, %s)
"""
# The begin of a transaction is told in the server's own time zone.
_SESSIONS = """
SELECT p.ID, p.USER,
  UTC_TIMESTAMP() - INTERVAL coalesce(TIMESTAMPDIFF(SECOND, t.trx_started, NOW()), p.TIME) SECOND
FROM information_schema.PROCESSLIST AS p
LEFT JOIN information_schema.INNODB_TRX AS t ON t.trx_mysql_thread_id = p.ID
WHERE p.ID IN %s ORDER BY p.ID
"""


def blockers(connection: pymysql.Connection[Any], session: int) -> tuple[Blocker, ...]:
    """Whom the server's session `session` waits for; raises the driver's errors."""
    if known := _ids(connection, _ROWS, session):
        return _named(connection, known, certain=True)
    if not any(_ids(connection, _WAITS, session)):
        return ()
    if known := _ids(connection, _TABLES, session):
        return _named(connection, known, certain=True)
    return _named(connection, _ids(connection, _IN_TRANSACTION, session), certain=False) or (Blocker(None),)


def _ids(connection: pymysql.Connection[Any], query: str, session: int) -> list[int]:
    """The first column; nothing where this server has no such table, or this role no right to it."""
    import pymysql

    with suppress(pymysql.err.ProgrammingError, pymysql.err.OperationalError, pymysql.err.InternalError):
        return [row[0] for row in _rows(connection, query, session)]
    return []


def _named(connection: pymysql.Connection[Any], sessions: list[int], *, certain: bool) -> tuple[Blocker, ...]:
    found: dict[int, tuple[str, datetime]] = {}
    with suppress(Exception):
        rows = _rows(connection, _SESSIONS, sessions) if sessions else []
        found = {number: (user, since) for number, user, since in rows}
    return tuple(_blocker(session, found.get(session), certain=certain) for session in sorted(sessions))


def _blocker(session: int, found: tuple[str, datetime] | None, *, certain: bool) -> Blocker:
    role, since = found or (None, None)
    return Blocker(session, role, None, since.replace(tzinfo=UTC) if since else None, certain)


def _rows(connection: pymysql.Connection[Any], query: str, parameter: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, (parameter,))
        return list(cursor.fetchall())
