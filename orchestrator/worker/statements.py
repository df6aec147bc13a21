"""Watches the statements of one revision, to tell afterwards what a failure may have left behind.

Where DDL is not transactional, or a script commits by itself, a failed revision may be half applied. What is
told here comes from three things: which statements ran, which of them commit by themselves, and when SQLAlchemy
committed. It is what SQLAlchemy was seen to do, no more: a cursor of the driver, another engine or a commit
inside a stored procedure fires no event. Where in doubt, a statement counts as kept. Nothing is sent and nothing
changed here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import event

from .executed import Executed
from .sql import autocommit, changes_rows, ends, ends_at_all, parts_of, reads, runs_others, shown

_OUT_OF_SIGHT = re.compile(rb"\.\s*cursor\s*\(|\.\s*connection\b|\b(raw|dbapi|driver)_connection\b")
_TOLD = 200
"""Statements of one revision that are told one by one: each costs as much as a commit."""

Tell = Callable[[str, str, "list[list[Any]]"], None]
"""Hears of a revision's statements: `started`, `done` or `failed`, and each as [number, statement]."""


class _Statement:
    """One writing statement, numbered within its revision; `told` where it was told of."""

    __slots__ = ("number", "revision", "text", "told")

    def __init__(self, revision: str, number: int, text: str) -> None:
        self.revision = revision
        self.number = number
        self.text = text
        self.told = False


def _unheard(_revision: str, _progress: str, _statements: list[list[Any]]) -> None:
    """Nobody is told."""


class Statements:
    """The writing statements of a run of env.py, told apart by whether the database has kept them.

    `kept` holds each with the revision that ran it, as [revision, statement]. `wrote` holds the revisions that
    ran any writing statement, kept or not, or whose script can write where no event tells it; `elsewhere` those
    of them that used a connection beside the migrations'. `tell` hears of statements that the database keeps
    before their revision has ended: that they start, and what became of them. `executed` is where all that the
    revision in hand executes is noted, where somebody wants to know.
    """

    def __init__(self, engine: Any, tell: Tell = _unheard) -> None:
        self._tell = tell
        self._revision: str | None = None
        self._running = False
        self._count = 0
        self._in_hand: _Statement | None = None
        self._pending: list[_Statement] = []
        self._committing: list[_Statement] = []
        self._kept: list[_Statement] = []
        self._before_commit = 0
        self._each_commits = False
        self.wrote: set[str] = set()
        self.elsewhere: set[str] = set()
        self.executed: Executed | None = None
        self._family = engine.dialect.name
        self._begins_once = False
        self._watched: list[Any] = []
        self.watch(engine)

    def watch(self, engine: Any) -> None:
        """See this engine's statements too, once; one with options is seen with the engine that it is made of."""
        while (made_of := getattr(engine, "_proxied", None)) is not None:
            engine = made_of
        if any(engine is watched for watched in self._watched):
            return
        self._watched.append(engine)
        # It does not begin again after a COMMIT that it was given as text: all that follows commits by itself.
        self._begins_once = self._begins_once or engine.dialect.driver == "asyncpg"
        for name, heard in self._events():
            event.listen(engine, name, heard)

    def leave(self) -> None:
        """See no more of them: an engine that is still heard keeps its connections open when env.py is over."""
        for engine in self._watched:
            for name, heard in self._events():
                event.remove(engine, name, heard)
        self._watched.clear()

    def _events(self) -> Iterator[tuple[str, Any]]:
        yield "before_cursor_execute", self._before
        yield "after_cursor_execute", self._after
        yield "handle_error", self._failed
        yield "commit", self._committed
        yield "rollback", self._rolled_back

    @property
    def kept(self) -> list[list[str]]:
        """Those that the database has kept, each as [revision, statement]."""
        return [[statement.revision, statement.text] for statement in self._kept]

    def begin(self, revision: str, script: Path | None = None) -> None:
        """From here on statements are this revision's; `script` is the file it is run from."""
        self._revision = revision
        self._running, self._count, self._committing = True, 0, []
        if script is not None and _out_of_sight(script):
            self.wrote.add(revision)

    def left_sight(self) -> None:
        """The revision in hand used another connection, and what it does there commits unseen."""
        self.wrote.add(str(self._revision))
        self.elsewhere.add(str(self._revision))

    def over(self) -> None:
        """The revision did all its work: what is committed now has its row in the version table beside it."""
        self._told_committed()
        self._running = False

    def _before(self, conn: Any, _cursor: Any, statement: str, _params: Any, _context: Any, _many: bool) -> None:
        self._told_committed()
        self._in_hand = None
        if self._revision is None or not self._running:
            return
        parts = self._parts(statement)
        if not all(map(reads, parts)):
            self._in_hand = self._seen(statement)
        if any(map(self._ends, parts)) or self._will_commit(conn, parts):
            self._say("started", [*self._pending, *([self._in_hand] if self._in_hand else [])])

    def _after(self, conn: Any, _cursor: Any, statement: str, _params: Any, _context: Any, _many: bool) -> None:
        if self._revision is None:
            return
        self._before_commit = len(self._kept)
        parts = self._parts(statement)
        if self.executed is not None:
            self.executed.saw(statement, parts)
        writes = not all(map(reads, parts))
        if writes:
            self.wrote.add(self._revision)
            self._pending.append(self._in_hand or self._seen(statement))
        if any(map(self._ends, parts)) or self._commits_by_itself(conn):
            self._say("done", self._keep())
        self._follow(parts)
        if writes:
            sys.audit("orchestrate.in_revision")

    def _failed(self, context: Any) -> None:
        statement = context.statement
        if statement is None:
            self._commit_failed()
            return
        if self._revision is None:
            return
        self._before_commit = len(self._kept)
        parts = self._parts(statement)
        commits = any(map(self._ends, parts))
        if self._is_mysql() and commits:
            self._say("done", self._keep())  # the implicit commit precedes the statement that failed
        if self._in_hand is not None:
            self._say("failed", [self._in_hand] if self._in_hand.told else [])
        if "concurrently" in statement.lower():
            self._keep_failed(statement, "it may have left an INVALID index")
        elif self._may_have_kept_parts(parts, commits):
            self._keep_failed(statement, "what it committed before stays")

    def _may_have_kept_parts(self, parts: list[str], commits: bool) -> bool:
        """Whether a text that failed can have done something: some of several statements, or a procedure's."""
        if self._is_mysql() and any(map(runs_others, parts)):
            return True
        several = len(parts) > 1 and not all(map(reads, parts))
        if several and self._revision is not None:
            self.wrote.add(self._revision)
        return several and commits

    def _keep_failed(self, statement: str, what: str) -> None:
        if self._revision is not None:
            self.wrote.add(self._revision)
            self._say("done", self._keep())
            text = f"{shown(statement, self._is_mysql())} (failed; {what})"
            self._kept.append(_Statement(self._revision, self._count, text))

    def _committed(self, _conn: Any) -> None:
        """SQLAlchemy tells this before it commits."""
        self._before_commit = len(self._kept)
        self._say("started", self._pending)
        self._committing = self._keep()
        self._each_commits = self._each_commits and self._is_mysql()
        if self._revision is not None:
            sys.audit("orchestrate.before_commit")

    def _keep(self) -> list[_Statement]:
        kept, self._pending = self._pending, []
        self._kept += kept
        return kept

    def _commit_failed(self) -> None:
        """A commit that was refused kept nothing; on MySQL one that fails has lost its connection: who knows."""
        self._committing = []
        if not self._is_mysql():
            del self._kept[self._before_commit :]

    def _rolled_back(self, _conn: Any) -> None:
        """SQLAlchemy tells this before it rolls back; should that fail, what was kept before stays kept."""
        self._told_committed()
        self._before_commit = len(self._kept)
        self._pending = []
        self._each_commits = self._each_commits and self._is_mysql()

    # --- telling ---

    def _seen(self, statement: str) -> _Statement:
        self._count += 1
        return _Statement(str(self._revision), self._count, shown(statement, self._is_mysql()))

    def _told_committed(self) -> None:
        """What a commit kept is known to be kept once anything follows it."""
        committed, self._committing = self._committing, []
        self._say("done", committed)

    def _say(self, progress: str, statements: list[_Statement]) -> None:
        """Tell of statements, while their revision runs; of one that runs very many the first alone."""
        if not self._running:
            return
        for revision in dict.fromkeys(statement.revision for statement in statements):
            told = [s for s in statements if s.revision == revision and s.number <= _TOLD]
            for statement in told:
                statement.told = True
            if told:
                self._tell(revision, progress, [[s.number, s.text] for s in told])

    # --- what commits ---

    def _parts(self, statement: str) -> list[str]:
        return parts_of(statement, self._is_mysql())

    def _ends(self, part: str) -> bool:
        """Whether this single statement commits what was done before it. SQLite is asked, not read."""
        return self._family != "sqlite" and ends(part, self._is_mysql())

    def _follow(self, parts: list[str]) -> None:
        """Notice what makes every later statement commit by itself."""
        for part in parts:
            if self._is_mysql() and (switched := autocommit(part)) is not None:
                self._each_commits = switched
            elif self._begins_once and ends_at_all(part):
                self._each_commits = True

    def _will_commit(self, conn: Any, parts: list[str]) -> bool:
        """Whether a statement that is about to run will be kept as soon as it has."""
        if self._family != "sqlite" or getattr(_driver(conn), "isolation_level", None) is None:
            return self._commits_by_itself(conn)
        return self._commits_by_itself(conn) and not all(map(changes_rows, parts))

    def _commits_by_itself(self, conn: Any) -> bool:
        if self._each_commits:
            return True
        if self._is_mysql():
            return in_autocommit(conn)
        if self._family == "sqlite":
            return not getattr(_driver(conn), "in_transaction", False)
        return bool(getattr(_driver(conn), "autocommit", False))

    def _is_mysql(self) -> bool:
        return self._family in ("mysql", "mariadb")


def _driver(conn: Any) -> Any:
    """The driver's own connection, as far as SQLAlchemy shows it."""
    return getattr(conn.connection, "dbapi_connection", None) or conn.connection


def in_autocommit(connection: Any) -> bool:
    """Whether env.py asked that every statement commits by itself: then no failure undoes a whole revision."""
    dialect = connection.dialect
    created = getattr(dialect, "_on_connect_isolation_level", None) or getattr(dialect, "isolation_level", None)
    return str(connection.get_execution_options().get("isolation_level") or created).upper() == "AUTOCOMMIT"


def _out_of_sight(script: Path) -> bool:
    """Whether a script may reach the database past the events, by a driver's cursor.

    Further connections that it opens are seen where they are made (`connections.py`).
    """
    return script.suffix != ".py" or _OUT_OF_SIGHT.search(script.read_bytes()) is not None
