"""A database that may be read and not changed: it can be looked at, and nothing is begun in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pymysql
import pytest
from sqlalchemy.exc import DBAPIError

from tests.command import Command, Completed
from tests.databases.builders import run, versioned
from tests.projects_builder import AlembicProject
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL
from tests.servers.process import Server

_PASSWORD = "reader-of-books"
_SERVERS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgresql", "mysql")]
Happened = Callable[[str], None]


@pytest.fixture
def project(alembic_project: Callable[..., AlembicProject]) -> AlembicProject:
    """A project of two revisions."""
    made = alembic_project("app")
    made.tables("a1", "b2")
    return made


def refused(command: Command, project: AlembicProject) -> Completed:
    """A run that must be refused as not permitted, before anything is recorded."""
    status = command("status", "--format", "json", cwd=project.root)
    assert status.returncode == 0, str(status)
    assert {row["state"] for row in status.json["targets"]} == {"behind"}, str(status)
    done = command("rollout", "--yes", "--format", "json", cwd=project.root)
    assert (done.returncode, done.json["outcome"], done.json["run_id"]) == (9, "refused", None), str(done)
    assert not (project.root / ".orchestrator" / "journal.db").exists()
    return done


@pytest.mark.fault(43)
@pytest.mark.parametrize("family", _SERVERS)
def test_a_role_that_only_reads(
    family: str, request: pytest.FixtureRequest, project: AlembicProject, orchestrate: Command, happened: Happened
) -> None:
    """It can see the status; a run is refused for all targets at once, with the GRANTs that are all it takes."""
    server: Server = request.getfixturevalue(f"{family}_server")
    server.create_role("reader", _PASSWORD)
    urls = {}
    for environment in ("dev", "prod"):
        name, url = server.new_database()
        versioned(url, "a1")
        run(url, *_only_reading(family, name))
        urls[environment] = server.url(name, "reader", _PASSWORD)
    with pytest.raises(DBAPIError):
        run(urls["prod"], "INSERT INTO alembic_version VALUES ('b2')")
    happened("the server itself refuses the role an INSERT into the version table")
    project.environments(urls)
    problems = refused(orchestrate, project).json["error"]["problems"]
    assert {problem["where"] for problem in problems} == {"dev", "prod"}
    assert all("may not" in problem["message"] and "GRANT" in problem["mend"] for problem in problems)
    for problem in problems:
        run(_as_superuser(server, urls[problem["where"]]), problem["mend"])
    assert orchestrate("rollout", "--yes", cwd=project.root).returncode == 0


def _only_reading(family: str, name: str) -> tuple[str, ...]:
    if family == "mysql":
        return (f"GRANT SELECT ON `{name}`.* TO 'reader'@'%'",)
    return ("REVOKE CREATE ON SCHEMA public FROM PUBLIC", "GRANT SELECT ON alembic_version TO reader")


def _as_superuser(server: Server, url: str) -> str:
    return server.url(url.rpartition("/")[2])


@pytest.mark.sqlite
@pytest.mark.fault(43)
@pytest.mark.skipif(os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root may write everything")
def test_a_file_that_may_only_be_read(project: AlembicProject, happened: Happened) -> None:
    """A SQLite file, and its directory, that this user may not write: status shows it, and a run is refused."""
    folder = project.root / "locked"
    folder.mkdir()
    url = f"sqlite:///{folder}/prod.db"
    versioned(url, "a1")
    (folder / "prod.db").chmod(0o444)
    folder.chmod(0o555)
    drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"] if os.geteuid() == 0 else []
    tried = subprocess.run([*drop, "touch", str(folder / "new")], capture_output=True, check=False)
    assert tried.returncode
    happened("the system refuses this user a new file in the directory")
    project.environments({"prod": url})

    class Unprivileged(Command):
        def __call__(self, *args: object, **_: object) -> Completed:
            command = [*drop, sys.executable, "-m", "orchestrator", *map(str, args)]
            done = subprocess.run(
                command, cwd=project.root, capture_output=True, text=True, timeout=60, check=False
            )
            return Completed(tuple(map(str, args)), done.returncode, done.stdout, done.stderr)

    problems = refused(Unprivileged(project.root), project).json["error"]["problems"]
    assert [problem["message"] for problem in problems] == [
        f"this user may not write {place}" for place in (folder / "prod.db", folder)
    ]


@pytest.mark.fault(50)
def test_a_standby(
    postgresql_server: PostgreSQL, project: AlembicProject, orchestrate: Command, happened: Happened
) -> None:
    """A PostgreSQL in recovery, as a replica is, can be looked at; a run is refused and the primary asked for."""
    name, url = postgresql_server.new_database()
    versioned(url, "a1")
    project.environments({"prod": url})
    with _standby(postgresql_server):
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            postgresql_server.execute("CREATE TABLE t ()", database=name)
        happened("the server is in recovery: it refuses CREATE TABLE")
        error = refused(orchestrate, project).json["error"]
    assert "standby" in error["message"]
    assert "the URL of the primary" in error["mend"]


@contextmanager
def _standby(server: PostgreSQL) -> Iterator[None]:
    signal_file = server.directory / "cluster" / "standby.signal"
    server.stop()
    signal_file.touch()
    try:
        server.start()
        yield
    finally:
        server.stop()
        signal_file.unlink()
        server.start()


@pytest.mark.fault(50)
def test_sessions_that_only_read(
    postgresql_server: PostgreSQL, project: AlembicProject, orchestrate: Command, happened: Happened
) -> None:
    """Where sessions begin read-only and env.py leaves its own so, it stops before any intent with what makes them
    writable; an env.py that makes its own writable is let in."""
    postgresql_server.create_role("limited", _PASSWORD)
    name, url = postgresql_server.new_database()
    versioned(url, "a1")
    run(url, "GRANT ALL ON SCHEMA public TO limited", "GRANT ALL ON alembic_version TO limited")
    run(url, "ALTER ROLE limited SET default_transaction_read_only = on")
    limited = postgresql_server.url(name, "limited", _PASSWORD)
    with pytest.raises(DBAPIError, match="read-only transaction"):
        run(limited, "CREATE TABLE t ()")
    happened("the server refuses the role CREATE TABLE in a read-only transaction")
    project.environments({"prod": limited})
    stopped = orchestrate("rollout", "--yes", "--format", "json", cwd=project.root)
    (row,) = stopped.json["targets"]
    assert (stopped.returncode, row["result"], row["error"]["code"]) == (9, "failed", "read_only"), str(stopped)
    assert postgresql_server.execute("SELECT * FROM alembic_version", database=name) == [("a1",)]
    env_py = project.env_py.read_text()
    writable = 'connect_args={"options": "-c default_transaction_read_only=off"}, poolclass=pool.NullPool'
    project.env_py.write_text(env_py.replace("poolclass=pool.NullPool", writable))
    assert orchestrate("rollout", "--yes", cwd=project.root).returncode == 0
    mend, _, _ = row["error"]["mend"].partition(" (")
    run(url, mend)
    run(limited, "CREATE TABLE t ()")


@pytest.mark.parametrize("family", _SERVERS)
def test_a_role_that_may_do_no_more_than_it_takes(
    family: str, request: pytest.FixtureRequest, project: AlembicProject, orchestrate: Command
) -> None:
    """A line of revisions takes neither DROP nor DELETE, and how a server quotes its GRANTs changes nothing."""
    server: Server = request.getfixturevalue(f"{family}_server")
    server.create_role("careful", _PASSWORD)
    name, url = server.new_database()
    if family == "postgresql":
        versioned(url, "a1")
        run(url, "REVOKE CREATE ON SCHEMA public FROM PUBLIC", "GRANT CREATE ON SCHEMA public TO careful")
        run(url, "GRANT SELECT, INSERT, UPDATE ON alembic_version TO careful")
    else:
        run(url, f"GRANT CREATE, ALTER, INDEX, SELECT, INSERT, UPDATE ON `{name}`.* TO 'careful'@'%'")
        run(url, "SET GLOBAL sql_mode = 'ANSI_QUOTES'")
    project.environments({"prod": server.url(name, "careful", _PASSWORD)})
    try:
        done = orchestrate("rollout", "--yes", cwd=project.root)
        assert done.returncode == 0, str(done)
    finally:
        if family == "mysql":
            run(url, "SET GLOBAL sql_mode = DEFAULT")


@pytest.mark.fault(50)
def test_a_server_that_is_set_read_only(
    mysql_server: MariaDB, project: AlembicProject, orchestrate: Command, happened: Happened
) -> None:
    """A MariaDB that is read-only, as replicas are, can be looked at; a run is refused."""
    mysql_server.create_role("writer", _PASSWORD)
    name, url = mysql_server.new_database()
    versioned(url, "a1")
    run(url, f"GRANT ALL ON `{name}`.* TO 'writer'@'%'", "SET GLOBAL read_only = 1")
    writer = mysql_server.url(name, "writer", _PASSWORD)
    try:
        with pytest.raises(DBAPIError) as failed:
            run(writer, "CREATE TABLE t (id INTEGER)")
        assert isinstance(failed.value.orig, pymysql.err.OperationalError)
        happened("the server refuses CREATE TABLE because of --read-only")
        project.environments({"prod": writer})
        assert "set read-only" in refused(orchestrate, project).json["error"]["message"]
    finally:
        run(url, "SET GLOBAL read_only = 0")
