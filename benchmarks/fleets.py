"""Makes many targets fast, one revision short of the newest, and takes that revision back again.

Targets are `databases` of one PostgreSQL, `schemas` of one database of it, or `sqlite` files. Each is at the last
but one revision by the row in its version table; the tables of the earlier revisions are not made.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.projects_builder import AlembicProject, make_template
from tests.servers.postgresql import PostgreSQL

KINDS = ("databases", "schemas", "sqlite")
SERVER = "PostgreSQL on the same machine over TCP with a password, fsync on, autovacuum off, shared_buffers 256MB"
_DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
_ROOM = {
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "max_connections": "300",
    "max_locks_per_transaction": "256",
}
_AT_ONCE = 8
_STAMPED = """\
CREATE TABLE {place}alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc
PRIMARY KEY (version_num))"""


class Durable(PostgreSQL):
    """The tests' PostgreSQL, with room for many, and with the disk waited for once `durable` is set."""

    durable = False

    def _command(self) -> Sequence[str]:
        settings = {**_ROOM, **(_DURABLE if self.durable else {})}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [*super()._command(), *options]

    def settle(self) -> None:
        """All that was made is on the disk, and from now on each commit waits for it."""
        self.stop()
        os.sync()
        self.durable = True
        self.start()


class Fleet:
    """An ordinary Alembic project in `root`, and many targets of one kind, one revision short of the newest."""

    def __init__(self, root: Path, kind: str, targets: int, revisions: int) -> None:
        self.kind = kind
        self.server = Durable() if kind != "sqlite" else None
        self.names = [f"t{number:05}" for number in range(1, targets + 1)]
        self.project = AlembicProject(root / "app", make_template(root / "template"))
        self.root = self.project.root
        ids = [f"{number:012x}" for number in range(1, revisions + 1)]
        self.project.tables(*ids)
        self.before, self.head = ids[-2], ids[-1]
        self.files = root / "tenants"

    @property
    def pid(self) -> int | None:
        """The server's first process, where there is one."""
        return self.server.pid if self.server else None

    @property
    def title(self) -> str:
        """What the targets are, for a heading."""
        words = {"databases": "PostgreSQL databases", "schemas": "schemas of one PostgreSQL database"}
        return f"{len(self.names):,} {words.get(self.kind, 'SQLite files')}"

    def make(self) -> None:
        """Make the server and the targets."""
        if self.server is None:
            self._files()
            return
        self.server.start()
        self.server.create_database("fleet")
        if self.kind == "schemas":
            self._schemas(self.server)
        else:
            self._databases(self.server)
        self.server.settle()

    def _files(self) -> None:
        self.files.mkdir()
        template = self.files.with_name("template.db")
        with closing(sqlite3.connect(template)) as connection:
            connection.execute(_STAMPED.format(place=""))
            connection.execute("INSERT INTO alembic_version VALUES (?)", (self.before,))
            connection.commit()
        self.rewind(self.names)

    def _databases(self, server: PostgreSQL) -> None:
        with server.connect("fleet") as connection:
            connection.execute(_STAMPED.format(place="").encode())
            connection.execute("INSERT INTO alembic_version VALUES (%s)", (self.before,))
        with server.connect() as connection:
            for name in self.names:
                connection.execute(f"CREATE DATABASE {name} TEMPLATE fleet STRATEGY FILE_COPY".encode())

        def touch(name: str) -> None:  # the first session of a database writes its relation cache
            server.connect(name).close()

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(touch, self.names))

    def _schemas(self, server: PostgreSQL) -> None:
        with server.connect("fleet") as connection:
            for name in self.names:
                place = f"{name}."
                row = f"INSERT INTO {place}alembic_version VALUES ('{self.before}')"
                connection.execute(f"CREATE SCHEMA {name}; {_STAMPED.format(place=place)}; {row}".encode())

    def url(self, name: str) -> str:
        """The target's URL, as an unmodified env.py takes it."""
        match self.kind:
            case "sqlite":
                return f"sqlite:///{self.files}/{name}.db"
            case "databases":
                return self._served().url(name)
            case _:
                return f"{self._served().url('fleet')}?options=-csearch_path%3D{name}"

    def _served(self) -> PostgreSQL:
        assert self.server is not None
        return self.server

    # --- what the commands read ---

    def write(self, parallel: int, *, tenants: bool = True, names: Sequence[str] | None = None) -> None:
        """environments.yaml: all targets, or these, as one environment; so many of them changed at once."""
        found = list(self.names if names is None else names)
        prod = (
            self._tenants(found) if tenants else {"databases": {name: {"url": self.url(name)} for name in found}}
        )
        if tenants:
            prod["waves"] = {"parallel": parallel, "per_server": parallel}
        self.project.environments({"prod": prod})

    def _tenants(self, names: list[str]) -> dict[str, Any]:
        if self.kind == "schemas":
            return {"url": self._served().url("fleet"), "tenants": {"schemas": names}}
        if self.kind == "databases":
            return {"url": self._served().url("fleet"), "tenants": {"databases": names}}
        return {"url": f"sqlite:///{self.files}/{{tenant}}.db", "tenants": {"databases": names}}

    def work(self, names: Sequence[str]) -> Path:
        """A file for the alternatives: an alembic.ini for each of these targets, their URLs, the same DDL."""
        folder = self.root / "ini"
        folder.mkdir(exist_ok=True)
        original = self.project.ini.read_text().replace("%(here)s/", "%(here)s/../")
        for name in names:
            line = f"sqlalchemy.url = {self.url(name).replace('%', '%%')}"
            written = re.sub(r"^sqlalchemy\.url = .*$", lambda _, line=line: line, original, flags=re.M)
            (folder / f"{name}.ini").write_text(written)
        path = self.root / f"work-{len(names)}.json"
        urls = [self.url(name).replace("+psycopg", "") for name in names]
        inis = [str(folder / f"{name}.ini") for name in names]
        path.write_text(json.dumps({"urls": urls, "inis": inis, "statements": self._statements()}))
        (self.root / f"list-{len(names)}.txt").write_text("".join(f"{ini}\n" for ini in inis))
        return path

    def listed(self, count: int) -> Path:
        """The file that names these alembic.ini, one a line; `work` writes it."""
        return self.root / f"list-{count}.txt"

    def _statements(self) -> list[str]:
        """What the newest revision does, as Alembic itself would write it down."""
        said = self.project.alembic("upgrade", f"{self.before}:{self.head}", "--sql", url=self.url(self.names[0]))
        statements = [" ".join(part.split()) for part in re.sub(r"--.*", "", said).split(";")]
        return [statement for statement in statements if statement and statement not in ("BEGIN", "COMMIT")]

    # --- back to where a run begins ---

    def rewind(self, names: Sequence[str]) -> None:
        """Take the newest revision back from these targets; each must have it, whoever applied it."""
        if self.server is None:
            self._rewind_files(names)
            return
        if self.kind == "schemas":
            self._rewind_schemas(self.server, names)
        else:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                list(pool.map(self._rewind_database, names))
        self.server.execute("CHECKPOINT")

    def _rewind_files(self, names: Sequence[str]) -> None:
        template = self.files.with_name("template.db")
        for name in names:
            path = self.files / f"{name}.db"
            if path.exists():
                with closing(sqlite3.connect(path)) as connection:
                    assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [
                        (self.head,)
                    ]
                    connection.execute(f"SELECT id FROM t_{self.head}")
            shutil.copyfile(template, path)

    def _rewind_database(self, name: str) -> None:
        with self._served().connect(name) as connection:
            connection.execute("SET synchronous_commit = off")
            self._undo(connection, "")

    def _rewind_schemas(self, server: PostgreSQL, names: Sequence[str]) -> None:
        with server.connect("fleet") as connection:
            connection.execute("SET synchronous_commit = off")
            for name in names:
                self._undo(connection, f"{name}.")

    def _undo(self, connection: Any, place: str) -> None:
        connection.execute(f"DROP TABLE {place}t_{self.head}".encode())
        version = f"UPDATE {place}alembic_version SET version_num = %s WHERE version_num = %s"
        assert connection.execute(version.encode(), (self.before, self.head)).rowcount == 1, place


_made: dict[tuple[str, int, int], Fleet] = {}


def fleet(kind: str, targets: int, revisions: int) -> Fleet:
    """A fleet in a temporary directory, the same one for each comparison that asks for it."""
    key = kind, targets, revisions
    if key not in _made:
        _made[key] = Fleet(Path(tempfile.mkdtemp(prefix="orchestrate-fleet-")), *key)
        _made[key].make()
    return _made[key]


@contextmanager
def removed() -> Iterator[None]:
    """In the end nothing of any fleet is left behind. A disk mounted with `discard` takes minutes for it."""
    try:
        yield
    finally:
        for made in _made.values():
            if made.server:
                made.server.remove()
            shutil.rmtree(made.root.parent, ignore_errors=True)
