"""doctor: what stands in the way is found out and said with its mend, and nothing is changed by asking."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from sqlalchemy.engine import make_url

from tests.command import Command
from tests.projects_builder import AlembicProject
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL
from tests.stories import databases
from tests.stories.pipeline import Pipeline, told

PASSWORD = "open-sesame/42"
NOTICE = "env.py is run, with sessions that only read, and stopped before any migration"


def env_of(connectable: str, before: str = "", configured: str = "") -> str:
    """An env.py that connects to this engine, after `before`, and passes `configured` to Alembic."""
    return dedent(
        """\
        import os
        from alembic import context
        from sqlalchemy import create_engine, text
        {before}
        with {connectable}.connect() as connection:
            context.configure(connection=connection{configured})
            with context.begin_transaction():
                context.run_migrations()
        """
    ).format(connectable=connectable, before=before, configured=configured)


GIVEN = 'create_engine(context.config.get_main_option("sqlalchemy.url"))'
VARIABLE = 'create_engine(os.environ.get("SHOP_DATABASE_URL", "sqlite:///own.db"))'
PARTS = "create_engine('postgresql+psycopg://' + '{}:{}@{}:{}/{}'.format(*(os.environ[name] for name in NAMES)))"
NAMES = 'NAMES = ["DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT", "DB_NAME"]'


def document(pipeline: Pipeline, *args: str, code: int = 0) -> Any:
    """doctor's JSON document, its exit code checked."""
    completed = pipeline("doctor", *args, "--format", "json")
    assert completed.returncode == code, str(completed)
    return completed.json


def heavy(target: Any) -> list[tuple[str, str]]:
    """The topics of a target's problems and warnings."""
    return [(f["level"], f["topic"]) for f in target["findings"] if f["level"] in ("problem", "warning")]


def pasted(pipeline: Pipeline, suggestion: str) -> None:
    """Add the suggested lines to environments.yaml, as a person would."""
    path = pipeline.project.root / "environments.yaml"
    path.write_text(path.read_text() + suggestion)


def as_role(url: str, role: str) -> str:
    return make_url(url).set(username=role, password=PASSWORD).render_as_string(hide_password=False)


def test_a_project_where_nothing_stands_in_the_way(pipeline: Pipeline) -> None:
    """Each target is ok in a line, env.py is said to be run, and nothing is made: no file, table or journal."""
    pipeline.project.tables("a1")
    files = pipeline.files()
    completed = pipeline("doctor", "--exit-code")
    said = told(completed, 0, "staging", "sqlalchemy.url ok", "1 revision, head a1", "nothing stands in the way")
    assert NOTICE in completed.stderr
    assert "Alembic 1." in said
    assert pipeline.files() == files
    assert pipeline.tables("staging") == pipeline.tables("prod") == set()


def test_the_program_s_document(sqlite: Pipeline) -> None:
    """Each target has its findings with topic, level, message and mend; where all is well nothing is suggested."""
    sqlite.project.tables("a1")
    found = document(sqlite, "prod")
    assert (found["command"], found["success"], found["suggestion"], found["error"]) == (
        "doctor",
        True,
        None,
        None,
    )
    (prod,) = found["targets"]
    assert (prod["target"], prod["injection"]) == ("prod", "sqlalchemy.url")
    assert all(finding.keys() == {"topic", "level", "message", "mend"} for finding in prod["findings"])
    assert {f["topic"] for f in prod["findings"]} >= {"config", "scripts", "interpreter", "injection", "server"}
    assert {f["topic"]: f["level"] for f in prod["findings"]}["transactional_ddl"] == "note"


@pytest.mark.parametrize("family", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_an_env_py_that_ignores_the_url_and_the_lines_that_mend_it(
    family: str, make_pipeline: Callable[..., Pipeline]
) -> None:
    """The variable that it reads is named; with the suggested lines doctor finds nothing, and rollout works."""
    pipeline = make_pipeline(family)
    pipeline.project.tables("a1")
    pipeline.project.env_py.write_text(env_of(VARIABLE))
    found = document(pipeline, "--exit-code", code=2)
    assert [target["injection"] for target in found["targets"]] == ["variable SHOP_DATABASE_URL"] * 2
    assert yaml.safe_load(found["suggestion"]) == {
        "projects": {"app": {"inject": {"variables": {"SHOP_DATABASE_URL": "{url}"}}}}
    }
    told(
        pipeline("doctor"),
        0,
        "add to environments.yaml:",
        'SHOP_DATABASE_URL: "{url}"',
        "not reached by sqlalchemy",
    )
    pasted(pipeline, found["suggestion"])
    assert document(pipeline, "--exit-code")["suggestion"] is None
    pipeline("rollout", "--yes", check=True)
    assert pipeline.heads("prod") == {"a1"}
    assert not (pipeline.project.root / "own.db").exists()


def test_an_env_py_that_puts_its_url_together(
    postgresql_server: PostgreSQL, make_pipeline: Callable[..., Pipeline]
) -> None:
    """Host, port, user, password and name are suggested together, and no password is shown."""
    pipeline = make_pipeline("postgresql")
    pipeline.project.tables("a1")
    pipeline.project.env_py.write_text(env_of(PARTS, before=NAMES))
    found = document(pipeline)
    assert postgresql_server.password not in str(found)
    pasted(pipeline, found["suggestion"])
    assert [heavy(target) for target in document(pipeline, "--exit-code")["targets"]] == [[], []]


def test_an_engine_of_its_own_is_redirected(sqlite: Pipeline) -> None:
    """Where nothing that env.py asks for is its URL, its connections are led to the target."""
    sqlite.project.tables("a1")
    sqlite.project.env_py.write_text(env_of('create_engine("sqlite:///own.db")'))
    found = document(sqlite)
    assert yaml.safe_load(found["suggestion"]) == {"projects": {"app": {"inject": {"redirect": True}}}}
    pasted(sqlite, found["suggestion"])
    sqlite("rollout", "--yes", check=True)
    assert sqlite.heads("prod") == {"a1"}
    assert not (sqlite.project.root / "own.db").exists()


def test_another_version_table(make_pipeline: Callable[..., Pipeline], postgresql_server: PostgreSQL) -> None:
    """The table that env.py keeps its revisions in is suggested, and with it doctor finds nothing."""
    pipeline = make_pipeline("postgresql")
    pipeline.project.env_py.write_text(env_of(GIVEN, configured=', version_table="shop_version"'))
    for url in pipeline.urls.values():
        databases.execute(url, "CREATE TABLE theirs (id INTEGER)")
    found = document(pipeline, "--exit-code", code=2)
    assert ("problem", "version_table") in heavy(found["targets"][0])
    assert yaml.safe_load(found["suggestion"]) == {"defaults": {"version_table": "shop_version"}}
    pasted(pipeline, found["suggestion"])
    assert document(pipeline)["suggestion"] is None


def test_an_env_py_that_cannot_be_reached_at_all(sqlite: Pipeline) -> None:
    """What stopped it is said with its place and a mend that fits, and all else is looked at as well."""
    sqlite.project.tables("a1")
    sqlite.project.env_py.write_text(env_of(GIVEN, before='os.environ["SECRET_KEY"]'))
    said = told(sqlite("doctor", "--exit-code"), 2, "not reached", "KeyError: 'SECRET_KEY' (migrations/env.py:4)")
    assert "→ give it one: variables: {SECRET_KEY: …}" in said
    assert "1 revision, head a1" in said


@pytest.mark.parametrize(
    "family", [pytest.param(f, marks=getattr(pytest.mark, f)) for f in ("postgresql", "mysql", "sqlite")]
)
def test_an_env_py_that_writes_when_it_is_only_asked(family: str, make_pipeline: Callable[..., Pipeline]) -> None:
    """It is stopped by its own read-only session, which is a warning, and the database stays as it was."""
    pipeline = make_pipeline(family, "prod")
    before = f"with {GIVEN}.begin() as own: own.execute(text('CREATE TABLE audit (id INTEGER)'))"
    pipeline.project.env_py.write_text(env_of(GIVEN, before=before))
    databases.execute(pipeline.urls["prod"], "CREATE TABLE theirs (id INTEGER)", "DROP TABLE theirs")
    (prod,) = document(pipeline, "--exit-code")["targets"]
    assert ("warning", "injection") in heavy(prod)
    assert pipeline.tables("prod") == set()


def test_one_dead_database_is_a_row(make_pipeline: Callable[..., Pipeline], postgresql_server: PostgreSQL) -> None:
    """Its server is its problem, exit 9 when asked; the others are healthy, the way to env.py is still told."""
    pipeline = make_pipeline("postgresql")
    gone = make_url(pipeline.urls["prod"]).set(port=1).render_as_string(hide_password=False)
    pipeline.environ["PROD_DATABASE_URL"] = gone
    staging, prod = document(pipeline, "--exit-code", code=9)["targets"]
    assert (heavy(staging), heavy(prod)) == ([], [("problem", "server")])
    assert prod["injection"] == "sqlalchemy.url"
    told(pipeline("doctor"), 0, "no server listens there", "→ start the server")


def test_a_role_that_may_not_and_one_that_only_reads(
    make_pipeline: Callable[..., Pipeline], postgresql_server: PostgreSQL
) -> None:
    """Missing rights are a problem, exit 9 when asked; sessions that only read a warning; both with a mend."""
    pipeline = make_pipeline("postgresql")
    for role in ("reader", "sleeper"):
        postgresql_server.create_role(role, PASSWORD)
    pipeline.execute("staging", "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    pipeline.execute("prod", "GRANT ALL ON SCHEMA public TO sleeper")
    pipeline.execute("prod", "ALTER ROLE sleeper SET default_transaction_read_only = on")
    pipeline.environ["STAGING_DATABASE_URL"] = as_role(pipeline.urls["staging"], "reader")
    pipeline.environ["PROD_DATABASE_URL"] = as_role(pipeline.urls["prod"], "sleeper")
    staging, prod = document(pipeline, "--exit-code", code=9)["targets"]
    assert (heavy(staging), heavy(prod)) == ([("problem", "privileges")], [("warning", "read_only")])
    said = told(
        pipeline("doctor"), 0, 'GRANT CREATE ON SCHEMA "public" TO "reader"', "sessions of sleeper are read-only"
    )
    assert PASSWORD not in said


def test_a_user_that_lacks_rights_on_mariadb(
    make_pipeline: Callable[..., Pipeline], mysql_server: MariaDB
) -> None:
    """The GRANT that is shown is all that is missing."""
    pipeline = make_pipeline("mysql", "prod")
    database = make_url(pipeline.urls["prod"]).database
    mysql_server.create_role("reader", PASSWORD)
    pipeline.execute("prod", f"GRANT SELECT ON `{database}`.* TO 'reader'@'%'")
    pipeline.environ["PROD_DATABASE_URL"] = as_role(pipeline.urls["prod"], "reader")
    (prod,) = document(pipeline, "--exit-code", code=9)["targets"]
    (mend,) = [finding["mend"] for finding in prod["findings"] if finding["level"] == "problem"]
    pipeline.execute("prod", mend)
    assert heavy(document(pipeline, "--exit-code")["targets"][0]) == []


def test_a_project_that_is_broken(sqlite: Pipeline) -> None:
    """A missing alembic.ini and a broken script are findings and exit 2; what can be found out still is."""
    sqlite.project.revision("b2", down="a1")
    assert ("problem", "scripts") in heavy(document(sqlite, code=2)["targets"][0])
    sqlite.project.ini.unlink()
    found = document(sqlite, code=2)
    assert [heavy(target) for target in found["targets"]] == [[("problem", "config")]] * 2
    told(sqlite("doctor"), 2, "alembic.ini: there is no such file")


def test_a_python_that_is_none_or_lacks_alembic(sqlite: Pipeline, tmp_path: Path) -> None:
    """Both are problems of the interpreter, and env.py is not blamed."""
    bare = tmp_path / "bare"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S -I "$@"\n')
    bare.chmod(0o755)
    for python in (str(bare), "no-such-python"):
        sqlite.write(projects={"app": {"python": python}})
        found = document(sqlite, "--exit-code", code=2)
        assert [heavy(target) for target in found["targets"]] == [[("problem", "interpreter")]] * 2


def test_each_engine_of_a_multidb_project(
    alembic_project: Callable[..., AlembicProject], orchestrate: Command, tmp_path: Path
) -> None:
    """The engines that alembic.ini lists are reached where each is a database; another name is a problem."""
    project = alembic_project("shop")
    project.ini.write_text(project.ini.read_text().replace("[alembic]", "[alembic]\ndatabases = one, two"))
    project.env_py.write_text(
        dedent("""\
        from alembic import context
        from sqlalchemy import create_engine
        for name in context.config.get_main_option("databases").split(", "):
            with create_engine(context.config.get_section(name)["sqlalchemy.url"]).connect() as connection:
                context.configure(connection=connection)
                context.run_migrations(engine_name=name)
        """)
    )
    urls = {name: {"url": f"sqlite:///{tmp_path}/{name}.db"} for name in ("one", "two", "three")}
    project.environments({"dev": {"databases": urls}})
    found = orchestrate("doctor", "--format", "json", cwd=project.root).json
    one, two, three = found["targets"]
    assert (heavy(one), heavy(two)) == ([("problem", "injection")], [("problem", "injection")])
    assert len(heavy(three)) == 2
    assert yaml.safe_load(found["suggestion"])["projects"]["app"]["inject"]["options"] == {
        "databases": "{name}",
        "{name}/sqlalchemy.url": "{url}",
    }


def test_a_dead_environment_s_variable_is_asked_for(sqlite: Pipeline) -> None:
    """A URL that is not set is a mistake of the command, exit 2, unless only others are named."""
    sqlite.environ["PROD_DATABASE_URL"] = None
    told(sqlite("doctor"), 2, "PROD_DATABASE_URL")
    told(sqlite("doctor", "staging"), 0, "nothing stands in the way")
