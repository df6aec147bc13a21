"""Names, files and messages as an attacker or an accident makes them: refused in words, or harmless."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest
from sqlalchemy.engine import make_url

from orchestrator.cli.log import RunLog
from orchestrator.core.events import Event, EventKind
from orchestrator.databases.sqlite_locks import SideFileLocks
from orchestrator.errors import UnavailableError
from tests.stories import databases
from tests.stories.conftest import EVERY_FAMILY
from tests.stories.pipeline import Pipeline, told

EVIL = """v"; DROP TABLE victims; #'`\\%s%(x)s{0}"""
"""A name in which every family's quotes, escapes and placeholders stand."""
EVIL_ID = """r";DROP TABLE`%s{0}"""
"""An id within what Alembic can write."""
Evil = Callable[[str], tuple[Pipeline, str | None]]
_QUOTES = {"sqlite": '"', "postgresql": '"', "mysql": "`"}


def quoted(family: str, name: str) -> str:
    """The name as an identifier."""
    quote = _QUOTES[family]
    return f"{quote}{name.replace(quote, quote * 2)}{quote}"


@pytest.fixture
def evil_database(make_pipeline: Callable[..., Pipeline]) -> Iterator[Evil]:
    """A pipeline whose prod is called EVIL, as are its user and schema where the family has them; and the schema.

    What it made on the server is taken away again.
    """
    made: list[tuple[str, str]] = []

    def make(family: str) -> tuple[Pipeline, str | None]:
        pipeline = make_pipeline(family, "prod")
        plain, name = pipeline.urls["prod"], quoted(family, EVIL)
        url = make_url(plain)
        schema: str | None = None
        if family == "sqlite":
            path = str(Path(url.database or "").with_name(EVIL))
            pipeline.urls["prod"] = f"sqlite:///{path.replace('%', '%25')}"
            pipeline.environ["PROD_DATABASE_URL"] = pipeline.urls["prod"]
            return pipeline, None
        databases.execute(plain, f"CREATE DATABASE {name}")
        made.append((plain, f"DROP DATABASE {name}"))
        url = url.set(database=EVIL)
        if family == "postgresql":
            schema = EVIL
            databases.execute(plain, f"CREATE ROLE {name} LOGIN SUPERUSER PASSWORD 'x'")
            made.append((plain, f"DROP ROLE {name}"))
            url = url.set(username=EVIL, password="x")
        pipeline.urls["prod"] = pipeline.environ["PROD_DATABASE_URL"] = url.render_as_string(hide_password=False)
        if schema:
            rows(pipeline, f"CREATE SCHEMA {name}")
        return pipeline, schema

    yield make
    for plain, statement in made:
        databases.execute(plain, statement)


def configured(pipeline: Pipeline, **keys: str) -> None:
    """Have env.py use these keys of `context.configure`, as a project with such names does."""
    given = "".join(f", {key}={value!r}" for key, value in keys.items())
    source = pipeline.project.env_py.read_text()
    pipeline.project.env_py.write_text(
        source.replace("target_metadata=target_metadata", f"target_metadata=target_metadata{given}")
    )


def rows(pipeline: Pipeline, sql: str) -> list[Any]:
    """What a query finds in prod."""
    url = make_url(pipeline.urls["prod"])
    match url.get_backend_name():
        case "sqlite":
            with sqlite3.connect(url.database or "") as file:
                return file.execute(sql).fetchall()
        case "postgresql":
            named: dict[str, Any] = {"host": url.host, "port": url.port, "dbname": url.database}
            with psycopg.connect(**named, user=url.username, password=str(url.password)) as connection:
                cursor = connection.execute(sql.encode())
                return cursor.fetchall() if cursor.description else []
        case _:
            return databases.rows(pipeline.urls["prod"], sql)


@pytest.mark.fault(39)
@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_names_are_names(evil_database: Evil, family: str, happened: Callable[[str], None]) -> None:
    """With every quote in the names of database, user, schema, version table and revision nothing is run but what
    was meant: `victims` is still there.
    """
    pipeline, schema = evil_database(family)
    keys = {"version_table": EVIL, **({"version_table_schema": schema} if schema else {})}
    pipeline.project.environments({"prod": {"url": "${PROD_DATABASE_URL}", **keys}})
    configured(pipeline, **keys)
    pipeline.project.revision("r1", None, "op.create_table('victims', sa.Column('id', sa.Integer))")
    pipeline.project.revision(EVIL_ID, "r1", message=EVIL).rename(pipeline.project.versions / "r2.py")
    told(pipeline("rollout", "--through", "prod", "--yes"), 0)
    place = ".".join(quoted(family, part) for part in (schema, EVIL) if part)
    assert rows(pipeline, f"SELECT version_num FROM {place}") == [(EVIL_ID,)]
    assert pipeline("status", "--format", "json", check=True).json["targets"][0]["heads"] == [EVIL_ID]
    told(pipeline("locks"), 0)
    told(pipeline("doctor"), 0)
    assert rows(pipeline, "SELECT count(*) FROM victims") == [(0,)]
    happened(f"the version table {place} holds {EVIL_ID!r}")


def test_an_id_that_would_end_a_literal_is_refused(sqlite: Pipeline) -> None:
    """Alembic writes ids into SQL between quotes: one that holds a quote or a backslash is refused."""
    sqlite.project.revision("x'); DROP TABLE victims", None).rename(sqlite.project.versions / "a.py")
    sqlite.project.revision("y\\", None).rename(sqlite.project.versions / "b.py")
    sqlite.project.revision("z\x1b[2J\u202e", None).rename(sqlite.project.versions / "c.py")
    said = told(sqlite("rollout", "--through", "prod", "--yes"), 2, "3 problems", "a.py", "b.py", "U+001B, U+202E")
    assert said.isprintable()
    assert sqlite.heads("staging") is None


def planted(path: Path, how: str, victim: Path) -> None:
    """Something that is not ours at the place of a state file."""
    match how:
        case "symlink":
            path.symlink_to(victim)
        case "link":
            path.hardlink_to(victim)
        case _:
            os.mkfifo(path)


def file_of(sqlite: Pipeline) -> str:
    """The file of staging."""
    return make_url(sqlite.urls["staging"]).database or ""


@pytest.mark.parametrize("how", ["symlink", "link", "pipe"])
@pytest.mark.parametrize("kind", ["run", "work"])
def test_a_planted_lock_file_is_not_touched(tmp_path: Path, kind: str, how: str) -> None:
    """A link or a pipe at the place of a lock file is not followed, waited for, nor emptied."""
    (victim := tmp_path / "victim").write_text("of somebody else")
    planted(tmp_path / f"a.db.orchestrate-{kind}.lock", how, victim)
    locks = SideFileLocks(tmp_path / "a.db", "r1")
    for ask in (locks.try_run, locks.run_holder) if kind == "run" else (locks.work_holder,):
        with pytest.raises(UnavailableError, match="a link or no file, and was not touched"):
            ask()
    assert victim.read_text() == "of somebody else"


def test_a_run_tells_of_a_planted_lock_file(sqlite: Pipeline, tmp_path: Path) -> None:
    """The run does not begin, and says which file to remove; status tells the same."""
    (victim := tmp_path / "victim").write_text("of somebody else")
    sqlite.project.tables("r1")
    path = Path(f"{file_of(sqlite)}.orchestrate-run.lock")
    planted(path, "link", victim)
    run = sqlite("rollout", "--through", "staging", "--yes")
    told(run, 9, "is a link or no file, and was not touched", f"remove it: {path}")
    assert "Traceback" not in str(sqlite("status"))
    assert victim.read_text() == "of somebody else"
    assert sqlite.heads("staging") is None


@pytest.mark.parametrize("how", ["symlink", "link", "pipe"])
def test_a_planted_log_is_not_written(tmp_path: Path, how: str) -> None:
    """A link or a pipe at the place of the run's log is left alone: the run goes on without it, and says so."""
    victim = tmp_path / "victim"
    victim.write_text("of somebody else")
    planted(tmp_path / "r1.jsonl", how, victim)
    said = StringIO()
    with redirect_stderr(said), RunLog(tmp_path, None) as listening:
        listening(Event(EventKind.STOPPING, datetime.now(UTC), "r1", "me"))
    assert "the run's log cannot be written" in said.getvalue()
    assert victim.read_text() == "of somebody else"


def test_what_is_made_is_its_owner_s_alone(sqlite: Pipeline) -> None:
    """Whatever the umask, every file and directory that a run makes for itself is for its owner alone."""
    sqlite.project.tables("r1")
    before = os.umask(0)
    try:
        told(sqlite("rollout", "--through", "staging", "--yes"), 0)
    finally:
        os.umask(before)
    state = sqlite.project.root / ".orchestrator"
    made = [state, *state.rglob("*"), *Path(file_of(sqlite)).parent.glob("*.lock")]
    assert len(made) > 4
    assert [path for path in made if path.stat().st_mode & 0o077] == []


SOCKET = """
import json, os, socket
spoken = socket.socket(fileno=os.dup(int(open('/proc/self/cmdline').read().split('\\0')[2])))
"""
SAID = {
    "no JSON": b"\xff\xfe{{{\n",
    "a finish": b'{"say": "finished", "kept": [], "wrote": []}\n',
}


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_an_env_py_that_speaks_for_the_worker_is_not_believed(sqlite: Pipeline, said: bytes) -> None:
    """Whatever env.py writes to the socket it inherits, the run ends with a name, and the database is asked."""
    sqlite.project.tables("r1")
    sqlite.project.env_py.write_text(f"{SOCKET}spoken.sendall({said!r})\n{sqlite.project.env_py.read_text()}")
    run = sqlite("rollout", "--through", "staging", "--yes", "--format", "json")
    assert run.returncode == 6, str(run)
    assert "bug" not in run.json["error"]["code"]
    assert sqlite.heads("staging") in (None, set())


GUIDE = Path(__file__).parents[2] / "docs" / "security.md"
ROLES = [each for each in EVERY_FAMILY if each.values != ("sqlite",)]


def statements(language: str, database: str) -> Iterator[str]:
    """The SQL of the guide for one product, for this database, with roles and passwords of the test's own."""
    for block in re.findall(rf"```sql\n-- {language}.*?\n(.*?)```", GUIDE.read_text(), re.DOTALL):
        text = re.sub(r"\bshop\b", database, block).replace("shop_", f"{database}_").replace("…", "pw")
        yield from (line.strip() for line in re.sub(r"--.*", "", text).split(";") if line.strip())


@pytest.mark.parametrize("family", ROLES)
def test_the_roles_of_the_guide(make_pipeline: Callable[..., Pipeline], family: str) -> None:
    """With the guide's GRANTs one role may migrate, and one may read the version table and nothing else."""
    pipeline = make_pipeline(family, "prod")
    pipeline.project.tables("r1")
    url = make_url(pipeline.urls["prod"])
    database = url.database or ""
    given = list(statements({"postgresql": "PostgreSQL", "mysql": "MariaDB"}[family], database))
    later = [one for one in given if "alembic_version" in one]
    assert later
    migrate, status = (
        url.set(username=f"{database}_{role}", password="pw").render_as_string(hide_password=False)
        for role in ("migrate", "status")
    )
    try:
        pipeline.execute("prod", *(one for one in given if one not in later))
        told(pipeline("rollout", "--through", "prod", "--yes", env={"PROD_DATABASE_URL": migrate}), 0)
        pipeline.execute("prod", *later)
        report = pipeline("status", "--format", "json", env={"PROD_DATABASE_URL": status}, check=True).json
        assert report["targets"][0]["heads"] == ["r1"]
        with pytest.raises((psycopg.Error, pymysql.Error)):
            databases.rows(status, "SELECT * FROM t_r1")
        with pytest.raises((psycopg.Error, pymysql.Error)):
            databases.execute(status, "UPDATE alembic_version SET version_num = 'zz'")
    finally:
        if family == "postgresql":
            pipeline.execute("prod", f"DROP OWNED BY {database}_migrate, {database}_status CASCADE")
        kind = "ROLE" if family == "postgresql" else "USER"
        pipeline.execute("prod", f"DROP {kind} {database}_migrate", f"DROP {kind} {database}_status")
