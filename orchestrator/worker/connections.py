"""Every connection that env.py, the application or a revision opens: proved to lead to the target, or refused.

Nothing may land in a database that is not the target, so each connection is judged before anybody gets to use
it: a SQLite file by its path before it is opened, since opening makes it; a server's by the proof right after
connecting. In a trial all that is let in is made read-only as well, and with a marker in place of a database
nothing is opened at all. A refusal is remembered: an env.py that swallows it does not get any further.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.pool import Pool

from . import drivers, network, proof
from .halt import Halt, Tried

_USE = re.compile(
    r"(?:\s|/\*(?:[^*]|\*(?!/))*\*/|(?:--|\#)[^\n]*\n)*use\s+(`(?P<quoted>[^`]+)`|(?P<plain>\S+?))\s*(;|$)",
    re.IGNORECASE,
)
_PLACE = {"host", "hostaddr", "port", "service", "user", "password", "passwd", "passfile", "dsn", "dbname"}
_PLACE |= {"database", "db", "unix_socket"}
"""Of a connection's options those that say where it goes, and as whom."""
_WHERE_TO = ("host", "unix_socket")
"""Of these the names that drivers which hide their socket know: mysql-connector's, mariadb's."""
_ATTACH = getattr(sqlite3, "SQLITE_ATTACH", 24)
_PRAGMA = getattr(sqlite3, "SQLITE_PRAGMA", 19)
_OK, _DENY, _IGNORE = 0, 1, 2
"""What an authorizer answers (sqlite.org/c3ref/c_deny.html)."""


class Connections:
    """Judges the connections of one process, from `watch` to its end.

    `attempts` are the places that were asked for, each with whether it was the target; `halted` is the first
    refusal; `admitted` counts the connections that were let in, and those that a revision took from a pool.
    `dialect` is SQLAlchemy's, of the connection that was asked for last. `in_revision` is set while a revision's
    own code runs.
    """

    def __init__(self, request: dict[str, Any]) -> None:
        self._expected: dict[str, Any] | None = request["guard"]
        self._marker: str | None = request.get("marker")
        self._url: str = request["url"]
        self._redirect: bool = request["inject"]["redirect"]
        self._search_path: str | None = request.get("search_path")
        self._refuses = request["other_databases"] == "refuse"
        self._read_only = request["do"] == "try"
        self._require_tls: bool = request.get("require_tls", False)
        self._network: dict[str, Any] | None = request.get("network")
        self.dialect: Any | None = None
        self.admitted = 0
        self.in_revision = self._asking = False
        self.attempts: list[tuple[bool, str]] = []
        self.halted: Halt | None = None
        self._judged: Any = None
        self._going = threading.local()

    def watch(self) -> None:
        """Judge every connection from here on."""
        for listening in self._events():
            event.listen(*listening)
        drivers.watch(self)

    def leave(self) -> None:
        """Judge no further."""
        for listening in self._events():
            event.remove(*listening)

    def _events(self) -> tuple[tuple[Any, str, Any], ...]:
        return (
            (Engine, "do_connect", self._connecting),
            (Pool, "connect", self._connected),
            (Pool, "checkout", self._taken),
            (Engine, "before_cursor_execute", self._executing),
        )

    def check(self) -> None:
        """Raise what was refused before, should somebody have swallowed it."""
        if self.halted is not None:
            raise self.halted

    def after_revision(self, connection: Any) -> None:
        """Raise what a revision swallowed, or that it left a MySQL session in another database."""
        self.check()
        if proof.FAMILIES.get(connection.dialect.name) == "mysql":
            database = connection.execute(text("SELECT DATABASE()")).scalar()
            if self._expected is not None and database != self._expected["database"]:
                self._refuse(f"mysql database {database!r}")

    def configured_with(self, connection: Any) -> None:
        """Note where the connection leads that env.py configures Alembic with: it was opened before others."""
        fairy = connection.connection
        driver = getattr(fairy, "dbapi_connection", None) or fairy.connection
        self._judge(driver, proof.family_of(driver))

    # --- what SQLAlchemy opens ---

    def _connecting(self, dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
        self.dialect, self._asking = dialect, True
        family = proof.FAMILIES.get(dialect.name, dialect.name)
        if self._redirect and family == proof.FAMILIES[make_url(self._url).get_backend_name()]:
            url = make_url(self._url).set(drivername=f"{dialect.name}+{dialect.driver}")
            place, params = dialect.create_connect_args(url)
            kept = {name: value for name, value in options.items() if name not in _PLACE}
            arguments[:] = place
            options.clear()
            options.update(kept, **params)
        if self._search_path is not None and dialect.driver == "asyncpg":
            self._search(self._search_path, options)
        self.opening(family, arguments, options)

    def _search(self, schema: str, options: dict[str, Any]) -> None:
        """Have asyncpg look names up in the tenant's schema: it does not know libpq's `options`."""
        if options.get("database") == make_url(self._url).database:
            options.pop("options", None)
            name = '"' + schema.replace('"', '""') + '"'
            options["server_settings"] = {**(options.get("server_settings") or {}), "search_path": name}

    def _connected(self, connection: Any, _record: Any) -> None:
        judged, self._judged, self._asking = self._judged, None, False
        family = proof.family_of(connection)
        # SQLAlchemy's is one that a driver has just told of. A session of PostgreSQL stays in its database.
        if connection is not judged or family != "postgresql":
            self._judge(connection, family)

    def _taken(self, connection: Any, _record: Any, _proxy: Any) -> None:
        if self.in_revision and not proof.in_memory(connection, proof.family_of(connection)):
            self.admitted += 1

    def _executing(self, conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        use = _USE.match(statement) if self._refuses and self._expected is not None else None
        if use is not None and proof.FAMILIES.get(conn.dialect.name) == "mysql":
            name = use["quoted"] or use["plain"]
            if name != self._expected.get("database"):  # type: ignore[union-attr]
                self._refuse(f"mysql database {name!r}")

    # --- what a driver opens ---

    def opening_file(self, database: Any) -> None:
        """`sqlite3.connect` is about to open this: refused where it is neither the target nor in memory."""
        path = proof.file_of(database)
        if not path or self._of_the_application("sqlite"):
            return
        if self._marker is not None:
            self._veto(self._marker in path, f"the file {path}")
        reached = self._expected is not None and proof.is_target_file(path, self._expected)
        if not reached and self._refuses:
            self._refuse(f"the file {path}")
        if self._read_only and not Path(path).exists():
            self._veto(reached, f"the file {path}")

    def opening(self, family: str, arguments: Sequence[Any], options: dict[str, Any]) -> None:
        """A connection to a server is about to be made: in a trial with a marker none is."""
        self._going.to = [str(options[name]) for name in _WHERE_TO if options.get(name)]
        if self._marker is not None and family != "sqlite":
            meant = family == proof.FAMILIES.get(make_url(self._url).get_backend_name())
            self._veto(meant and self._marker in repr((arguments, options)), _asked_for(family, options))

    def opened(self, connection: Any, family: str) -> None:
        """A driver has connected."""
        if not self._of_the_application(family):
            self._judge(connection, family)
            self._judged = connection if self._asking else None

    def opening_unasked(self, driver: str) -> None:
        """A driver is about to connect, asynchronously: refused in a revision, where nothing proves the place."""
        if self.in_revision and self._refuses and not self._asking:
            self._refuse(f"a database that {driver} opens past SQLAlchemy")

    def _of_the_application(self, family: str) -> bool:
        """Whether a library opens a file by itself while no revision runs: its cache, and nothing to migrate."""
        return family == "sqlite" and not (self._asking or self.in_revision) and drivers.called_by_a_library()

    # --- judgement ---

    def _judge(self, connection: Any, family: str) -> None:
        """A connection was made: let it in, or close it and raise Halt."""
        if proof.in_memory(connection, family):
            self._authorize(connection)  # it may attach a file, and write there
            return
        reached = self._expected is not None and proof.is_target(connection, family, self._expected)
        if not reached and self._refuses:
            place = proof.where(connection, family)
            with suppress(Exception):
                connection.close()
            self._refuse(place)
        if reached and family != "sqlite":
            self._on_the_way(connection, family)
        self.admitted += 1
        if family == "sqlite":
            self._authorize(connection)
        if self._read_only:
            proof.make_read_only(connection, family)
            self._note(reached, proof.where(connection, family))

    def _on_the_way(self, connection: Any, family: str) -> None:
        """See to the way to the target: not in clear where that is forbidden, and no cut unnoticed."""
        if self._require_tls and network.in_clear(connection, family, getattr(self._going, "to", ())):
            with suppress(Exception):
                connection.close()
            what = "refused a connection to the target without TLS, which it requires; nothing was run"
            halt = Halt("tls", what)
            self.halted = self.halted or halt
            raise halt
        if self._network is not None:
            network.notice_cuts(connection, family, self._network)

    def _authorize(self, connection: Any) -> None:
        """Have SQLite ask before it attaches another file, and in a trial before it changes the journal's mode."""

        def allowed(action: int, first: str | None, second: str | None, *_: Any) -> int:
            if action == _ATTACH and self._refuses and not self._may_attach(first):
                return _DENY
            if action == _PRAGMA and self._read_only and first == "journal_mode" and second:
                return _IGNORE
            return _OK

        if hasattr(connection, "set_authorizer"):  # an asynchronous driver's own is known by now
            connection.set_authorizer(allowed)

    def _may_attach(self, name: str | None) -> bool:
        """Whether SQLite may attach that file; a name that is not written out is not known beforehand."""
        path = "a file" if name is None else proof.file_of(name)
        if not path or (self._expected is not None and proof.is_target_file(path, self._expected)):
            return True
        with suppress(Halt):
            self._refuse(f"the file {path}" if name else path)
        return False

    def _note(self, reached: bool, place: str) -> None:
        if (reached, place) not in self.attempts[-1:]:  # seen by the driver, and then by SQLAlchemy
            self.attempts.append((reached, place))

    def _refuse(self, place: str) -> None:
        self._note(False, place)
        pooler = "" if place.startswith("the file") else " (or a pooler stands in between)"
        what = f"refused a connection to {place}, which is not the target's database{pooler}"
        halt = Halt("wrong_database", what)
        self.halted = self.halted or halt
        raise halt

    def _veto(self, reached: bool, place: str) -> None:
        self._note(reached, place)
        self.halted = self.halted or Tried(place)
        raise self.halted


def _asked_for(family: str, options: dict[str, Any]) -> str:
    database = next((options[name] for name in ("dbname", "database", "db") if options.get(name)), "")
    return f"{family} database {database!r} at {options.get('host') or 'localhost'}"
