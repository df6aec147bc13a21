"""Watches the statements of one revision, to tell afterwards what a failure may have left behind.

Where DDL is not transactional, or a script commits by itself, a failed revision may be half applied. What is
told here comes from three things: which statements ran, which of them commit by themselves, and when SQLAlchemy
committed. It is what SQLAlchemy was seen to do, no more: a cursor of the driver, another engine or a commit
inside a stored procedure fires no event. Where in doubt, a statement counts as kept. Nothing is sent and nothing
changed here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sqlalchemy import event

_READS = re.compile(
    r"(select\b(?!.*\binto\b)|pragma|show|explain|describe|desc|values|table|savepoint|release|begin|start|set|commit"
    r"|end|rollback|abort|lock|unlock)\b",
    re.IGNORECASE | re.DOTALL,
)
"""Statements that change nothing of their own; some of them end the transaction."""

_MYSQL_ENDS = re.compile(
    r"(create|alter|drop|rename|truncate|comment|grant|revoke|analyze|optimize|check|repair|flush|reset|cache|lock"
    r"|unlock|install|uninstall|start|begin|commit|xa|call|execute|load\s+index|set\s+password)\b",
    re.IGNORECASE,
)
"""What commits implicitly (MySQL manual, 15.3.3), and `call` and `execute`, which may run any of it."""

_MYSQL_AUTOCOMMIT = re.compile(r"set\b.*\bautocommit`?\s*:?=\s*(?P<value>\w+)", re.IGNORECASE | re.DOTALL)
_ENDS = re.compile(r"(commit|end|prepare\s+transaction)\b", re.IGNORECASE)
_ROLLS_BACK = re.compile(r"(rollback(?!\s+((work|transaction)\s+)?to\b)|abort)\b", re.IGNORECASE)
_SQL_BODY = re.compile(r"\bbegin\s+atomic\b", re.IGNORECASE)
"""The body of a function in standard SQL, whose END ends no transaction."""

_QUOTED = r"""'[^']*' | "[^"]*" | (?P<tag>\$\w*\$) .*? (?P=tag) | --[^\n]* | /\*.*?\*/"""
_MYSQL_QUOTED = r"""
    '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | `[^`]*` | --\s[^\n]* | \#[^\n]* | /\*(?!M?!).*?\*/ | /\*M?!\d*
"""
_FLAGS = re.DOTALL | re.VERBOSE
_NOT_CODE = {False: re.compile(_QUOTED, _FLAGS), True: re.compile(_MYSQL_QUOTED, _FLAGS)}
"""Literals and comments, by whether they are MySQL's. What MySQL executes of a comment, `/*! … */`, is code."""

_OUT_OF_SIGHT = re.compile(rb"\.\s*cursor\s*\(|\.\s*connection\b|\b(raw|dbapi|driver)_connection\b")
_SHOWN = 200
"""Characters of a statement that are kept: enough to find it in the script."""


class Statements:
    """The writing statements of a run of env.py, told apart by whether the database has kept them.

    `kept` holds each with the revision that ran it, as [revision, statement]. `wrote` holds the revisions that
    ran any writing statement, kept or not, or whose script can write where no event tells it.
    """

    def __init__(self, engine: Any) -> None:
        self._revision: str | None = None
        self._pending: list[list[str]] = []
        self._before_commit = 0
        self._each_commits = False
        self.kept: list[list[str]] = []
        self.wrote: set[str] = set()
        self._family = engine.dialect.name
        # It does not begin again after a COMMIT that it was given as text: all that follows commits by itself.
        self._begins_once = engine.dialect.driver == "asyncpg"
        event.listen(engine, "after_cursor_execute", self._after)
        event.listen(engine, "handle_error", self._failed)
        event.listen(engine, "commit", self._committed)
        event.listen(engine, "rollback", self._rolled_back)

    def begin(self, revision: str, script: Path | None = None) -> None:
        """From here on statements are this revision's; `script` is the file it is run from."""
        self._revision = revision
        if script is not None and _out_of_sight(script):
            self.wrote.add(revision)

    def _after(self, conn: Any, _cursor: Any, statement: str, _params: Any, _context: Any, _many: bool) -> None:
        if self._revision is None:
            return
        self._before_commit = len(self.kept)
        parts = self._parts(statement)
        if not all(_READS.match(part) for part in parts):
            self.wrote.add(self._revision)
            self._pending.append([self._revision, _short(statement)])
        if any(map(self._ends, parts)) or self._commits_by_itself(conn):
            self._keep()
        self._follow(parts)

    def _failed(self, context: Any) -> None:
        statement = context.statement
        if statement is None:
            self._commit_failed()
            return
        if self._revision is None:
            return
        self._before_commit = len(self.kept)
        parts = self._parts(statement)
        ends = any(map(self._ends, parts))
        if self._is_mysql() and ends:
            self._keep()  # the implicit commit precedes the statement that failed
        if "concurrently" in statement.lower():
            self._keep_failed(statement, "it may have left an INVALID index")
        elif self._may_have_kept_parts(parts, ends):
            self._keep_failed(statement, "what it committed before stays")

    def _may_have_kept_parts(self, parts: list[str], ends: bool) -> bool:
        """Whether a text that failed can have done something: some of several statements, or a procedure's."""
        if self._is_mysql() and any(re.match(r"(call|execute)\b", part, re.IGNORECASE) for part in parts):
            return True
        several = len(parts) > 1 and not all(_READS.match(part) for part in parts)
        if several and self._revision is not None:
            self.wrote.add(self._revision)
        return several and ends

    def _keep_failed(self, statement: str, what: str) -> None:
        if self._revision is not None:
            self.wrote.add(self._revision)
            self._keep()
            self.kept.append([self._revision, f"{_short(statement)} (failed; {what})"])

    def _committed(self, _conn: Any) -> None:
        """SQLAlchemy tells this before it commits."""
        self._before_commit = len(self.kept)
        self._keep()
        self._each_commits = self._each_commits and self._is_mysql()

    def _keep(self) -> None:
        self.kept += self._pending
        self._pending = []

    def _commit_failed(self) -> None:
        """A commit that was refused kept nothing; on MySQL one that fails has lost its connection: who knows."""
        if not self._is_mysql():
            del self.kept[self._before_commit :]

    def _rolled_back(self, _conn: Any) -> None:
        """SQLAlchemy tells this before it rolls back; should that fail, what was kept before stays kept."""
        self._before_commit = len(self.kept)
        self._pending = []
        self._each_commits = self._each_commits and self._is_mysql()

    def _parts(self, statement: str) -> list[str]:
        """The single statements of a text, without literals and comments."""
        code = _NOT_CODE[self._is_mysql()].sub(" ", statement)
        if _SQL_BODY.search(code):
            return [code.strip()]
        return [part for part in (piece.strip(" \t\r\n(") for piece in code.split(";")) if part]

    def _ends(self, part: str) -> bool:
        """Whether this single statement commits what was done before it. SQLite is asked, not read."""
        if self._is_mysql():
            return bool(_MYSQL_ENDS.match(part)) or _autocommit(part) is True
        return self._family != "sqlite" and bool(_ENDS.match(part))

    def _follow(self, parts: list[str]) -> None:
        """Notice what makes every later statement commit by itself."""
        for part in parts:
            if self._is_mysql() and (switched := _autocommit(part)) is not None:
                self._each_commits = switched
            elif self._begins_once and (_ENDS.match(part) or _ROLLS_BACK.match(part)):
                self._each_commits = True

    def _commits_by_itself(self, conn: Any) -> bool:
        if self._each_commits:
            return True
        if self._is_mysql():
            return in_autocommit(conn)
        driver = getattr(conn.connection, "dbapi_connection", None) or conn.connection
        if self._family == "sqlite":
            return not getattr(driver, "in_transaction", False)
        return bool(getattr(driver, "autocommit", False))

    def _is_mysql(self) -> bool:
        return self._family in ("mysql", "mariadb")


def in_autocommit(connection: Any) -> bool:
    """Whether env.py asked that every statement commits by itself: then no failure undoes a whole revision."""
    dialect = connection.dialect
    created = getattr(dialect, "_on_connect_isolation_level", None) or getattr(dialect, "isolation_level", None)
    return str(connection.get_execution_options().get("isolation_level") or created).upper() == "AUTOCOMMIT"


def _autocommit(part: str) -> bool | None:
    """What a MySQL statement sets autocommit to; None where it does not."""
    found = _MYSQL_AUTOCOMMIT.match(part)
    return None if found is None else found["value"].lower() not in ("0", "off", "false")


def _out_of_sight(script: Path) -> bool:
    """Whether a script may reach the database past the events, by a driver's cursor.

    Further connections that it opens are seen where they are made (`connections.py`).
    """
    return script.suffix != ".py" or _OUT_OF_SIGHT.search(script.read_bytes()) is not None


def _short(statement: str) -> str:
    line = " ".join(statement.split())
    return line if len(line) <= _SHOWN else line[:_SHOWN] + "…"
