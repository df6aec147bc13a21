"""Every way in which an unmodified env.py can be handed its target, each on a real database."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.reliability import Happened
from tests.stories import databases
from tests.stories.conftest import EVERY_FAMILY
from tests.stories.pipeline import Pipeline, told

RUN = """
from alembic import context
from sqlalchemy import create_engine, engine_from_config, pool

def migrate(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

def run(engine):
    with engine.connect() as connection:
        migrate(connection)

def engine_of(section):
    return engine_from_config(context.config.get_section(section), "sqlalchemy.", poolclass=pool.NullPool)
"""


def with_env(pipeline: Pipeline, source: str, **project: Any) -> Pipeline:
    """The pipeline with this env.py and these keys of its project, and two revisions to apply."""
    pipeline.project.tables("a1", "a2")
    pipeline.project.env_py.write_text(RUN + dedent(source))
    pipeline.write(projects={"app": {"config": "alembic.ini", **project}})
    return pipeline


def released(pipeline: Pipeline) -> None:
    """Everything reaches every environment, and nothing but these files was made."""
    told(pipeline("rollout", "--yes"), 0)
    for name in pipeline.urls:
        assert pipeline.heads(name) == {"a2"}
        assert pipeline.tables(name) == {"alembic_version", "t_a1", "t_a2"}


@pytest.mark.parametrize(
    ("source", "inject"),
    [
        (
            'run(create_engine(context.config.get_main_option("shop.database")))',
            {"options": {"shop.database": "{url}"}},
        ),
        (
            'for name in context.config.get_main_option("databases").split(","):\n    run(engine_of(name))',
            {"options": {"databases": "{name}", "{name}/sqlalchemy.url": "{url}"}},
        ),
        (
            'import os\nrun(create_engine(os.environ["SHOP_DB"]))',
            {"variables": {"SHOP_DB": "{driver}:///{database}"}},
        ),
        (
            'run(create_engine(context.get_x_argument(as_dictionary=True)["db"]))',
            {"x_arguments": ["db={url}"]},
        ),
        ('run(create_engine(context.config.attributes["url"]))', {"attributes": {"url": "{url}"}}),
        ('run(context.config.attributes["engine"])', {"attributes": {"engine": "{engine}"}}),
        (
            'migrate(context.config.attributes["connection"])',
            {"attributes": {"connection": "{connection}"}},
        ),
        ('run(create_engine("sqlite:////nowhere/at/all.db"))', {"redirect": True}),
    ],
    ids=["option", "other section", "variable", "x argument", "attribute", "engine", "connection", "redirect"],
)
def test_the_target_reaches_env_py(sqlite: Pipeline, source: str, inject: dict[str, Any]) -> None:
    """An env.py that ignores sqlalchemy.url gets each environment's own database in the way that inject names."""
    released(with_env(sqlite, source, inject=inject))


@pytest.mark.parametrize("family", [each for each in EVERY_FAMILY if "sqlite" not in each.values])
@pytest.mark.parametrize("way", ["connection", "redirect"])
def test_a_server_is_reached(
    family: str, way: str, make_pipeline: Callable[..., Pipeline], new_database: Callable[[str], str]
) -> None:
    """A live connection and a redirect lead to the target on a server too, and the other database gets nothing."""
    elsewhere = new_database(family)
    source = {
        "connection": 'migrate(context.config.attributes["connection"])',
        "redirect": f"run(create_engine({elsewhere!r}))",
    }[way]
    inject = {"connection": {"attributes": {"connection": "{connection}"}}, "redirect": {"redirect": True}}[way]
    released(with_env(make_pipeline(family), source, inject=inject))
    assert databases.tables(elsewhere) == set()


def test_a_percent_sign_in_a_value(sqlite: Pipeline) -> None:
    """What an option is given with a percent sign in it, env.py reads as it is."""
    source = """
    assert context.config.get_main_option("note") == "100 % of %(here)s {app}"
    run(engine_of("alembic"))
    """
    released(with_env(sqlite, source, inject={"options": {"note": "100 % of %(here)s {{{name}}}"}}))


def test_an_environments_own_variable_wins(sqlite: Pipeline) -> None:
    """Where inject and the environment name one variable, the environment's value is used."""
    with_env(sqlite, 'import os\nrun(create_engine(os.environ["SHOP_DB"]))')
    sqlite.project.environments(
        {name: {"url": url, "variables": {"SHOP_DB": url}} for name, url in sqlite.urls.items()},
        projects={"app": {"inject": {"variables": {"SHOP_DB": "sqlite:////nowhere/at/all.db"}}}},
    )
    released(sqlite)


def test_an_asynchronous_engine_is_redirected(make_pipeline: Callable[..., Pipeline]) -> None:
    """An env.py with an asynchronous engine of its own is led to the target all the same."""
    source = """
    import asyncio
    from sqlalchemy.ext.asyncio import create_async_engine

    async def online():
        engine = create_async_engine("sqlite+aiosqlite:////nowhere/at/all.db")
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
        await engine.dispose()

    asyncio.run(online())
    """
    released(with_env(make_pipeline("sqlite"), source, inject={"redirect": True}))


def test_a_live_connection_with_an_asynchronous_driver(make_pipeline: Callable[..., Pipeline]) -> None:
    """A live connection cannot be made with an asynchronous driver: refused with what to write instead."""
    pipeline = with_env(make_pipeline("sqlite"), "", inject={"attributes": {"connection": "{connection}"}})
    pipeline.environ = {
        name: str(url).replace("sqlite:", "sqlite+aiosqlite:") for name, url in pipeline.environ.items()
    }
    told(pipeline("rollout", "--yes"), 2, "sqlite+aiosqlite is asynchronous", "projects.app.inject")
    assert pipeline.tables("staging") == set()


def test_a_flask_app(sqlite: Pipeline) -> None:
    """Flask-Migrate's env.py, which wants an app's context, runs inside the app that flask_app names."""
    pytest.importorskip("flask_migrate")
    root = sqlite.project.root
    (root / "shop.py").write_text(
        dedent("""
        import os
        from flask import Flask
        from flask_migrate import Migrate
        from flask_sqlalchemy import SQLAlchemy

        def create_app():
            app = Flask(__name__)
            app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
            Migrate(app, SQLAlchemy(app))
            return app
        """)
    )
    sqlite.project.tables("a1", "a2")
    template = Path(sys.modules["flask_migrate"].__file__ or "").parent / "templates" / "flask"
    sqlite.project.env_py.write_text((template / "env.py").read_text())
    ini = (template / "alembic.ini.mako").read_text().replace("[alembic]", "[alembic]\nscript_location = %(here)s")
    (root / "migrations" / "alembic.ini").write_text(ini)
    project = {"config": "migrations/alembic.ini", "flask_app": "shop:create_app"}
    sqlite.write(projects={"app": {**project, "inject": {"variables": {"DATABASE_URL": "{url}"}}}})
    released(sqlite)


def test_a_hook(sqlite: Pipeline) -> None:
    """The hook is called with the config and the target, and what it returns is entered around env.py."""
    (sqlite.project.root / "hooks.py").write_text(
        dedent("""
        from contextlib import contextmanager

        @contextmanager
        def around(config, target):
            assert target.url not in repr(target)
            config.attributes["settings"] = {"url": target.url, "who": (target.environment, target.name)}
            yield
            open(f"left_{target.environment}", "w").close()
        """)
    )
    source = """
    settings = context.config.attributes["settings"]
    assert settings["who"] in [("staging", "app"), ("prod", "app")]
    run(create_engine(settings["url"]))
    """
    released(with_env(sqlite, source, hook="hooks:around"))
    assert (sqlite.project.root / "left_prod").exists()


@pytest.mark.fault(47)
def test_a_hook_that_fails(sqlite: Pipeline, happened: Happened) -> None:
    """An error in the hook is told with its place, and nothing is touched."""
    (sqlite.project.root / "hooks.py").write_text(
        "def prepare(config, target):\n    open('was_run', 'w').close()\n    raise ValueError('no settings')\n"
    )
    told(with_env(sqlite, "", hook="hooks:prepare")("rollout", "--yes"), 6, "no settings", "hooks.py:3")
    assert sqlite.tables("staging") == set()
    assert (sqlite.project.root / "was_run").exists()
    happened("the hook was called, and raised")


def test_what_ran_is_recorded(sqlite: Pipeline) -> None:
    """Each checkpoint holds the versions of Python, Alembic, SQLAlchemy and driver, and the script's digest."""
    sqlite.project.tables("a1")
    told(sqlite("rollout", "--yes"), 0)
    events = sqlite("show", sqlite.latest_run(), "--format", "json", check=True).json["events"]
    (first, *_) = [event for event in events if event["event"] == "step_applied"]
    assert set(first["body"]["ran_on"]) == {"python", "alembic", "sqlalchemy", "driver", "driver_version"}
    assert first["body"]["ran_on"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert first["body"]["digest"].startswith("sha256:")


def test_every_mistake_in_inject_is_told(sqlite: Pipeline) -> None:
    """What is no placeholder, with the nearest, lone braces, unknown keys: all at once, with their lines."""
    with_env(
        sqlite,
        "",
        inject={
            "options": {"{nam}/url": "{urll}", "other/": "x"},
            "variables": {"A": "{connection}", "B": "{url"},
            "attributes": {"a": "x{engine}"},
            "redirekt": True,
        },
        other_databases="perhaps",
        hook="no function",
    )
    said = told(sqlite("status"), 2, "environments.yaml:")
    for text in (
        "unknown placeholder 'nam'",
        "did you mean 'name'?",
        "unknown placeholder 'urll'",
        "did you mean 'url'?",
        "options.other/: names no option",
        "variables.A: {connection} stands alone",
        "variables.B: holds a { without its partner",
        "attributes.a: {engine} stands alone",
        "unknown key 'redirekt'",
        "did you mean 'redirect'?",
        "other_databases: is not a known choice",
        "hook: names no function",
    ):
        assert text in said, said
