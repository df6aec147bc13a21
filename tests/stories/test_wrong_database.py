"""An env.py that does not use the URL it is given: stopped before it changes anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from tests.command import Command
from tests.projects_builder import AlembicProject
from tests.stories import databases
from tests.stories.conftest import EVERY_FAMILY
from tests.stories.pipeline import Pipeline, told

AWAIT = """
import pathlib, time
_end = time.monotonic() + 60
while not pathlib.Path({there!r}).exists():
    assert time.monotonic() < _end, "the other target did not come"
    time.sleep(0.02)
"""


@pytest.mark.fault(31)
@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_an_env_py_that_connects_elsewhere_is_stopped(
    family: str,
    make_pipeline: Callable[..., Pipeline],
    new_database: Callable[[str], str],
    happened: Callable[[str], None],
) -> None:
    """Exit 11 says so, and neither the target nor that other database gets as much as a version table."""
    elsewhere = new_database(family)
    pipeline = make_pipeline(family)
    pipeline.project.tables("a1")
    databases.execute(elsewhere, "CREATE TABLE theirs (id INTEGER)")
    env, used = pipeline.project.env_py.read_text(), pipeline.project.root / "used"
    override = f'config.set_main_option("sqlalchemy.url", {elsewhere.replace("%", "%%")!r})\n'
    override += f'open({str(used)!r}, "w").write(config.get_main_option("sqlalchemy.url"))\n'
    pipeline.project.env_py.write_text(
        env.replace("target_metadata = None", f"target_metadata = None\n{override}")
    )

    document = pipeline("rollout", "--yes", "--format", "json").json
    assert used.read_text() == elsewhere != pipeline.urls["staging"]
    happened("env.py itself wrote down the URL of another database, which it then connected with")
    assert (document["exit_code"], document["outcome"]) == (11, "failed")
    assert document["error"]["code"] == "wrong_database"
    assert [target["result"] for target in document["targets"]] == ["failed", "not_started"]
    texts = ("which is not the target's database", "projects.app.inject", "orchestrate doctor")
    told(pipeline("rollout", "--yes"), 11, *texts)
    assert databases.tables(elsewhere) == {"theirs"}
    assert pipeline.tables("staging") == set()


@pytest.mark.parametrize("family", [each for each in EVERY_FAMILY if "sqlite" not in each.values])
def test_an_env_py_that_connects_to_its_neighbour_is_stopped(
    family: str,
    alembic_project: Callable[..., AlembicProject],
    new_database: Callable[[str], str],
    orchestrate: Command,
    tmp_path: Path,
) -> None:
    """Billing that goes to app's database while app's run lock is held there exits 11 and leaves nothing."""
    app, billing = alembic_project("app"), alembic_project("billing")
    app.tables("a1")
    billing.tables("b1")
    urls = {name: new_database(family) for name in ("app", "billing")}
    projects = {name: {"config": f"{name}/alembic.ini"} for name in urls}
    root = AlembicProject(tmp_path, app.root)  # only to write the file at the top
    root.ini.unlink()
    root.environments(
        {"prod": {"databases": {name: {"url": url} for name, url in urls.items()}}}, projects=projects
    )
    _meet(app, billing, urls["app"], tmp_path)

    document = orchestrate("rollout", "--yes", "--format", "json").json
    assert (document["exit_code"], document["outcome"]) == (11, "failed")
    assert {target["target"]: target["result"] for target in document["targets"]} == {
        "prod": "applied",
        "prod/billing": "failed",
    }
    assert databases.heads(urls["app"]) == {"a1"}
    assert databases.tables(urls["app"]) == {"alembic_version", "t_a1"}
    assert databases.tables(urls["billing"]) == set()


def _meet(app: AlembicProject, billing: AlembicProject, url: str, place: Path) -> None:
    """Billing's env.py goes to `url` once app's run lock is held, and app's does not begin before that ended."""
    began, ended = str(place / "app_began"), str(place / "billing_ended")
    text = app.env_py.read_text()
    app.env_py.write_text(
        text.replace(
            "target_metadata = None",
            f"target_metadata = None\nopen({began!r}, 'w').close()\n{AWAIT.format(there=ended)}",
        )
    )
    elsewhere = f'config.set_main_option("sqlalchemy.url", {url.replace("%", "%%")!r})'
    text = billing.env_py.read_text()
    online = "    run_migrations_online()\n"
    assert text.endswith(online)
    text = text.replace(
        "target_metadata = None", f"target_metadata = None\n{elsewhere}\n{AWAIT.format(there=began)}"
    )
    billing.env_py.write_text(
        text.removesuffix(online) + f"    try:\n    {online}    finally:\n        open({ended!r}, 'w').close()\n"
    )


def raw(url: str) -> str:
    """Python that connects with the driver alone, as `connection`."""
    address = make_url(url)
    match address.get_backend_name():
        case "sqlite":
            return f"import sqlite3\nconnection = sqlite3.connect({address.database!r})\n"
        case "postgresql":
            text = address.set(drivername="postgresql").render_as_string(hide_password=False)
            return f"from psycopg import connect\nconnection = connect({text!r})\n"
        case _:
            options = {"host": address.host, "port": address.port, "user": address.username}
            options |= {"password": address.password, "database": address.database}
            return f"import pymysql\nconnection = pymysql.connect(**{options!r})\n"


MAKE = {
    "engine": """
with sa.create_engine({url!r}).begin() as connection:
    connection.execute(sa.text("CREATE TABLE stray (id INTEGER)"))
""",
    "creator": """
{raw}other = connection.__class__
with sa.create_engine({dialect!r}, creator=lambda: connection).begin() as made:
    made.execute(sa.text("CREATE TABLE stray (id INTEGER)"))
""",
    "driver": """
{raw}cursor = connection.cursor()
cursor.execute("CREATE TABLE stray (id INTEGER)")
connection.commit()
""",
}
"""Ways to make a table elsewhere."""


def making(way: str, url: str) -> str:
    """Python that makes a table in the database of that URL."""
    return MAKE[way].format(url=url, raw=raw(url), dialect=url.partition("://")[0] + "://")


def untouched(url: str) -> bool:
    """Whether nothing landed there: no table, and of SQLite no file."""
    return databases.tables(url) == set() and not Path(make_url(url).database or "").exists()


@pytest.mark.parametrize("family", EVERY_FAMILY)
@pytest.mark.parametrize("way", list(MAKE))
def test_a_revision_that_connects_elsewhere_is_stopped(
    family: str, way: str, make_pipeline: Callable[..., Pipeline], new_database: Callable[[str], str]
) -> None:
    """A second connection in a revision is refused before it is used: nothing lands, the revision is named."""
    elsewhere = new_database(family)
    pipeline = make_pipeline(family)
    pipeline.project.tables("a1")
    pipeline.project.revision("a2", "a1", making(way, elsewhere))
    told(pipeline("rollout", "--yes"), 11, "revision a2 failed", "not the target's database")
    assert pipeline.heads("staging") == {"a1"}
    assert pipeline.heads("prod") is None
    assert untouched(elsewhere)


@pytest.mark.parametrize("family", EVERY_FAMILY)
@pytest.mark.parametrize("way", ["engine", "driver"])
def test_what_env_py_does_elsewhere_before_it_configures(
    family: str, way: str, make_pipeline: Callable[..., Pipeline], new_database: Callable[[str], str]
) -> None:
    """What env.py does elsewhere before it configures does not land, though it swallows the refusal."""
    elsewhere = new_database(family)
    pipeline = make_pipeline(family)
    pipeline.project.tables("a1")
    attempt = (
        "import sqlalchemy as sa\ntry:\n" + _indented(making(way, elsewhere)) + "except BaseException: pass\n"
    )
    env = pipeline.project.env_py.read_text()
    pipeline.project.env_py.write_text(attempt + env)
    told(pipeline("rollout", "--yes"), 11, "not the target's database")
    assert untouched(elsewhere)
    assert pipeline.tables("staging") == set()


def _indented(source: str) -> str:
    return "".join(f"    {line}\n" for line in source.strip().splitlines())


RUN = """
from alembic import context
from sqlalchemy import create_engine, text

def run(engine):
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_a_url_that_is_swapped_half_way(
    family: str, make_pipeline: Callable[..., Pipeline], new_database: Callable[[str], str]
) -> None:
    """An env.py that migrates the target and then another database is stopped between the two, and it is told."""
    elsewhere = new_database(family)
    pipeline = make_pipeline(family)
    pipeline.project.tables("a1")
    second = (
        f'run(create_engine(context.config.get_main_option("sqlalchemy.url")))\nrun(create_engine({elsewhere!r}))'
    )
    pipeline.project.env_py.write_text(RUN + second)
    told(pipeline("rollout", "--yes"), 11, "not the target's database")
    assert pipeline.heads("staging") == {"a1"}
    assert pipeline.heads("prod") is None
    assert untouched(elsewhere)


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_other_databases_that_are_meant(
    family: str, make_pipeline: Callable[..., Pipeline], new_database: Callable[[str], str]
) -> None:
    """With other_databases: allow a revision may use another database; the migrated one is still proved."""
    elsewhere = new_database(family)
    pipeline = make_pipeline(family, projects={"app": {"other_databases": "allow"}})
    pipeline.project.revision("a1", None, making("engine", elsewhere).replace("stray", "meant"))
    told(pipeline("rollout", "--yes", "--through", "staging"), 0)
    assert pipeline.heads("staging") == {"a1"}
    assert databases.tables(elsewhere) == {"meant"}
    pipeline.project.env_py.write_text(RUN + f"run(create_engine({elsewhere!r}))")
    told(pipeline("rollout", "--yes"), 11, "not the target's database")
    assert databases.tables(elsewhere) == {"meant"}


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_a_second_connection_to_the_target(family: str, make_pipeline: Callable[..., Pipeline]) -> None:
    """An env.py that configures twice, on two connections that are both open, is in nobody's way."""
    pipeline = make_pipeline(family)
    pipeline.project.tables("a1")
    pipeline.project.env_py.write_text(
        RUN
        + dedent("""
        engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
        with engine.connect() as first, engine.connect() as second:
            for connection in (first, second):
                context.configure(connection=connection)
                with context.begin_transaction():
                    context.run_migrations()
        """)
    )
    told(pipeline("rollout", "--yes"), 0)
    assert pipeline.heads("prod") == {"a1"}


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_a_second_engine_that_wrote(family: str, make_pipeline: Callable[..., Pipeline]) -> None:
    """What a failed revision did over a second connection to the target may stay: the revision is in doubt."""
    pipeline = make_pipeline(family)
    pipeline.project.tables("a1")
    pipeline.project.revision(
        "a2",
        "a1",
        """
        with sa.create_engine(op.get_bind().engine.url).begin() as connection:
            connection.execute(sa.text("INSERT INTO t_a1 VALUES (1)"))
        raise RuntimeError("as planned")
        """,
    )
    told(pipeline("rollout", "--yes"), 7, "as planned", "half-way")
    assert pipeline.rows("staging", "SELECT id FROM t_a1") == [(1,)]


@pytest.mark.mysql
@pytest.mark.parametrize(
    "leave", ['op.execute("USE `{name}`")', 'op.get_bind().connection.cursor().execute("USE `{name}`")']
)
def test_a_revision_that_leaves_for_another_database(
    leave: str, make_pipeline: Callable[..., Pipeline], new_database: Callable[[str], str]
) -> None:
    """A revision that switches MySQL's session to another database is not recorded there, and is told."""
    elsewhere = new_database("mysql")
    pipeline = make_pipeline("mysql")
    pipeline.project.tables("a1")
    pipeline.project.revision("a2", "a1", leave.format(name=make_url(elsewhere).database))
    told(pipeline("rollout", "--yes"), 11, "revision a2 failed", "mysql database")
    assert pipeline.heads("staging") == {"a1"}
    assert databases.tables(elsewhere) == set()


def test_a_database_in_memory_attaches_no_file(sqlite: Pipeline, new_database: Callable[[str], str]) -> None:
    """What is gone with its connection may not lead into a file that stays."""
    elsewhere = Path(make_url(new_database("sqlite")).database or "")
    sqlite.project.revision(
        "a1",
        None,
        f"""
        with sa.create_engine("sqlite://").connect() as connection:
            connection.execute(sa.text("ATTACH '{elsewhere}' AS x"))
            connection.execute(sa.text("CREATE TABLE x.t (id INTEGER)"))
        """,
    )
    told(sqlite("rollout", "--yes"), 11, "not the target's database")
    assert not elsewhere.exists()


@pytest.mark.parametrize("parameter", [False, True])
def test_a_revision_that_attaches_a_file(
    parameter: bool, sqlite: Pipeline, new_database: Callable[[str], str]
) -> None:
    """A revision that attaches another file to SQLite's session is refused, and the file is not made."""
    elsewhere = Path(make_url(new_database("sqlite")).database or "")
    sqlite.project.tables("a1")
    attach = (
        f'op.get_bind().execute(sa.text("ATTACH :f AS x"), {{"f": {str(elsewhere)!r}}})'
        if parameter
        else f"op.execute(\"ATTACH '{elsewhere}' AS x\")"
    )
    leave = f'with op.get_context().autocommit_block():\n    {attach}\n    op.execute("CREATE TABLE x.t (id INT)")'
    sqlite.project.revision("a2", "a1", leave)
    told(sqlite("rollout", "--yes"), 11, "revision a2 failed", "not the target's database")
    assert sqlite.heads("staging") == {"a1"}
    assert not elsewhere.exists()


def test_a_database_in_memory(sqlite: Pipeline) -> None:
    """A SQLite database in memory is nobody's database: an application may use one."""
    sqlite.project.revision(
        "a1",
        None,
        """
        import sqlite3
        sqlite3.connect(":memory:").execute("CREATE TABLE t (id INTEGER)")
        with sa.create_engine("sqlite://").begin() as connection:
            connection.execute(sa.text("CREATE TABLE t (id INTEGER)"))
        """,
    )
    told(sqlite("rollout", "--yes"), 0)


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("env", "written", "fits"),
    [
        ({}, "acme", True),
        ({"version_table_schema": "acme"}, "acme", True),
        ({"version_table_schema": "acme"}, None, False),
        ({}, "public", False),
    ],
)
def test_where_the_version_table_is(
    env: dict[str, Any], written: str | None, fits: bool, make_pipeline: Callable[..., Pipeline]
) -> None:
    """Schemas of the version table are compared by where they lead; a refusal says the key to write."""
    pipeline = make_pipeline("postgresql", "staging")
    pipeline.write({"version_table_schema": written} if written else None)
    pipeline.execute("staging", "CREATE SCHEMA acme")
    pipeline.project.tables("a1")
    pipeline.project.env_py.write_text(
        RUN
        + dedent(f"""
        engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
        with engine.connect() as connection:
            connection.execute(text('SET search_path TO acme'))
            connection.commit()
            connection.dialect.default_schema_name = "acme"
            context.configure(connection=connection, **{env!r})
            with context.begin_transaction():
                context.run_migrations()
        """)
    )
    if fits:
        told(pipeline("rollout", "--yes"), 0)
        assert pipeline.rows("staging", "SELECT version_num FROM acme.alembic_version") == [("a1",)]
    else:
        told(pipeline("rollout", "--yes"), 2, "version_table_schema: acme")
        assert pipeline.tables("staging") == set()


@pytest.mark.postgresql
def test_an_asynchronous_driver_in_a_revision(
    make_pipeline: Callable[..., Pipeline], new_database: Callable[[str], str]
) -> None:
    """A connection that a revision opens by psycopg's asynchronous side is refused before it is made."""
    elsewhere = new_database("postgresql")
    pipeline = make_pipeline("postgresql")
    url = elsewhere.replace("+psycopg", "")
    pipeline.project.revision("a1", None, ASYNCHRONOUS.format(url=url))
    told(pipeline("rollout", "--yes"), 11, "psycopg opens past SQLAlchemy", "op.get_bind()")
    assert databases.tables(elsewhere) == set()


ASYNCHRONOUS = """\
import asyncio, psycopg

async def write():
    async with await psycopg.AsyncConnection.connect({url!r}) as connection:
        await connection.execute("CREATE TABLE lost (id int)")

asyncio.run(write())
"""
