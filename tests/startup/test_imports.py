"""What a command does not load: start-up time is a feature, and modules are what it is made of.

By names and never by the clock. Each command runs in a process of its own, which tells its modules when it ends.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects_builder import AlembicProject

_TELLING = """\
import atexit, os, sys
atexit.register(lambda: os.write(2, " ".join(sorted({"MODULES", *sys.modules})).encode()))
from orchestrator.cli.main import main
main()
"""
_COUNTING = """\
from orchestrator.journal import sqlite_store
def told(function, word):
    def call(*given, **named):
        os.write(2, f" {word} ".encode())
        return function(*given, **named)
    return call
sqlite_store.open_sqlite = told(sqlite_store.open_sqlite, "OPENED")
sqlite_store.SqliteStore.read = told(sqlite_store.SqliteStore.read, "ASKED")
"""
_SEARCHES = """\
import atexit, gc, os
from orchestrator.__main__ import main
found = []
gc.collect()
gc.callbacks.append(lambda phase, _told: found.append(phase))
atexit.register(lambda: os.write(2, str(len(found)).encode()))
main()
"""
_DATABASES = ("sqlalchemy", "alembic", "mako", "psycopg", "pymysql")
_LIBRARIES = ("structlog", "multiprocessing", "unittest", "pydantic_settings")


def loaded(*arguments: str, cwd: Path) -> set[str]:
    """The modules that the command with these arguments had loaded when it ended; it must succeed."""
    done = subprocess.run(
        [sys.executable, "-c", _TELLING, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return set(done.stderr.split())


def unwanted(modules: set[str], *names: str) -> set[str]:
    assert "MODULES" in modules
    return {name for name in names if name in modules}


@pytest.fixture
def project(alembic_project: Callable[..., AlembicProject]) -> AlembicProject:
    made = alembic_project()
    made.tables("a1", "b2")
    return made


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("status", "--help"), ("promote", "--help")])
def test_help_loads_no_database_no_file_format_and_no_screen(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Help, the version and what a shell completes read no configuration, so nothing that reads one is loaded."""
    modules = loaded(*arguments, cwd=tmp_path)
    ours = ("project.settings", "project.configuration", "operations.survey", "databases.probe")
    assert not unwanted(
        modules,
        *_DATABASES,
        *_LIBRARIES,
        "asyncio",
        "yaml",
        "rich",
        "sqlite3",
        *(f"orchestrator.{name}" for name in ours),
    )


def test_the_schema_needs_no_database(tmp_path: Path) -> None:
    """`schema` prints what a file may hold, which no driver and no screen is needed for."""
    modules = loaded("schema", cwd=tmp_path)
    assert not unwanted(modules, *_DATABASES, *_LIBRARIES, "asyncio", "rich", "sqlite3")


@pytest.mark.parametrize("state", ["empty", "at head", "behind"])
def test_status_needs_no_alembic(state: str, project: AlembicProject) -> None:
    """Where every database stands is answered without Alembic, SQLAlchemy, or what only a run's log needs."""
    urls = {name: f"sqlite:///{project.root}/{name}.db" for name in ("dev", "prod")}
    project.environments(urls)
    for url in urls.values() if state != "empty" else ():
        project.alembic("upgrade", "head", url=url)
    if state == "behind":
        project.tables("c3", "d4", down="b2")
    modules = loaded("status", cwd=project.root)
    assert not unwanted(modules, *_DATABASES, *_LIBRARIES, "asyncio", "ctypes", "ssl", "tomllib")
    ours = ("cli.release", "core.reports", "core.preview", "core.doubt", "core.locks", "views.text.plan")
    beside = (
        "databases.mysql",
        "databases.postgresql",
        "databases.locks",
        "execution.workers",
        "execution.executor",
    )
    assert not unwanted(modules, *(f"orchestrator.{name}" for name in (*ours, *beside)))


def test_a_release_loads_no_report_page_and_no_other_family(project: AlembicProject) -> None:
    """A promotion loads what it shows and asks: no page, no other command's report, no other family's modules."""
    project.environments({name: f"sqlite:///{project.root}/{name}.db" for name in ("dev", "prod")})
    project.alembic("upgrade", "head", url=f"sqlite:///{project.root}/dev.db")
    modules = loaded("promote", "dev", "prod", "--yes", cwd=project.root)
    assert {"orchestrator.core.gates.window", "orchestrator.databases.sqlite_inspection"} <= modules
    values = ("account", "picture", "lanes", "recount", "comparison")
    views = ("account", "course", "page", "text.doctor", "text.graph", "text.history", "text.report")
    families = ("mysql", "mysql_connection", "mysql_inspection", "postgresql", "postgresql_inspection")
    ours = (("core", values), ("views", views), ("databases", families))
    unused = [f"orchestrator.{folder}.{name}" for folder, names in ours for name in names]
    assert not unwanted(modules, "statistics", "jinja2", *unused)


def test_nothing_looks_for_garbage_while_a_command_loads(project: AlembicProject) -> None:
    """`status` makes objects that stay to its end: not once are they looked through for what may go."""
    project.environments({"dev": f"sqlite:///{project.root}/dev.db"})
    done = subprocess.run(
        [sys.executable, "-c", _SEARCHES, "status"],
        cwd=project.root,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == "0"


def test_status_opens_the_journal_once(project: AlembicProject) -> None:
    """All that `status` reads of a journal is read over one connection, with a few questions."""
    project.environments({name: f"sqlite:///{project.root}/{name}.db" for name in ("dev", "prod")})
    loaded("rollout", "--through", "dev", "--yes", cwd=project.root)
    counting = _TELLING.replace("from orch", _COUNTING + "from orch", 1)
    done = subprocess.run(
        [sys.executable, "-c", counting, "status"],
        cwd=project.root,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    opened, asked = (done.stderr.split().count(word) for word in ("OPENED", "ASKED"))
    assert opened == 1
    assert 1 < asked <= 9


def test_json_needs_no_screen(project: AlembicProject) -> None:
    """A program that asks for JSON does not wait for what draws tables."""
    project.environments({"dev": f"sqlite:///{project.root}/dev.db"})
    assert not unwanted(loaded("status", "--format", "json", cwd=project.root), "rich", *_DATABASES, *_LIBRARIES)


def test_only_the_driver_of_the_databases_is_loaded(
    project: AlembicProject, new_database: Callable[[str], str]
) -> None:
    """PostgreSQL's status loads psycopg and no other driver, and still neither Alembic nor SQLAlchemy."""
    project.environments({"dev": new_database("postgresql")})
    modules = loaded("status", cwd=project.root)
    assert "psycopg" in modules
    assert not unwanted(modules, "sqlalchemy", "alembic", "mako", "pymysql", *_LIBRARIES)


def test_a_variable_of_ours_is_what_loads_the_reader_of_variables(
    project: AlembicProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The absence asserted above means something: the same module is there as soon as it is needed."""
    project.environments({"dev": f"sqlite:///{project.root}/dev.db"})
    monkeypatch.setenv("ORCHESTRATE_FORMAT", "text")
    assert "pydantic_settings" in loaded("status", cwd=project.root)
