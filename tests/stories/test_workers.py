"""The same release by fresh, forked and reused workers: the same databases, the same journal."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.command import Command, Completed
from tests.projects_builder import AlembicProject
from tests.stories import databases

Make = Callable[..., AlembicProject]
_VARYING = {"identity", "seconds", "process", "reused", "executed"}


def made(project: AlembicProject, wanted: int | list[str], parallel: int = 2, **of_the_project: Any) -> list[str]:
    """Write environments.yaml with these databases in one environment, or so many files t01, …; their URLs."""
    files = [] if isinstance(wanted, list) else [f"{project.root}/t{n:02}.db" for n in range(1, wanted + 1)]
    urls = wanted if isinstance(wanted, list) else [f"sqlite:///{file}" for file in files]
    each = {f"t{n:02}": {"url": url, "project": "app"} for n, url in enumerate(urls, 1)}
    dev = {"databases": each, "waves": {"parallel": parallel, "on_failure": "continue"}}
    project.environments({"dev": dev}, projects={"app": {"config": "alembic.ini", **of_the_project}})
    return urls


def rolled_out(project: AlembicProject, orchestrate: Command, *more: str) -> Completed:
    done = orchestrate("rollout", "--yes", "--format", "json", *more, cwd=project.root)
    assert done.returncode == 0, str(done)
    return done


def events(project: AlembicProject) -> list[tuple[str, str | None, str | None, dict[str, Any]]]:
    with sqlite3.connect(project.root / ".orchestrator" / "journal.db") as journal:
        rows = journal.execute("SELECT kind, target, revision, body FROM orchestrate_events ORDER BY sequence")
        return [(kind, target, revision, json.loads(body)) for kind, target, revision, body in rows]


def processes(project: AlembicProject) -> list[str]:
    """The process that served each target."""
    return [body["versions"]["process"] for kind, _, _, body in events(project) if kind == "target_started"]


def printed(project: AlembicProject) -> dict[str, list[str]]:
    """The lines of the run's log, by the target that they are told of."""
    found: dict[str, list[str]] = {}
    for path in (project.root / ".orchestrator" / "logs").glob("*.jsonl"):
        for line in map(json.loads, path.read_text().splitlines()):
            if line["event"] == "output":
                found.setdefault(line["target"], []).append(line["line"])
    return found


def plain(value: Any, root: Path) -> Any:
    """Without what differs from run to run."""
    if isinstance(value, dict):
        return {name: plain(item, root) for name, item in value.items() if name not in _VARYING}
    if isinstance(value, list):
        return [plain(item, root) for item in value]
    return value.replace(str(root), "ROOT") if isinstance(value, str) else value


def recorded(project: AlembicProject) -> dict[str, list[Any]]:
    """What the journal and the log have of each target, in order."""
    found: dict[str, list[Any]] = {}
    for kind, target, revision, body in events(project):
        if target is not None:
            found.setdefault(target, []).append((kind, revision, plain(body, project.root)))
    for target, lines in printed(project).items():
        found[target] += plain(lines, project.root)
    return found


def test_every_kind_of_worker_leaves_the_same(alembic_project: Make, orchestrate: Command) -> None:
    """Databases, journal and log of eight targets are the same, whether workers are fresh, forked or reused."""
    found, served, executed = {}, {}, {}
    for kind in ("fresh", "forked", "reused", "auto"):
        project = alembic_project(kind)
        urls = made(project, 8, workers=kind)
        project.tables("r1", "r2")
        project.revision("r3", "r2", "print('of', op.get_bind().engine.url.database[-6:])")
        rolled_out(project, orchestrate)
        assert [databases.heads(url) for url in urls] == [{"r3"}] * 8
        found[kind], served[kind] = recorded(project), processes(project)
        # Told once, of whichever target came first.
        executed[kind] = {rev: body["executed"] for _, _, rev, body in events(project) if "executed" in body}
        assert {target: sum("of " in line for line in lines) for target, lines in printed(project).items()} == {
            f"dev/t{n:02}": 1 for n in range(1, 9)
        }
    assert found["fresh"] == found["forked"] == found["reused"] == found["auto"]
    assert executed["fresh"] == executed["forked"] == executed["reused"] == executed["auto"]
    assert set(executed["fresh"]) == {"r1", "r2", "r3"}
    assert [len(set(served[kind])) for kind in ("fresh", "forked")] == [8, 8]
    assert [len(set(served[kind])) <= 2 for kind in ("reused", "auto")] == [True, True]


CACHED = "import os\n\nURL = os.environ['DATABASE_URL']\n"


@pytest.mark.parametrize("kind", ["auto", "reused"])
def test_settings_that_are_read_once(alembic_project: Make, orchestrate: Command, kind: str) -> None:
    """An env.py that imports a settings module, which keeps what it read first, lands in the right databases."""
    project = alembic_project()
    (project.root / "settings.py").write_text(CACHED)
    source = project.env_py.read_text()
    project.env_py.write_text(
        f"from settings import URL\n{source}".replace(
            "target_metadata = None", "config.set_main_option('sqlalchemy.url', URL)\ntarget_metadata = None"
        )
    )
    urls = made(project, 5, workers=kind, inject={"variables": {"DATABASE_URL": "{url}"}})
    project.revision(
        "r1", None, 'op.execute(f"CREATE TABLE own_{op.get_bind().engine.url.database[-6:-3]} (id int)")'
    )
    rolled_out(project, orchestrate)
    for n, url in enumerate(urls, 1):
        assert databases.tables(url) == {"alembic_version", f"own_t{n:02}"}
    assert len(set(processes(project))) == 5


LEAKING = "import string\nstring.url = getattr(string, 'url', config.get_main_option('sqlalchemy.url'))\n"


def test_what_reuse_broke_is_tried_anew(alembic_project: Make, orchestrate: Command) -> None:
    """Where a reused worker is led to the target before, nothing is changed there, and a new one does it right."""
    project = alembic_project()
    urls = made(project, 5, workers="reused")
    source = project.env_py.read_text()
    moved = f"{LEAKING}config.set_main_option('sqlalchemy.url', string.url)\ntarget_metadata = None"
    project.env_py.write_text(source.replace("target_metadata = None", moved))
    project.revision(
        "r1", None, 'op.execute(f"CREATE TABLE own_{op.get_bind().engine.url.database[-6:-3]} (id int)")'
    )
    rolled_out(project, orchestrate)
    for n, url in enumerate(urls, 1):
        assert databases.tables(url) == {"alembic_version", f"own_t{n:02}"}
    assert len(set(processes(project))) == 5


def test_what_is_not_proved_is_not_reused(alembic_project: Make, orchestrate: Command) -> None:
    """The same env.py, and one that imports the application, get a worker for each target by themselves."""
    for name, begins in {"leaking": LEAKING, "importing": "import models\n"}.items():
        project = alembic_project(name)
        (project.root / "models.py").write_text("")
        source = project.env_py.read_text()
        project.env_py.write_text(source.replace("target_metadata = None", f"{begins}target_metadata = None"))
        made(project, 5)
        project.tables("r1")
        rolled_out(project, orchestrate)
        assert len(set(processes(project))) == 5, name


POOLED = """
from alembic import context
from sqlalchemy import create_engine

engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
connection = engine.connect()
context.configure(connection=connection)
with context.begin_transaction():
    context.run_migrations()
"""


@pytest.mark.postgresql
def test_a_connection_that_was_left_open_ends_with_its_target(
    alembic_project: Make, orchestrate: Command, new_database: Callable[[str], str]
) -> None:
    """An env.py that never closes its engine is reused all the same, and no session or work lock of it stays."""
    project = alembic_project()
    urls = [new_database("postgresql") for _ in range(4)]
    made(project, urls)
    project.env_py.write_text(POOLED)
    project.tables("r1", "r2")
    for revision in ("r1", "r2"):
        rolled_out(project, orchestrate, "--to", revision)
    assert [databases.heads(url) for url in urls] == [{"r2"}] * 4
    assert len(set(processes(project))) <= 4


_COUNTING = """
import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down!r}
seen = []


def upgrade():
    seen.append(1)
    print("seen", len(seen), "times")
"""


def test_scripts_are_loaded_anew(alembic_project: Make, orchestrate: Command) -> None:
    """What a script keeps in its module is empty for each target, also where the graph of all scripts is kept."""
    project = alembic_project()
    made(project, 4, workers="reused")
    for revision, down in (("r1", None), ("r2", "r1")):
        (project.versions / f"{revision}.py").write_text(_COUNTING.format(revision=revision, down=down))
    rolled_out(project, orchestrate)
    assert len(set(processes(project))) == 2
    told = [line for lines in printed(project).values() for line in lines if line.startswith("seen")]
    assert told == ["seen 1 times"] * 8


_LOOKING_AROUND = """
import os
import sqlalchemy as sa
from alembic import op

revision = "r1"
down_revision = None
with sa.create_engine("sqlite:///{file}").begin() as connection:
    connection.execute(sa.text("CREATE TABLE IF NOT EXISTS seen (n INTEGER)"))
    connection.execute(sa.text("INSERT INTO seen VALUES (1)"))


def upgrade():
    op.execute("CREATE TABLE own (n INTEGER)")
"""


def test_a_script_that_connects_as_it_is_loaded(alembic_project: Make, orchestrate: Command) -> None:
    """Module code of a script reaches no target but its own, whether its worker served another before or not."""
    found = {}
    for kind in ("forked", "reused"):
        project = alembic_project(kind)
        urls = made(project, 3, parallel=1, workers=kind)
        file = urls[0].removeprefix("sqlite:///")
        (project.versions / "r1.py").write_text(_LOOKING_AROUND.format(file=file))
        done = orchestrate("rollout", "--yes", "--format", "json", cwd=project.root)
        with sqlite3.connect(file) as connection:
            rows = connection.execute("SELECT count(*) FROM seen").fetchone()
        results = [target["result"] for target in done.json["targets"]]
        found[kind] = done.returncode, rows, results, [databases.tables(url) for url in urls]
    assert found["forked"] == found["reused"]
    assert found["forked"][1:3] == ((1,), ["applied", "failed", "failed"])


KILLING = """
import os, pathlib, signal
for task in pathlib.Path(f"/proc/{os.getppid()}/task").iterdir():
    for pid in (task / "children").read_text().split():
        if pathlib.Path(f"/proc/{pid}/comm").read_text() == "orchestrate-wrm\\n":
            os.kill(int(pid), signal.SIGKILL)
"""


def test_a_killed_warm_process_ends_nothing(alembic_project: Make, orchestrate: Command) -> None:
    """Where the warm process is killed in each revision, that revision ends well and the next target has another.

    When the run is over nothing of it is left: no worker, no warm process.
    """
    project = alembic_project()
    urls = made(project, 3, workers="forked")
    (project.root / "environments.yaml").write_text(
        (project.root / "environments.yaml").read_text().replace("parallel: 2", "parallel: 1")
    )
    project.revision("r1", None, KILLING)
    rolled_out(project, orchestrate)
    assert [databases.heads(url) for url in urls] == [{"r1"}] * 3
    assert len(set(processes(project))) == 3
    here = [path for path in Path("/proc").glob("[0-9]*/cwd") if _leads(path, project.root)]
    assert here == []


def _leads(link: Path, to: Path) -> bool:
    try:
        return link.readlink() == to
    except OSError:
        return False
