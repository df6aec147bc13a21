"""Watches the statements of one revision, to tell afterwards what a failure left behind.

Where DDL is not transactional, a failed revision may be half applied. What the database kept is known exactly
from three things: which statements ran, which of them commit by themselves, and when the connection committed.
Nothing is sent and nothing changed here.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import event

_READS = re.compile(
    r"\s*(select|pragma|show|explain|describe|desc|values|savepoint|release|begin|set)\b", re.IGNORECASE
)
_DDL = re.compile(r"\s*(create|alter|drop|rename|truncate|comment|grant|revoke|analyze|optimize)\b", re.IGNORECASE)
_SHOWN = 200
"""Characters of a statement that are kept: enough to find it in the script."""


class Statements:
    """The writing statements of a run of env.py, told apart by whether the database has kept them.

    `kept` holds each with the revision that ran it, as [revision, statement].
    """

    def __init__(self, engine: Any) -> None:
        self._revision: str | None = None
        self._pending: list[list[str]] = []
        self._before_commit = 0
        self.kept: list[list[str]] = []
        self._family = engine.dialect.name
        event.listen(engine, "after_cursor_execute", self._after)
        event.listen(engine, "handle_error", self._failed)
        event.listen(engine, "commit", self._committed)
        event.listen(engine, "rollback", self._rolled_back)

    def begin(self, revision: str) -> None:
        """From here on statements are this revision's."""
        self._revision = revision

    def _after(self, conn: Any, _cursor: Any, statement: str, _params: Any, _context: Any, _many: bool) -> None:
        if _READS.match(statement) or self._revision is None:
            return
        self._pending.append([self._revision, _short(statement)])
        if self._commits_by_itself(conn, statement):
            self._committed(conn)

    def _failed(self, context: Any) -> None:
        statement = context.statement
        if statement is None:
            self._commit_failed()
            return
        if self._is_mysql() and _DDL.match(statement):
            self._committed(context.connection)  # the implicit commit precedes the statement that failed
        if self._revision is not None and "concurrently" in statement.lower():
            self.kept.append([self._revision, _short(statement) + " (failed; it may have left an INVALID index)"])

    def _committed(self, _conn: Any) -> None:
        """SQLAlchemy tells this before it commits."""
        self._before_commit = len(self.kept)
        self.kept += self._pending
        self._pending = []

    def _commit_failed(self) -> None:
        """A commit that was refused kept nothing; on MySQL one that fails has lost its connection: who knows."""
        if not self._is_mysql():
            del self.kept[self._before_commit :]

    def _rolled_back(self, _conn: Any) -> None:
        self._pending = []

    def _commits_by_itself(self, conn: Any, statement: str) -> bool:
        if self._is_mysql():
            return bool(_DDL.match(statement)) or in_autocommit(conn)
        driver = getattr(conn.connection, "dbapi_connection", None) or conn.connection
        if self._family == "sqlite":
            return not getattr(driver, "in_transaction", False)
        return bool(getattr(driver, "autocommit", False)) or statement.strip().lower().startswith("commit")

    def _is_mysql(self) -> bool:
        return self._family in ("mysql", "mariadb")


def in_autocommit(connection: Any) -> bool:
    """Whether env.py asked that every statement commits by itself: then no failure undoes a whole revision."""
    dialect = connection.dialect
    created = getattr(dialect, "_on_connect_isolation_level", None) or getattr(dialect, "isolation_level", None)
    return str(connection.get_execution_options().get("isolation_level") or created).upper() == "AUTOCOMMIT"


def _short(statement: str) -> str:
    line = " ".join(statement.split())
    return line if len(line) <= _SHOWN else line[:_SHOWN] + "…"
