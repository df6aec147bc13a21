"""Projects that are not quite what `alembic init` makes: other templates and env.py files, several databases."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import Command
from tests.projects_builder import AlembicProject
from tests.servers.postgresql import PostgreSQL
from tests.stories import databases
from tests.stories.conftest import EVERY_FAMILY
from tests.stories.pipeline import Pipeline, told


def _from_template(pipeline: Pipeline, template: str, tmp_path: Path) -> None:
    """Make the pipeline's project anew from another of Alembic's templates."""
    made = tmp_path / template
    made.mkdir()
    command = [sys.executable, "-m", "alembic", "init", "-t", template, "migrations"]
    subprocess.run(command, cwd=made, check=True, capture_output=True)
    for path in (pipeline.project.ini, pipeline.project.env_py):
        path.unlink()
    pipeline.project = AlembicProject(pipeline.project.root, made)


def _released(pipeline: Pipeline) -> None:
    """Two revisions go through, one after the other, and every database has both."""
    pipeline.project.tables("a1")
    told(pipeline("rollout", "--yes"), 0)
    pipeline.project.tables("a2", down="a1")
    told(pipeline("rollout", "--through", "staging", "--yes"), 0)
    told(pipeline("promote", "staging", "prod", "--yes"), 0)
    told(pipeline("status", "--exit-code"), 0, "in sync with staging")
    assert pipeline.tables("prod") >= {"t_a1", "t_a2"}


@pytest.mark.postgresql
def test_the_async_template(make_pipeline: Callable[..., Pipeline], tmp_path: Path) -> None:
    """An asynchronous env.py runs untouched, here with psycopg's asynchronous side."""
    pytest.importorskip("greenlet", reason="SQLAlchemy's asyncio needs greenlet")
    pipeline = make_pipeline("postgresql")
    _from_template(pipeline, "async", tmp_path)
    _released(pipeline)


def test_the_pyproject_template(sqlite: Pipeline, tmp_path: Path) -> None:
    """A project that keeps its settings in pyproject.toml beside alembic.ini is read as Alembic reads it."""
    _from_template(sqlite, "pyproject", tmp_path)
    _released(sqlite)


def test_settings_in_pyproject_alone(sqlite: Pipeline) -> None:
    """projects.app.config may name a pyproject.toml where there is no alembic.ini at all."""
    sqlite.project.ini.unlink()
    (sqlite.project.root / "pyproject.toml").write_text(
        '[tool.alembic]\nscript_location = "%(here)s/migrations"\n'
    )
    env = sqlite.project.env_py
    env.write_text(
        env.read_text().replace("config.get_section(config.config_ini_section, {})", "config.attributes")
    )
    env.write_text(
        env.read_text().replace(
            "config.attributes,", '{"sqlalchemy.url": config.get_main_option("sqlalchemy.url")},'
        )
    )
    sqlite.write(projects={"app": {"config": "pyproject.toml"}})
    _released(sqlite)


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_an_env_py_with_one_transaction_around_all(family: str, make_pipeline: Callable[..., Pipeline]) -> None:
    """With `engine.begin()` in env.py all revisions commit together at its end, and are believed only then."""
    pipeline = make_pipeline(family)
    env = pipeline.project.env_py
    text = env.read_text().replace("with connectable.connect() as", "with connectable.begin() as")
    assert "connectable.begin()" in text
    env.write_text(text)
    pipeline.project.tables("a1", "a2")
    document = pipeline("rollout", "--yes", "--format", "json").json
    assert document["outcome"] == "succeeded"
    assert [step["outcome"] for step in document["targets"][1]["revisions"]] == ["applied", "applied"]
    assert [pipeline.heads(name) for name in pipeline.urls] == [{"a2"}, {"a2"}]


def _own_version_table(pipeline: Pipeline) -> None:
    env = pipeline.project.env_py
    text = "connection=connection, target_metadata=target_metadata"
    assert text in env.read_text()
    env.write_text(env.read_text().replace(text, f"{text}, version_table='shop_version'"))


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_a_version_table_that_only_env_py_knows(family: str, make_pipeline: Callable[..., Pipeline]) -> None:
    """An env.py with another version table is stopped with the setting that mends it, and nothing is made."""
    pipeline = make_pipeline(family)
    pipeline.project.tables("a1")
    _own_version_table(pipeline)
    told(
        pipeline("rollout", "--yes"),
        2,
        "shop_version",
        "alembic_version",
        "version_table: shop_version",
        "environments.yaml",
    )
    assert [pipeline.tables(name) for name in pipeline.urls] == [set(), set()]


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_a_version_table_that_both_know(family: str, make_pipeline: Callable[..., Pipeline]) -> None:
    """With version_table in environments.yaml as in env.py everything goes as ever."""
    pipeline = make_pipeline(family)
    pipeline.project.tables("a1")
    _own_version_table(pipeline)
    pipeline.write({"version_table": "shop_version"})
    told(pipeline("rollout", "--yes"), 0)
    told(pipeline("status", "--exit-code"), 0, "in sync with staging")
    assert databases.heads(pipeline.urls["prod"], "shop_version") == {"a1"}
    assert "alembic_version" not in pipeline.tables("prod")


def test_an_env_py_that_reads_a_variable(sqlite: Pipeline) -> None:
    """`variables` of an environment reach env.py's process, for projects that take their URL from there."""
    sqlite.project.tables("a1")
    env = sqlite.project.env_py
    line = 'import os\nconfig.set_main_option("sqlalchemy.url", os.environ["SHOP_URL"])\n'
    env.write_text(env.read_text().replace("target_metadata = None", f"target_metadata = None\n{line}"))
    told(sqlite("rollout", "--yes"), 6, "env.py failed: KeyError", "SHOP_URL")
    given = {name: {"url": url, "variables": {"SHOP_URL": url}} for name, url in sqlite.urls.items()}
    sqlite.project.environments(given)
    told(sqlite("rollout", "--yes"), 0)
    assert [sqlite.heads(name) for name in sqlite.urls] == [{"a1"}, {"a1"}]


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_two_databases_in_each_environment(
    family: str,
    alembic_project: Callable[..., AlembicProject],
    new_database: Callable[[str], str],
    orchestrate: Command,
) -> None:
    """Two Alembic projects, each with its database, go through the pipeline together, each by its own scripts."""
    app, billing = alembic_project("app"), alembic_project("billing")
    app.tables("a1", "a2")
    billing.tables("b1")
    urls = {(stage, name): new_database(family) for stage in ("staging", "prod") for name in ("app", "billing")}
    root = app.root.parent
    pipeline = AlembicProject(root, app.root)  # only to write the file at the top
    (root / "alembic.ini").unlink()
    pipeline.environments(
        {
            stage: {"databases": {name: {"url": urls[stage, name]} for name in ("app", "billing")}}
            for stage in ("staging", "prod")
        },
        projects={name: {"config": f"{name}/alembic.ini"} for name in ("app", "billing")},
    )
    told(orchestrate("rollout", "--through", "staging", "--yes"), 0)
    told(orchestrate("promote", "staging", "prod", "--yes"), 0)
    assert [databases.heads(url) for url in urls.values()] == [{"a2"}, {"b1"}, {"a2"}, {"b1"}]
    told(orchestrate("status", "--exit-code"), 0, "prod/billing b1", "in sync with staging/billing")
    targets = orchestrate("status", "--format", "json").json["targets"]
    assert [(t["target"], t["environment"], t["database"]) for t in targets][2:] == [
        ("prod", "prod", "app"),
        ("prod/billing", "prod", "billing"),
    ]


AWKWARD = "p@ss:w/o%rd 100%% #?&=+ü"


def test_a_password_of_special_characters(
    make_pipeline: Callable[..., Pipeline], postgresql_server: PostgreSQL
) -> None:
    """A password with every character that URLs and ini files treat specially gets through to env.py unharmed."""
    pipeline = make_pipeline("postgresql")
    postgresql_server.create_role("awkward", AWKWARD)
    for name, url in pipeline.urls.items():
        database = url.rpartition("/")[2]
        postgresql_server.execute("GRANT ALL ON SCHEMA public TO awkward", database=database)
        pipeline.environ[f"{name.upper()}_DATABASE_URL"] = postgresql_server.url(database, "awkward", AWKWARD)
    _released(pipeline)
    everything = pipeline.recorded() + str(pipeline("status")) + os.linesep
    assert AWKWARD not in everything
