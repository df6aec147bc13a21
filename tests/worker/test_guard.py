"""The guard on real connections: only the database whose run lock this run holds lets the worker in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.locks import acquire, work_lock_holder
from orchestrator.worker import guard
from orchestrator.worker.halt import Halt

CONTEXT = SimpleNamespace(version_table="alembic_version", version_table_schema=None)
"""What env.py told Alembic."""


def endpoint(url: str) -> Endpoint:
    """A target at that URL."""
    return Endpoint(Target("dev"), Secret(url), "app")


@contextmanager
def connected(url: str) -> Iterator[sa.Connection]:
    """env.py's own connection."""
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        yield connection


def test_the_right_database_lets_in_and_is_locked(database_url: str) -> None:
    """On the target's own database the worker is admitted and holds the work lock until it disconnects."""
    with acquire(endpoint(database_url), "run") as lock:
        with connected(database_url) as connection:
            guard.admit(connection, expected(lock.guard.request()), CONTEXT)
            assert work_lock_holder(endpoint(database_url)) is not None
            assert admitted_in_another_process(database_url, lock.guard.request()) == "work_locked"
        release_files()
        assert work_lock_holder(endpoint(database_url)) is None


def test_configuring_twice(database_url: str) -> None:
    """An env.py that configures Alembic a second time is admitted again, and its lock is one lock."""
    with acquire(endpoint(database_url), "run") as lock:
        with connected(database_url) as connection:
            guard.admit(connection, expected(lock.guard.request()), CONTEXT)
            guard.admit(connection, expected(lock.guard.request()), CONTEXT)
            assert admitted_in_another_process(database_url, lock.guard.request()) == "work_locked"
        assert len(guard._held_files) <= 1
        release_files()
        assert work_lock_holder(endpoint(database_url)) is None


def test_another_run_in_the_other_database(database_url: str, new_database: Callable[[str], str]) -> None:
    """That somebody holds the run lock of a wrong database does not open the guard there."""
    other = new_database(sa.engine.make_url(database_url).get_backend_name())
    with acquire(endpoint(database_url), "run") as lock, acquire(endpoint(other), "another"):
        with connected(other) as connection, pytest.raises(Halt) as refused:
            guard.admit(connection, expected(lock.guard.request()), CONTEXT)
        assert refused.value.code == "wrong_database"
        assert work_lock_holder(endpoint(other)) is None


def test_another_run_in_the_right_database(database_url: str) -> None:
    """A run whose own lock is gone is not let in by the lock that its successor took."""
    lock = acquire(endpoint(database_url), "run")
    told = expected(lock.guard.request())
    lock.release()
    if told["family"] == "sqlite":
        pytest.skip("a file is known by its device and inode, not by its lock")
    with acquire(endpoint(database_url), "successor"), connected(database_url) as connection:
        with pytest.raises(Halt) as refused:
            guard.admit(connection, told, CONTEXT)
        assert refused.value.code == "wrong_database"


@pytest.mark.mysql
def test_the_right_server_and_another_database(new_database: Callable[[str], str]) -> None:
    """On MySQL, whose locks are the server's, a session that left for another database is refused."""
    url, other = new_database("mysql"), new_database("mysql")
    with acquire(endpoint(url), "run") as lock, connected(url) as connection:
        connection.execute(sa.text(f"USE {sa.engine.make_url(other).database}"))
        with pytest.raises(Halt) as refused:
            guard.admit(connection, expected(lock.guard.request()), CONTEXT)
    assert refused.value.code == "wrong_database"


def test_another_database_of_the_same_server(
    request: pytest.FixtureRequest, database_url: str, new_database: Callable[[str], str]
) -> None:
    """Another database, also of the same server, is refused before anything is changed or locked in it."""
    family = sa.engine.make_url(database_url).get_backend_name()
    other = new_database(family)
    with connected(other) as prepared:
        prepared.execute(sa.text("SELECT 1"))
    here = acquire(endpoint(database_url), "run")
    with here as lock, connected(other) as connection, pytest.raises(Halt) as refused:
        guard.admit(connection, expected(lock.guard.request()), CONTEXT)
    assert refused.value.code == "wrong_database"
    assert work_lock_holder(endpoint(database_url)) is None


def test_a_run_lock_that_nobody_holds(database_url: str) -> None:
    """The right database without the run lock is refused: the lock is the proof, not the name."""
    lock = acquire(endpoint(database_url), "run")
    told = expected(lock.guard.request())
    lock.release()
    if told["family"] == "sqlite":
        pytest.skip("a file is known by its device and inode, not by its lock")
    with connected(database_url) as connection, pytest.raises(Halt) as refused:
        guard.admit(connection, told, CONTEXT)
    assert refused.value.code == "wrong_database"


def test_another_family(new_database: Callable[[str], str]) -> None:
    """A connection to another kind of database is refused."""
    with connected(new_database("sqlite")) as connection, pytest.raises(Halt) as refused:
        guard.admit(connection, {"family": "postgresql"}, CONTEXT)
    assert refused.value.code == "wrong_database"


def test_another_schema(new_database: Callable[[str], str]) -> None:
    """A session whose search path leads to another version table is refused, though the database is right."""
    url = new_database("postgresql")
    with acquire(endpoint(url), "run") as lock, connected(url) as connection:
        connection.execute(sa.text("CREATE SCHEMA other"))
        connection.execute(sa.text("SET search_path TO other"))
        with pytest.raises(Halt) as refused:
            guard.admit(connection, {**expected(lock.guard.request()), "home": "public"}, CONTEXT)
    assert refused.value.code == "version_table"


ADMIT = """
import json, sys
from types import SimpleNamespace
import sqlalchemy as sa
from orchestrator.worker import guard
from orchestrator.worker.halt import Halt
context = SimpleNamespace(version_table="alembic_version", version_table_schema=None)
with sa.create_engine(sys.argv[1]).connect() as connection:
    try:
        guard.admit(connection, json.loads(sys.argv[2]), context)
    except Halt as halt:
        print(halt.code)
"""


def admitted_in_another_process(url: str, request: dict[str, object]) -> str:
    """What a second worker is told: the Halt's code, nothing where it is admitted."""
    command = [sys.executable, "-c", ADMIT, url, json.dumps(expected(request))]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def release_files() -> None:
    """A file's lock lasts as long as the worker's process, which here is the test's."""
    for descriptor in guard._held_files.values():
        os.close(descriptor)
    guard._held_files.clear()


def expected(request: dict[str, object]) -> dict[str, object]:
    """What the parent tells beside the guard."""
    parent = {"home": None, "version_table": "alembic_version", "version_table_schema": None}
    return {**request, **parent, "run": "r1", "who": "a person"}
