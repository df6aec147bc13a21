"""The worker on the oldest and the newest Python and Alembic that it promises to run on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.core.injection import Injection
from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.locks import proof
from orchestrator.execution.trial import try_env
from orchestrator.project.configuration import AlembicProject as Project
from orchestrator.project.configuration import Transactions
from tests.command import Command
from tests.crash.scene import Scene, Watched, wait_until
from tests.projects_builder import AlembicProject
from tests.stories import databases
from tests.stories.pipeline import told

OLDEST = ("3.9", ["alembic==1.8.1", "SQLAlchemy==1.4.54", "psycopg2-binary"])
NEWEST = ("3.13", ["alembic", "SQLAlchemy", "psycopg2-binary"])


def interpreter(version: str) -> str:
    """Where that Python is; the test is skipped, visibly, where it is not."""
    managed = Path(os.environ.get("PYENV_ROOT", "/root/.pyenv")) / "versions"
    installed = sorted(managed.glob(f"{version}.*/bin/python")) if os.access(managed, os.R_OK) else []
    found = str(installed[-1]) if installed else shutil.which(f"python{version}")
    if found is None:
        pytest.skip(f"Python {version} is not installed here")
    return found


@pytest.fixture(params=[pytest.param(OLDEST, id="oldest"), pytest.param(NEWEST, id="newest")])
def project_python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment as a project has one: with its own Alembic, and nothing of this package."""
    version, packages = request.param
    python = interpreter(version)
    place = Path(tmp_path_factory.getbasetemp().parent, f"orchestrate-project-{version}-{os.getpid()}")
    if not (place / "complete").exists():
        subprocess.run([python, "-m", "venv", str(place)], check=True, capture_output=True)
        command = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", *packages]
        installed = subprocess.run(command, check=False, capture_output=True, text=True)
        if installed.returncode:
            pytest.skip(f"{' '.join(packages)} cannot be installed here: {installed.stderr.strip()[-300:]}")
        (place / "complete").touch()
    return place / "bin" / "python"


@pytest.mark.slow
@pytest.mark.postgresql
def test_a_release_on_the_projects_python(
    project_python: Path,
    alembic_project: Callable[..., AlembicProject],
    orchestrate: object,
    new_database: Callable[[str], str],
) -> None:
    """A run, a failure half-way and its resume go the same way on the project's own Python and Alembic."""
    database = Watched("postgresql", new_database("postgresql"))
    database.watch()
    scene = Scene(alembic_project("app"), orchestrate, {"dev": database})  # type: ignore[arg-type]
    url = database.url.replace("+psycopg", "+psycopg2")
    projects = {"app": {"config": "alembic.ini", "python": str(project_python)}}
    scene.project.environments({"dev": url}, projects=projects)
    scene.line("r1")
    scene.revision(
        "r2", gate="gate", after='if not (place / "mended").exists():\n    raise RuntimeError("as planned")'
    )
    scene.line("r3")
    process = scene.start("rollout", "--yes", "--format", "json")
    wait_until(scene.at("gate", "dev"), "the revision to run", process)
    scene.open("gate")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 6, f"{out}\n{err}"
    assert "as planned" in out
    (started,) = [body for _, _, _, body in scene.events("target_started")]
    assert started["versions"]["python"].startswith(project_python.parent.parent.name.split("-")[2])
    (scene.root / "mended").touch()
    done = scene.resume()
    assert done.returncode == 0, str(done)
    scene.assert_complete()


ENV = """
import os
import sqlalchemy as sa
from alembic import context

with sa.create_engine("postgresql+psycopg2://nobody@127.0.0.1:9/nowhere").connect() as connection:
    os.environ.get("ASKED_FOR")
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
STRAY = """
import psycopg2
psycopg2.connect({dsn!r}).cursor().execute("CREATE TABLE stray (id INTEGER)")
"""


@pytest.mark.slow
@pytest.mark.postgresql
def test_connections_on_the_projects_python(
    project_python: Path,
    alembic_project: Callable[..., AlembicProject],
    orchestrate: Command,
    new_database: Callable[[str], str],
) -> None:
    """A redirect leads to the target, a driver's own connection elsewhere is refused, a trial tells all."""
    project, url, elsewhere = alembic_project("app"), new_database("postgresql"), new_database("postgresql")
    project.env_py.write_text(ENV)
    project.tables("a1")
    project.revision("a2", "a1", STRAY.format(dsn=elsewhere.replace("+psycopg", "")))
    injected = {"python": str(project_python), "inject": {"redirect": True}}
    project.environments({"dev": url.replace("+psycopg", "+psycopg2")}, projects={"app": injected})

    tried = Project(
        name="app",
        config=project.ini,
        section="alembic",
        python=str(project_python),
        working_directory=project.root,
        transactions=Transactions.PER_REVISION,
        inject=Injection(redirect=True),
    )
    target = Endpoint(Target("dev"), Secret(url.replace("+psycopg", "+psycopg2")), "app")
    with proof(target) as guard:
        trial = try_env(tried, target, guard)
    assert (trial.reached, trial.configured, trial.failure) == (True, True, None)
    assert (trial.read.variables, trial.ran_on["driver"]) == (("ASKED_FOR",), "psycopg2")
    assert databases.tables(url) == set()

    told(orchestrate("rollout", "--yes", cwd=project.root), 11, "revision a2 failed", "not the target's database")
    assert databases.heads(url) == {"a1"}
    assert databases.tables(elsewhere) == set()
