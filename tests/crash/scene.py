"""What the crash tests share: an application whose revisions tell what they do, and eyes that are not the tool's.

Everything a test asserts is read here with plain SQL, plain files and /proc, never through the tool. Each revision
prints its database's URL and a password of the application; afterwards neither may stand anywhere.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from orchestrator.core.secrets import Secret
from orchestrator.journal.journal import Journal
from tests import canary
from tests.command import Command, Completed
from tests.projects_builder import AlembicProject

PATIENCE = 60.0
_WATCH = """
CREATE SCHEMA watch;
CREATE TABLE watch.made (what text, at timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION watch.note() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO watch.made (what) SELECT object_identity FROM pg_event_trigger_ddl_commands()
  WHERE command_tag = 'CREATE TABLE';
END $$;
CREATE EVENT TRIGGER watch_note ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION watch.note();
"""
_BODY = """
import os, pathlib, time
place = pathlib.Path({place!r})
print("loud:", op.get_bind().engine.url.render_as_string(hide_password=False), os.environ.get("APP_PASSWORD"))
name = op.get_bind().engine.url.database.rpartition("/")[2]
with (place / "starts").open("a") as starts:
    starts.write(name + " {revision}\\n")
{before}
op.create_table("t_{revision}", sa.Column("id", sa.Integer, primary_key=True), sa.Column("note", sa.String(40)))
{after}
"""
_GATE = """
(place / ("at_{gate}_" + name)).touch()
patience = time.monotonic() + 60
while not (place / "{gate}").exists() and time.monotonic() < patience:
    time.sleep(0.01)
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """One database, seen without the tool. `family` is as in the fixtures."""

    family: str
    url: str

    @property
    def name(self) -> str:
        """The database's own name, as its revisions write it into `starts`."""
        return str(sa.engine.make_url(self.url).database).rpartition("/")[2]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a query on a connection of its own."""
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(statement))]

    def do(self, *statements: str) -> None:
        """Statements that commit at once."""
        engine = sa.create_engine(self.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def watch(self) -> None:
        """On PostgreSQL: let the server itself note every table that is made, within the maker's transaction."""
        self.do(_WATCH)

    def made(self) -> Counter[str]:
        """What the server noted: how often each table was made and committed."""
        return Counter(what.removeprefix("public.") for (what,) in self.rows("SELECT what FROM watch.made"))

    def heads(self) -> set[str]:
        """What stands in the version table; empty without one."""
        if "alembic_version" not in self.tables():
            return set()
        return {head for (head,) in self.rows("SELECT version_num FROM alembic_version")}

    def tables(self) -> dict[str, list[str]]:
        """The columns of each table."""
        inspected = sa.inspect(sa.create_engine(self.url, poolclass=sa.NullPool))
        return {
            table: [column["name"] for column in inspected.get_columns(table)]
            for table in inspected.get_table_names()
        }


class Scene:
    """An application in `root` with a database for each environment, and the command that releases it."""

    def __init__(self, project: AlembicProject, command: Command, databases: Mapping[str, Watched]) -> None:
        self.project = project
        self.root = project.root
        self.command = command
        self.databases = dict(databases)
        self.revisions: list[str] = []
        self.said: dict[str, bytes | str] = {}
        self.project.environments(
            {name: found.url for name, found in self.databases.items()},
            defaults={"variables": {"APP_PASSWORD": canary.PLAIN}},
        )

    def revision(self, revision: str, *, gate: str | None = None, before: str = "", after: str = "") -> None:
        """The next revision: it notes that it starts, makes its table, and waits at the gate if it has one.

        `before` and `after` are Python around the making of the table.
        """
        waiting = _GATE.format(gate=gate) if gate else ""
        body = _BODY.format(place=str(self.root), revision=revision, before=before, after=waiting + after)
        self.project.revision(revision, self.revisions[-1] if self.revisions else None, body)
        self.revisions.append(revision)

    def line(self, *revisions: str) -> None:
        """Several ordinary revisions."""
        for revision in revisions:
            self.revision(revision)

    def open(self, gate: str) -> None:
        """Let the revisions that wait at the gate go on."""
        (self.root / gate).touch()

    def at(self, gate: str, environment: str) -> Callable[[], bool]:
        """Whether the environment's revision waits at the gate."""
        path = self.root / f"at_{gate}_{self.databases[environment].name}"
        return path.exists

    def starts(self) -> Counter[tuple[str, str]]:
        """How often the function of each revision began, by environment and revision, in all attempts."""
        names = {found.name: environment for environment, found in self.databases.items()}
        path = self.root / "starts"
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        return Counter((names[line.split()[0]], line.split()[1]) for line in lines)

    def start(self, *args: str, **options: Any) -> subprocess.Popen[str]:
        """The command in the background; a rollout without arguments."""
        process = self.command.start(*(args or ("rollout", "--yes")), cwd=self.root, **options)
        process.communicate = self._kept(process.communicate)  # type: ignore[method-assign]
        return process

    def run(self, *args: str, **options: Any) -> Completed:
        """The command, to its end; as JSON."""
        completed = self.command(*args, "--format", "json", cwd=self.root, timeout=120, **options)
        self._keep(completed.stdout, completed.stderr)
        return completed

    def resume(self) -> Completed:
        """`orchestrate resume`, as JSON."""
        return self.run("resume")

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.root / ".orchestrator" / "journal.db"

    def events(self, kind: str | None = None) -> list[tuple[str, str | None, str | None, dict[str, Any]]]:
        """What is recorded: kind, target, revision, body, in order."""
        if not self.journal.exists():
            return []
        with sqlite3.connect(self.journal, timeout=20) as connection, suppress(sqlite3.OperationalError):
            rows = connection.execute(
                "SELECT kind, target, revision, body FROM orchestrate_events ORDER BY sequence"
            )
            return [(k, t, r, json.loads(b)) for k, t, r, b in rows if kind in (None, k)]
        return []

    def recorded(self, kind: str, environment: str, revision: str) -> int:
        """How often an event of a step is in the journal."""
        return sum((t, r) == (environment, revision) for _, t, r, _ in self.events(kind))

    def lines(self, word: str) -> list[dict[str, Any]]:
        """The events of that kind in the runs' own logs, where also those are that the journal does not keep."""
        found = []
        for path in (self.root / ".orchestrator" / "logs").glob("*.jsonl"):
            found += [json.loads(line) for line in path.read_text().split("\n")[:-1]]
        return [line for line in found if line["event"] == word]

    def assert_discreet(self) -> None:
        """No password is in what any command said, nor in any file but those that the application came with."""
        own = (self.root / "migrations", self.root / "environments.yaml", self.root / "alembic.ini")
        files = canary.left_behind(
            self.root.parent, lambda path: any(path == mine or mine in path.parents for mine in own)
        )
        canary.assert_unseen(self.said | files)

    def _keep(self, *texts: str | None) -> None:
        self.said |= {f"output {len(self.said) + at}": text for at, text in enumerate(texts) if text}

    def _kept(self, communicate: Callable[..., tuple[str, str]]) -> Callable[..., tuple[str, str]]:
        def heard(*args: Any, **options: Any) -> tuple[str, str]:
            self._keep(*(said := communicate(*args, **options)))
            return said

        return heard

    def verify(self) -> int:
        """How many events the journal has; its chain must be whole."""
        with Journal(Secret(f"sqlite:///{self.journal}")) as journal:
            return journal.verify()[0]

    def assert_complete(self, *, exactly_once: bool = False, again: Collection[tuple[str, str]] = ()) -> None:
        """Every database has every revision, exactly once, and the schema of an undisturbed run.

        `again` are the steps that a person undid and had run a second time, as (environment, revision).
        """
        expected = {f"t_{revision}": ["id", "note"] for revision in self.revisions}
        for environment, database in self.databases.items():
            tables = database.tables()
            assert database.heads() == {self.revisions[-1]}, environment
            assert tables.pop("alembic_version") == ["version_num"]
            assert tables == expected, environment
            if database.family == "postgresql":
                assert database.made() == Counter(["alembic_version", *expected]), environment
            if database.family != "postgresql" or exactly_once:
                starts = self.starts()
                expected_starts = {step: 1 + (step in again) for step in self._steps(environment)}
                assert {step: starts[step] for step in expected_starts} == expected_starts, starts
        self.verify()

    def _steps(self, environment: str) -> list[tuple[str, str]]:
        return [(environment, revision) for revision in self.revisions]


def wait_until(condition: Callable[[], Any], what: str, process: subprocess.Popen[str] | None = None) -> None:
    """Return when the condition holds; an assertion with what was waited for when it does not in time.

    The process is then looked at as anybody on the machine could: no password is in the list of processes.
    """
    end = time.monotonic() + PATIENCE
    while not condition():
        if process is not None and process.poll() is not None and not condition():
            out, err = process.communicate()
            raise AssertionError(f"ended ({process.returncode}) before {what}\n{out}\n{err}")
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.005)
    if process is not None:
        canary.assert_unseen(canary.process_list(process, workers(process)))


def workers(process: subprocess.Popen[str]) -> list[int]:
    """The process ids of the orchestrator's workers, children of whichever of its threads."""
    return [pid for pid in children(process.pid) if not is_warm(pid)]


def warm(process: subprocess.Popen[str]) -> list[int]:
    """The process ids of its warm processes."""
    return [pid for pid in children(process.pid) if is_warm(pid)]


def children(pid: int) -> list[int]:
    """The children of whichever of a process's threads."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(word) for word in path.read_text().split()]
    return found


def is_warm(pid: int) -> bool:
    """Whether this is a warm process that lives: by what it calls itself, and before it does by its arguments."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
        name = Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return False
    if name.startswith("orchestrate-"):
        return name == "orchestrate-wrm\n" and bool(arguments)  # one that has ended has none
    return b"warm" in arguments.split(b"\0")


def worker(process: subprocess.Popen[str]) -> int:
    """The only worker there is."""
    (only,) = workers(process)
    return only


def kill(process: subprocess.Popen[str], *, also: list[int] | None = None) -> None:
    """SIGKILL to the orchestrator and to its workers' own groups, and wait until all of them are gone."""
    pids, warmed = workers(process) if also is None else also, warm(process)
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    kill_groups(pids)
    process.communicate()
    for pid in (*pids, *warmed):
        wait_until(lambda pid=pid: gone(pid), f"worker {pid} to be gone")


def kill_groups(pids: list[int]) -> None:
    """SIGKILL to the group of each worker, which leads its own session."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def gone(pid: int) -> bool:
    """Whether the process has ended; a zombie has, whoever is to reap it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@contextmanager
def held_still(pid: int) -> Iterator[None]:
    """Inside, the process is stopped and does nothing at all."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
