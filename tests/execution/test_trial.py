"""Trials of env.py on real databases: they tell how the target is reached, and they change nothing."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from orchestrator.core.injection import Injection
from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.core.trial import Attempt, Trial
from orchestrator.databases import catalog
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.locks import acquire, proof
from orchestrator.execution import trial
from orchestrator.execution.trial import try_env
from orchestrator.project.configuration import AlembicProject, OtherDatabases, Transactions
from tests.projects_builder import AlembicProject as Built
from tests.stories import databases

CONNECT = """
with engine_of(context.config).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
HEAD = """
import os
import sqlalchemy as sa
from alembic import context

def engine_of(config):
    return sa.engine_from_config(config.get_section(config.config_ini_section), "sqlalchemy.")
"""


@pytest.fixture
def built(alembic_project: Callable[..., Built]) -> Built:
    """A project with one revision."""
    made = alembic_project("app")
    made.tables("a1")
    return made


def project(built: Built, **options: Any) -> AlembicProject:
    """The project as environments.yaml would describe it, run by our own Python."""
    fields = {"name": "app", "config": built.ini, "section": "alembic", "python": sys.executable}
    return AlembicProject(
        **{**fields, "working_directory": built.root, "transactions": Transactions.PER_REVISION, **options}
    )


def endpoint(url: str, **options: Any) -> Endpoint:
    """A target at that URL."""
    return Endpoint(Target("dev"), Secret(url), "app", **options)


def guarded(target: Endpoint, tried: AlembicProject) -> Trial:
    """A trial on the target itself."""
    with proof(target) as guard:
        return try_env(tried, target, guard)


def seen(url: str) -> object:
    """All that could change: a SQLite file's bytes and neighbours, else the schema's objects."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return dict(catalog.catalog(endpoint(url)))
    file = Path(address.database or "")
    return [(path.name, path.read_bytes()) for path in sorted(file.parent.glob(f"{file.name}*"))]


def prepared(url: str) -> str:
    """The database with a table in it."""
    databases.execute(url, "CREATE TABLE theirs (id INTEGER)")
    return url


def test_the_target_is_reached_and_left_as_it_was(built: Built, database_url: str) -> None:
    """The plain env.py reaches its target, tells where its version table would be, and nothing is made."""
    before = seen(prepared(database_url))
    told = guarded(endpoint(database_url), project(built))
    assert (told.reached, told.configured, told.failure) == (True, True, None)
    home = {"sqlite": "main", "postgresql": "public", "mysql": make_url(database_url).database}
    family = make_url(database_url).get_backend_name()
    assert (told.version_table, told.version_table_schema, told.place) == ("alembic_version", None, home[family])
    assert (told.in_transaction, told.transactional_ddl) == (False, family == "postgresql")
    assert set(told.ran_on) == {"python", "alembic", "sqlalchemy", "driver", "driver_version"}
    assert seen(database_url) == before


def test_no_run_is_turned_away(built: Built, database_url: str) -> None:
    """A trial takes no run lock: it goes on beside a run, and is let in by its own proof."""
    target = endpoint(database_url)
    with acquire(target, "a run"):
        assert guarded(target, project(built)).reached


@pytest.mark.parametrize("swallowing", [True, False])
def test_an_env_py_that_makes_tables_before_it_configures(
    built: Built, database_url: str, swallowing: bool
) -> None:
    """DDL that env.py runs before it configures is refused by the server and lands nowhere; that is told."""
    before = seen(prepared(database_url))
    ddl = "connection.execute(sa.text('CREATE TABLE stray (id INTEGER)')); connection.commit()"
    attempt = f"try:\n        {ddl}\n    except Exception:\n        connection.rollback()" if swallowing else ddl
    built.env_py.write_text(
        HEAD + CONNECT.replace("    context.configure", f"    {attempt}\n    context.configure", 1)
    )
    told = guarded(endpoint(database_url), project(built))
    assert told.reached
    assert told.configured is swallowing
    assert (told.failure.code if told.failure else None) == (None if swallowing else "writes")
    assert seen(database_url) == before


def test_writing_past_sqlalchemy(built: Built, new_database: Callable[[str], str]) -> None:
    """Neither the sqlite3 module nor a change of the journal's mode gets anything into the file."""
    url = prepared(new_database("sqlite"))
    before = seen(url)
    path = make_url(url).database
    built.env_py.write_text(
        HEAD
        + dedent(f"""
        import sqlite3
        @sa.event.listens_for(sa.Engine, "connect")
        def quick(connection, record):
            connection.execute("PRAGMA journal_mode=WAL")
        try:
            sqlite3.connect({path!r}).execute("CREATE TABLE stray (id INTEGER)")
        except sqlite3.OperationalError:
            pass
        """)
        + CONNECT
    )
    told = guarded(endpoint(url), project(built))
    assert (told.reached, told.configured) == (True, True)
    assert seen(url) == before


def test_a_file_that_is_not_there(built: Built, new_database: Callable[[str], str]) -> None:
    """A SQLite target that does not exist yet is reached by asking for it, and not made."""
    url = new_database("sqlite")
    told = guarded(endpoint(url), project(built))
    assert (told.reached, told.configured, told.failure) == (True, False, None)
    assert seen(url) == []


@pytest.mark.parametrize("with_guard", [True, False], ids=["guard", "marker"])
def test_an_env_py_that_goes_elsewhere(
    built: Built, database_url: str, new_database: Callable[[str], str], with_guard: bool
) -> None:
    """Where env.py goes is told, whether it swallows the refusal or not, and nothing lands there."""
    elsewhere = new_database(make_url(database_url).get_backend_name())
    target = endpoint(prepared(database_url))
    stubborn = f"try:\n    sa.create_engine({elsewhere!r}).connect()\nexcept BaseException:\n    pass\n"
    built.env_py.write_text(HEAD + stubborn)
    held: AbstractContextManager[Any] = proof(target) if with_guard else nullcontext()
    with held as guard:
        told = try_env(project(built), target, guard)
    assert not told.reached
    assert (make_url(elsewhere).database or "") in told.connections[-1].where
    if with_guard:
        assert told.failure is not None
        assert told.failure.code == "wrong_database"
    assert databases.tables(elsewhere) == set()
    assert seen(elsewhere) == ([] if elsewhere.startswith("sqlite") else {})


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://app:hunter2@127.0.0.1:9/shop",
        "postgresql+psycopg://app:hunter2@127.0.0.1:9/shop?sslmode=require",
        "mysql+pymysql://app:hunter2@127.0.0.1:9/shop",
    ],
)
def test_a_marker_connects_to_nothing(built: Built, url: str) -> None:
    """Without a guard no server is asked: the place that env.py asked for is told, and never a password."""
    told = try_env(project(built), endpoint(url), None)
    assert (told.reached, told.configured, told.failure) == (True, False, None)
    assert "127.0.0.1" in told.connections[0].where
    assert "hunter2" not in repr(told)


def test_a_marker_in_a_variable(built: Built, new_database: Callable[[str], str]) -> None:
    """A variable of the environment that repeats the URL carries the marker too; one that differs does not."""
    built.env_py.write_text(HEAD + 'sa.create_engine(os.environ["SHOP_DB"]).connect()')
    url = prepared(new_database("sqlite"))
    mine = endpoint(url, variables=(("SHOP_DB", Secret(url)),))
    assert try_env(project(built), mine, None).reached
    theirs = replace(mine, variables=(("SHOP_DB", Secret("sqlite:////nowhere/else.db")),))
    assert try_env(project(built), theirs, None).connections == (Attempt(False, "the file /nowhere/else.db"),)


def test_an_injection_is_tried(built: Built, new_database: Callable[[str], str]) -> None:
    """What inject says is what a trial hands to env.py, a redirect as well."""
    built.env_py.write_text(
        HEAD + 'sa.create_engine(os.environ.get("SHOP_DB", "sqlite:////nowhere/at.db")).connect()'
    )
    target = endpoint(prepared(new_database("sqlite")))
    assert not try_env(project(built), target, None).reached
    for injection in (Injection(variables=(("SHOP_DB", "{url}"),)), Injection(redirect=True)):
        tried = project(built, inject=injection)
        assert try_env(tried, target, None).reached
        assert guarded(target, tried).reached


def test_the_names_that_are_asked_for(built: Built, new_database: Callable[[str], str]) -> None:
    """Every name that env.py asks for is told, however it asks, and nothing that Python asks for itself."""
    built.env_py.write_text(
        HEAD
        + dedent("""
        from os import environ
        import tempfile
        tempfile.gettempdir()
        environ.get("ONE"), os.getenv("TWO"), "THREE" in os.environ, os.path.expandvars("$PATH")
        context.get_x_argument(as_dictionary=True).get("tenant")
        config = context.config
        config.get_main_option("shop.url"), config.get_section_option("loggers", "host", "x")
        config.attributes.get("connection"), "settings" in config.attributes
        """)
        + CONNECT
    )
    read = guarded(endpoint(prepared(new_database("sqlite"))), project(built)).read
    assert read.variables == ("ONE", "TWO", "THREE", "PATH")
    assert read.x_arguments == ("tenant",)
    assert read.options == ("shop.url", "loggers/host", "sqlalchemy.url")
    assert read.attributes == ("connection", "settings")


def test_the_variables_of_settings(built: Built, new_database: Callable[[str], str]) -> None:
    """A settings class of pydantic, which reads the whole environment at once, tells the names of its fields."""
    built.env_py.write_text(
        HEAD
        + dedent("""
        from pydantic import BaseModel, Field
        from pydantic_settings import BaseSettings, SettingsConfigDict

        class Database(BaseModel):
            host: str = "localhost"

        class Settings(BaseSettings):
            model_config = SettingsConfigDict(env_prefix="shop_", env_nested_delimiter="__")
            database_url: str = "sqlite:////nowhere/at.db"
            aliased: str = Field("", validation_alias="DSN")
            db: Database = Database()

        sa.create_engine(Settings().database_url).connect()
        """)
    )
    told = try_env(project(built), endpoint(prepared(new_database("sqlite"))), None)
    assert {"SHOP_DATABASE_URL", "DSN", "SHOP_DB__HOST"} <= set(told.read.variables)


@pytest.mark.parametrize(
    ("source", "code", "where"),
    [
        ("print('hello from env')\nraise ValueError('broken')", "env_failed", "migrations/env.py:3"),
        ("print('hello from env')", "not_run", None),
        ("print('hello from env', flush=True)\nos._exit(3)", "died", None),
        ("print('hello from env')\nimport sys; sys.exit(2)", "env_failed", None),
    ],
)
def test_an_env_py_that_fails(
    built: Built, new_database: Callable[[str], str], source: str, code: str, where: str | None
) -> None:
    """An env.py that fails, ends or does nothing is a failure with its word; what it printed is kept."""
    built.env_py.write_text(f"import os\n{source}\n".replace("import os\n", "import os; ", 1))
    told = guarded(endpoint(prepared(new_database("sqlite"))), project(built))
    assert told.failure is not None
    assert told.failure.code == code
    assert where is None or told.failure.where == where.replace(":3", ":2")
    assert told.output == ("hello from env",)
    assert not told.reached


def test_an_env_py_that_hangs(
    built: Built, new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that does not come to configure Alembic in time is ended, and that is told."""
    monkeypatch.setattr(trial, "_SECONDS", 3.0)
    built.env_py.write_text("import time\ntime.sleep(120)")
    told = guarded(endpoint(prepared(new_database("sqlite"))), project(built))
    assert told.failure is not None
    assert told.failure.code == "timeout"


def test_databases_that_are_meant(built: Built, new_database: Callable[[str], str]) -> None:
    """Where other databases are allowed a trial still writes in none, and judges the one that is migrated."""
    url, other = prepared(new_database("sqlite")), prepared(new_database("sqlite"))
    before = seen(other)
    first = f"other = sa.create_engine({other!r}).connect()\n"
    write = "try:\n    other.execute(sa.text('CREATE TABLE stray (id INTEGER)'))\nexcept Exception:\n    pass\n"
    built.env_py.write_text(HEAD + first + write + CONNECT)
    allowing = project(built, other_databases=OtherDatabases.ALLOW)
    told = guarded(endpoint(url), allowing)
    assert [attempt.reached for attempt in told.connections] == [False, True]
    built.env_py.write_text(
        HEAD
        + "engine_of(context.config).connect()\n"
        + first
        + CONNECT.replace("engine_of(context.config)", f"sa.create_engine({other!r})")
    )
    assert not guarded(endpoint(url), allowing).reached
    assert seen(other) == before


@pytest.mark.parametrize("driver", ["sqlite+aiosqlite", "postgresql+asyncpg", "postgresql+psycopg"])
def test_an_asynchronous_env_py(built: Built, new_database: Callable[[str], str], driver: str) -> None:
    """An asynchronous env.py reaches its target in the same way, and changes as little."""
    url = prepared(new_database(driver.partition("+")[0]))
    before = seen(url)
    source = """
    import asyncio
    from sqlalchemy.ext.asyncio import create_async_engine

    def migrate(connection):
        try:
            connection.execute(sa.text("CREATE TABLE stray (id INTEGER)"))
            connection.commit()
        except sa.exc.DBAPIError:
            connection.rollback()
        context.configure(connection=connection)

    async def online():
        engine = create_async_engine(context.config.get_main_option("sqlalchemy.url"))
        async with engine.connect() as connection:
            await connection.run_sync(migrate)

    asyncio.run(online())
    """
    built.env_py.write_text(HEAD + dedent(source))
    target = endpoint(f"{driver}://{url.partition('://')[2]}")
    told = guarded(target, project(built))
    assert (told.failure, told.configured, told.reached) == (None, True, True)
    assert try_env(project(built), target, None).reached
    assert seen(url) == before


def test_what_it_needs_to_say_of_a_python_without_alembic(built: Built, tmp_path: Path) -> None:
    """A Python that has no Alembic is a failure by that name."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    python.chmod(0o755)
    told = try_env(project(built, python=str(python)), endpoint(f"sqlite:///{tmp_path}/x.db"), None)
    assert told.failure is not None
    assert told.failure.code == "no_alembic"


def test_sqlite_is_what_it_claims(new_database: Callable[[str], str]) -> None:
    """What these tests compare would show a change: one row more makes other bytes."""
    url = prepared(new_database("sqlite"))
    before = seen(url)
    with sqlite3.connect(make_url(url).database or "") as connection:
        connection.execute("INSERT INTO theirs VALUES (1)")
    assert seen(url) != before
