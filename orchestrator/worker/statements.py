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
    """The writing statements of the revision in hand, told apart by whether the database has kept them."""

    def __init__(self, engine: Any) -> None:
        self._pending: list[str] = []
        self.kept: list[str] = []
        self._family = engine.dialect.name
        event.listen(engine, "after_cursor_execute", self._after)
        event.listen(engine, "handle_error", self._failed)
        event.listen(engine, "commit", self._committed)
        event.listen(engine, "rollback", self._rolled_back)

    def begin(self) -> None:
        """A new revision starts: nothing of it has run."""
        self._pending, self.kept = [], []

    def _after(self, conn: Any, _cursor: Any, statement: str, _params: Any, _context: Any, _many: bool) -> None:
        if _READS.match(statement):
            return
        self._pending.append(_short(statement))
        if self._commits_by_itself(conn, statement):
            self._committed(conn)

    def _failed(self, context: Any) -> None:
        statement = context.statement or ""
        if self._is_mysql() and _DDL.match(statement):
            self._committed(context.connection)  # the implicit commit precedes the statement that failed
        if "concurrently" in statement.lower():
            self.kept.append(_short(statement) + " (failed; it may have left an INVALID index)")

    def _committed(self, _conn: Any) -> None:
        self.kept += self._pending
        self._pending = []

    def _rolled_back(self, _conn: Any) -> None:
        self._pending = []

    def _commits_by_itself(self, conn: Any, statement: str) -> bool:
        if self._is_mysql():
            return bool(_DDL.match(statement))
        driver = getattr(conn.connection, "dbapi_connection", None) or conn.connection
        if self._family == "sqlite":
            return not getattr(driver, "in_transaction", False)
        return bool(getattr(driver, "autocommit", False)) or statement.strip().lower().startswith("commit")

    def _is_mysql(self) -> bool:
        return self._family in ("mysql", "mariadb")


def _short(statement: str) -> str:
    line = " ".join(statement.split())
    return line if len(line) <= _SHOWN else line[:_SHOWN] + "…"
