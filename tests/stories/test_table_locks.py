"""The application has a table that a revision needs: who has it is told, and the revision is tried again."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pymysql
import pytest
from sqlalchemy.engine import make_url

from tests.reliability import Happened
from tests.stories.conftest import EVERY_FAMILY
from tests.stories.pipeline import Pipeline, told

SERVERS = EVERY_FAMILY[1:]
WIDER = 'op.execute("ALTER TABLE people ADD COLUMN vip INTEGER")'


@contextmanager
def application(url: str, touches: str = "SELECT * FROM people") -> Iterator[int]:
    """A session `web` of the application in a transaction that has touched people; gives the server's number."""
    address = make_url(url)
    connection: Any
    match address.get_backend_name():
        case "postgresql":
            plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
            connection = psycopg.connect(plain, application_name="web")
            connection.execute(touches)
            session = connection.info.backend_pid
        case "mysql":
            where = {"host": address.host, "port": address.port, "database": address.database}
            connection = pymysql.connect(user=address.username, password=str(address.password), **where)
            connection.cursor().execute(touches)
            session = connection.thread_id()
        case _:
            connection = sqlite3.connect(str(address.database), isolation_level=None)
            connection.execute("BEGIN IMMEDIATE")
            session = 0
    try:
        yield session
    finally:
        connection.rollback()
        connection.close()


@pytest.fixture
def people(make_pipeline: Callable[..., Pipeline]) -> Callable[..., Pipeline]:
    """Makes a pipeline whose prod is about to get a column of the table people, with these timeouts."""

    def make(family: str, upgrade: str = WIDER, **timeouts: object) -> Pipeline:
        made = make_pipeline(family, each={"timeouts": {"table_lock": 1, **timeouts}})
        made.project.revision("a1")
        made.project.revision("a2", "a1", upgrade, message="more of people")
        made.stamp(staging="a2", prod="a1")
        made.execute("prod", "CREATE TABLE people (id INTEGER)")
        return made

    return make


def heard(process: subprocess.Popen[str], event: str) -> dict[str, Any]:
    """The next event of that kind in the run's log lines."""
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        if f'"{event}"' in line:
            return dict(json.loads(line))
        lines.append(line)
    raise AssertionError(f"ended without {event}:\n{''.join(lines)}")


def tried_again(people: Pipeline, family: str) -> str:
    """Promote while the application is in the way, until a retry is told; then let it go. What was seen."""
    with application(people.urls["prod"]) as session:
        process = people.start("promote", "staging", "prod", "--yes", "--log-format", "json")
        waiting = heard(process, "table_lock_waiting") if session else None
        retried = heard(process, "step_retried")
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, output + errors
    assert people.heads("prod") == {"a2"}
    assert (retried["revision"], retried["retry"], retried["of"]) == ("a2", 1, 3)
    for told_of in (waiting, retried) if waiting else ():
        (blocker,) = told_of["blockers"]
        assert (blocker["session"], blocker["certain"]) == (session, family == "postgresql")
    assert waiting is None or f"session {session} (" in waiting["blocked_by"]
    assert waiting is None or family != "postgresql" or "app 'web', role postgres, since" in waiting["blocked_by"]
    told(people("show", retried["run"]), 0, "step retried a2", "step applied a2")
    return f"session {session} had the table while a2 waited for it"


@pytest.mark.parametrize("family", SERVERS)
@pytest.mark.fault(14)
def test_a_revision_that_met_a_lock_is_tried_again(
    people: Callable[..., Pipeline], family: str, happened: Happened
) -> None:
    """Who has the lock is told while the revision waits and when it is retried; once it is free all is applied."""
    happened(tried_again(people(family), family))


@pytest.mark.sqlite
def test_a_busy_file_is_tried_again(people: Callable[..., Pipeline], monkeypatch: pytest.MonkeyPatch) -> None:
    """A revision that found its SQLite database locked is tried again, though nobody can say by whom."""
    monkeypatch.setenv("FRESH_COMMANDS", "1")  # a fork would have SQLite's own memory of this process's lock
    tried_again(people("sqlite"), "sqlite")


@pytest.mark.parametrize("family", SERVERS)
@pytest.mark.fault(14)
def test_a_lock_that_stays_is_named(people: Callable[..., Pipeline], family: str, happened: Happened) -> None:
    """After its last retry the revision has failed, nothing of it is left, and who has the lock is named."""
    shop = people(family, table_lock_retries=1)
    with application(shop.urls["prod"]) as session:
        told(
            shop("promote", "staging", "prod", "--yes"),
            6,
            "revision a2 failed: ",
            f"blocked by {'' if family == 'postgresql' else 'perhaps '}session {session} (",
            "; tried 2 times",
            f"pg_terminate_backend({session})" if family == "postgresql" else f"perhaps KILL {session}",
            f"orchestrate resume {shop.latest_run()}",
        )
        happened(f"session {session} had the table all the time")
    assert shop.heads("prod") == {"a1"}
    told(shop("resume"), 0, "applied 1 of 1 a2")


@pytest.mark.mysql
def test_what_is_half_done_is_not_tried_again(people: Callable[..., Pipeline]) -> None:
    """A revision that met a lock after MariaDB had kept a part of it is in doubt, and is not run a second time."""
    shop = people("mysql", f'op.execute("CREATE TABLE part (id INTEGER)")\n{WIDER}')
    with application(shop.urls["prod"]) as session:
        told(shop("promote", "staging", "prod", "--yes"), 7, f"session {session} (", "table part appeared")
    assert "step_retried" not in shop.recorded()


BOOKS = """
from functools import cache

import sqlalchemy as sa

engine = cache(sa.create_engine)


def note(url):
    with engine(url).begin() as connection:
        connection.execute(sa.text("INSERT INTO log VALUES (1)"))
"""
NOTED = "from books import note\nnote(op.get_bind().engine.url)"


@pytest.mark.parametrize("family", SERVERS)
def test_what_another_connection_committed_is_not_done_again(
    make_pipeline: Callable[..., Pipeline], family: str
) -> None:
    """A revision that met a lock after an imported function committed on its own pool is in doubt, not retried."""
    shop = make_pipeline(family, each={"timeouts": {"table_lock": 1}})
    (shop.project.root / "books.py").write_text(BOOKS)
    shop.project.revision("a1")
    shop.project.revision("a2", "a1", NOTED)
    shop.project.revision("a3", "a2", f"{NOTED}\n{WIDER}")
    shop.stamp(staging="a3", prod="a1")
    shop.execute("prod", "CREATE TABLE people (id INTEGER)", "CREATE TABLE log (id INTEGER)")
    with application(shop.urls["prod"]):
        told(shop("promote", "staging", "prod", "--yes"), 7, "revision a3 stopped half-way")
    assert shop.rows("prod", "SELECT id FROM log") == [(1,), (1,)]
    assert "step_retried" not in shop.recorded()


@pytest.mark.mysql
@pytest.mark.parametrize(("engine", "code", "left"), [("MyISAM", 7, 1), ("InnoDB", 6, 0)])
def test_rows_written_on_mariadb_are_not_written_again(
    people: Callable[..., Pipeline], engine: str, code: int, left: int
) -> None:
    """A revision that wrote and then met a lock is not retried; in doubt where rows outlive a rollback."""
    lines = ("UPDATE counter SET n = n + 1", "UPDATE people SET id = 2")
    shop = people("mysql", "\n".join(f'op.execute("{line}")' for line in lines))
    counter = f"CREATE TABLE counter ENGINE={engine} SELECT 0 AS n"
    shop.execute("prod", counter, "INSERT INTO people VALUES (1)")
    with application(shop.urls["prod"], "SELECT * FROM people FOR UPDATE"):
        told(shop("promote", "staging", "prod", "--yes"), code, "1205")
    assert shop.rows("prod", "SELECT n FROM counter") == [(left,)]
    assert "step_retried" not in shop.recorded()


TWO_ENGINES = """
from alembic import context
from sqlalchemy import create_engine

for run in (context.get_context, context.run_migrations):
    with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            run()
"""


@pytest.mark.mysql
def test_the_second_of_two_engines_is_watched(people: Callable[..., Pipeline]) -> None:
    """What an env.py keeps that configures on one engine and migrates on another is seen, and not done again."""
    shop = people("mysql", f'op.execute("INSERT INTO log VALUES (1)")\n{WIDER}')
    shop.project.env_py.write_text(TWO_ENGINES)
    shop.execute("prod", "CREATE TABLE log (id INTEGER)")
    with application(shop.urls["prod"]):
        told(shop("promote", "staging", "prod", "--yes"), 7, "kept: INSERT INTO log")
    assert shop.rows("prod", "SELECT id FROM log") == [(1,)]


@pytest.mark.sqlite
def test_a_stop_before_the_retry_leaves_the_revision_failed(people: Callable[..., Pipeline]) -> None:
    """What was to be tried again when a stop was asked for has failed, and says why; resume runs it."""
    shop = people("sqlite")
    with application(shop.urls["prod"]):
        process = shop.start("promote", "staging", "prod", "--yes", "--log-format", "json")
        retried = heard(process, "step_retried")
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 6, output + errors
    told(shop("show", retried["run"]), 0, "step retried a2", "step failed a2", "database is locked")
    told(shop("resume"), 0, "applied 1 of 1 a2")


@pytest.mark.postgresql
def test_nothing_is_tried_again_once_the_run_lock_was_lost(people: Callable[..., Pipeline]) -> None:
    """A revision that met a lock has failed where another run may have been there: the run lock was taken anew."""
    shop = people("postgresql", table_lock=3)
    own = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'orchestrate % %'"
    with application(shop.urls["prod"]):
        process = shop.start("promote", "staging", "prod", "--yes", "--log-format", "json")
        heard(process, "table_lock_waiting")
        assert shop.rows("prod", f"{own} AND datname = current_database()") == [(True,)]
        heard(process, "run_lock_lost")
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 6, output + errors
    assert "step_retried" not in shop.recorded()
    told(shop("resume"), 0, "applied 1 of 1 a2")
