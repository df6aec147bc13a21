"""A fleet of tenants on one PostgreSQL and the command that moves it; what is asserted is read past the tool.

Nothing here knows how the tool keeps its targets: heads, tables and the server's own note of each table that was
made are read with psycopg, the journal with sqlite3.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.command import Command, Completed
from tests.projects_builder import AlembicProject
from tests.servers.postgresql import PostgreSQL

PATIENCE = 3600
"""Seconds that a command may take: at full size and on a busy machine it takes minutes."""
VERSION_TABLE = "alembic_version (version_num VARCHAR(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY)"
WAVES = {"canary": 1, "size": "10%", "parallel": 8, "per_server": 8}
_AT_ONCE = 8
_DATABASE_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Seen:
    """One database as the server has it: the rows of its version table, and how often each table was made."""

    heads: tuple[str, ...]
    made: Counter[str]


class Scene:
    """The application, its server, and the tenants by name; every run is one of its single environment, `prod`."""

    def __init__(self, server: PostgreSQL, project: AlembicProject, names: Sequence[str]) -> None:
        self.server = server
        self.project = project
        self.names = list(names)
        self.command = Command(project.root)

    def run(self, *args: str, code: int) -> Completed:
        """The command, which must end with this code."""
        completed = self.command(*args, timeout=PATIENCE)
        said = f"{completed.stdout[:4000]}\n…\n{completed.stderr[-2000:]}"
        assert completed.returncode == code, f"exit {completed.returncode}, not {code}\n{said}"
        return completed

    def json(self, *args: str, code: int) -> dict[str, Any]:
        """The document of a command that ends with this code."""
        found: dict[str, Any] = self.run(*args, "--format", "json", code=code).json
        return found

    @contextmanager
    def running(self, *args: str) -> Iterator[subprocess.Popen[bytes]]:
        """The command in the background, its output in a file: a pipe that nobody reads would stop it."""
        said = self.project.root / "said"
        argv = [sys.executable, "-m", "orchestrator", *args]
        with (
            said.open("wb") as out,
            subprocess.Popen(
                argv,
                cwd=self.project.root,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            ) as process,
        ):
            try:
                yield process
            finally:
                process.kill()

    def wait(self, condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
        """Return when the condition holds; the command must not end before, nor take all patience."""
        until = time.monotonic() + PATIENCE
        while not condition():
            assert process.poll() is None, (self.project.root / "said").read_text()[-4000:]
            assert time.monotonic() < until, "waited in vain"
            time.sleep(0.05)

    # --- databases ---

    def seen(self) -> dict[str, Seen]:
        """Every database, looked at past the tool."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return dict(zip(self.names, pool.map(self._see, self.names), strict=True))

    def _see(self, name: str) -> Seen:
        with self.server.connect(name) as connection:
            heads = connection.execute("SELECT version_num FROM alembic_version").fetchall()
            made = connection.execute("SELECT what FROM watch.made").fetchall()
        return Seen(tuple(head for (head,) in heads), Counter(what.removeprefix("public.") for (what,) in made))

    def obstruct(self, names: Iterable[str], table: str) -> None:
        """Put a view where a revision is to make a table."""
        for name in names:
            self.server.execute(f"CREATE VIEW {table} AS SELECT 1", database=name)

    def clear(self, names: Iterable[str], table: str) -> None:
        """Take the view away."""
        for name in names:
            self.server.execute(f"DROP VIEW {table}", database=name)

    # --- the journal ---

    def newest(self) -> str | None:
        """The newest run; None without a journal."""
        query = "SELECT run FROM orchestrate_events WHERE kind = 'run_started' ORDER BY sequence DESC LIMIT 1"
        return next((run for (run,) in self._recorded(query)), None)

    def events(self, *kinds: str) -> list[tuple[str, str, dict[str, Any]]]:
        """Kind, target and body of the newest run's events of these kinds, in order."""
        marks = ", ".join("?" * len(kinds))
        query = f"""SELECT kind, target, body FROM orchestrate_events WHERE run = ? AND kind IN ({marks})
                    ORDER BY sequence"""
        rows = self._recorded(query, self.newest(), *kinds)
        return [(kind, target, json.loads(body)) for kind, target, body in rows]

    def _recorded(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        path = Path(self.project.root) / ".orchestrator" / "journal.db"
        with suppress(sqlite3.OperationalError), sqlite3.connect(f"file:{path}?mode=ro", uri=True) as journal:
            return journal.execute(query, parameters).fetchall()
        return []


def roomy(databases: int) -> str:
    """Where a server with so many databases may lie: in memory, where there is room for twice of it.

    On a disk mounted with `discard` it would take longer to remove them than to test with them.
    """
    memory = Path("/dev/shm")
    enough = memory.is_dir() and shutil.disk_usage(memory).free > 2 * databases * _DATABASE_BYTES
    return str(memory) if enough else "/tmp"


def results(document: dict[str, Any]) -> dict[str, str]:
    """What became of each tenant, by its name."""
    return {target["tenant"]: target["result"] for target in document["targets"]}
