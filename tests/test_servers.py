"""The ground that the other tests stand on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from tests.projects_builder import AlembicProject
from tests.servers.process import Server


@pytest.fixture(params=[pytest.param(f, marks=getattr(pytest.mark, f)) for f in ("postgresql", "mysql")])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(f"{request.param}_server")
    return found


def test_a_new_database_is_empty(database_url: str) -> None:
    """A new database holds no table, and one of SQLite is no file yet."""
    if database_url.startswith("sqlite"):
        assert not Path(make_url(database_url).database or "").exists()
    engine = create_engine(database_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_a_wrong_password_is_refused(server: Server) -> None:
    """Over TCP neither a role nor the superuser gets in with a wrong password."""
    name, _ = server.new_database()
    server.create_role("reader", "right")
    for user in ("reader", server.superuser):
        with pytest.raises(OperationalError, match="password"):
            create_engine(server.url(name, user, "wrong")).connect()


def test_an_unprivileged_role_reads_only(server: Server) -> None:
    """A role with a password full of a URL's own characters gets in, and may create nothing."""
    name, _ = server.new_database()
    server.create_role("reader", "p%40:/ss'word@?")
    if server.superuser == "root":
        server.execute(f"GRANT SELECT ON `{name}`.* TO 'reader'@'%'")
    engine = create_engine(server.url(name, "reader", "p%40:/ss'word@?"))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
        with pytest.raises(SQLAlchemyError, match="denied"):
            connection.execute(text("CREATE TABLE t (id integer)"))
    engine.dispose()


def test_committed_rows_outlive_a_crash_of_the_server(server: Server) -> None:
    """An immediate restart cuts connections and keeps what was committed, on the same port."""
    _, url = server.new_database()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (id integer)"))
        connection.execute(text("INSERT INTO t VALUES (7)"))
    with engine.connect() as connection:
        server.restart(immediate=True)
        with pytest.raises(OperationalError):
            connection.execute(text("SELECT 1"))
    engine.dispose()
    with create_engine(url).connect() as connection:
        assert connection.scalar(text("SELECT id FROM t")) == 7


def test_a_stopped_server_refuses(server: Server) -> None:
    """A stopped server answers nobody; the next test finds it running again."""
    _, url = server.new_database()
    server.stop()
    with pytest.raises(OperationalError):
        create_engine(url).connect()


def test_nothing_outlives_a_killed_test_process(server: Server, tmp_path: Path) -> None:
    """A test process killed outright leaves neither a server nor its directory behind."""
    script = f"""
        import sys, time
        from {type(server).__module__} import {type(server).__name__} as Server
        server = Server()
        server.start()
        print(server.pid, server.directory, flush=True)
        time.sleep(60)
    """
    root = Path(__file__).parent.parent
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=root, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    pid, directory = process.stdout.readline().split()
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and (Path(directory).exists() or _alive(int(pid))):
        time.sleep(0.05)
    assert not Path(directory).exists()
    assert not _alive(int(pid))


def test_the_builder_makes_a_project_that_alembic_runs(
    alembic_project: Callable[..., AlembicProject], database_url: str
) -> None:
    """A built project is one that Alembic itself upgrades, on every family."""
    project = alembic_project("app")
    project.tables("a1", "b2")
    project.revision("c3", "b2", "op.execute('DROP TABLE t_b2')", message="Drop what b2 made")
    project.alembic("upgrade", "head", url=database_url)
    engine = create_engine(database_url)
    assert set(inspect(engine).get_table_names()) == {"alembic_version", "t_a1"}
    engine.dispose()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGCONT)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError, PermissionError):
        return False
    return state != "Z"
