"""The first minutes: init in a fresh project, the schema for the editor, help, version, completion."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import alembic
import pytest

from tests.command import Command
from tests.projects_builder import AlembicProject
from tests.stories import databases
from tests.stories.pipeline import told

URLS = {f"{name}_DATABASE_URL": f"sqlite:///{name.lower()}.db" for name in ("DEV", "TEST", "STAGING", "PROD")}


def test_init_and_status(orchestrate: Command, alembic_project: Callable[..., AlembicProject]) -> None:
    """init writes a file that status works with as soon as its variables are set, and says so before."""
    project = alembic_project("shop")
    project.tables("a1")
    told(orchestrate("init", cwd=project.root), 0, "wrote environments.yaml", "next: orchestrate status")
    told(orchestrate("status", cwd=project.root), 2, "TEST_DATABASE_URL", "PROD_DATABASE_URL")
    completed = orchestrate("status", cwd=project.root, env=URLS)
    told(completed, 0, "dev base empty, 1 to apply", "prod base empty, 1 to apply", "next: orchestrate rollout")
    assert not list(project.root.glob("*.db"))


def test_init_never_overwrites(orchestrate: Command, alembic_project: Callable[..., AlembicProject]) -> None:
    """A file that is there already is left as it is, with exit code 5."""
    project = alembic_project("shop")
    (project.root / "environments.yaml").write_text("mine\n")
    told(orchestrate("init", cwd=project.root), 5, "environments.yaml exists already", "--output")
    assert (project.root / "environments.yaml").read_text() == "mine\n"


def test_init_for_a_project_elsewhere(
    orchestrate: Command, alembic_project: Callable[..., AlembicProject]
) -> None:
    """init --alembic names the project in the file, which status then finds."""
    project = alembic_project("backend")
    project.tables("a1")
    told(orchestrate("init", "--alembic", "backend/alembic.ini"), 0)
    told(orchestrate("status", env=URLS), 0, "empty, 1 to apply")


OWN_VARIABLE = """\
import os
from alembic import context
from sqlalchemy import create_engine
with create_engine(os.environ["SHOP_DATABASE_URL"]).connect() as connection:
    context.configure(connection=connection, version_table="shop_version")
    with context.begin_transaction():
        context.run_migrations()
"""


def test_init_for_an_env_py_that_reads_a_variable(
    orchestrate: Command, alembic_project: Callable[..., AlembicProject]
) -> None:
    """The file that init writes works as it is with an env.py that ignores the URL, and says how it was found."""
    project = alembic_project("shop")
    project.tables("a1")
    project.env_py.write_text(OWN_VARIABLE)
    said = told(
        orchestrate("init", cwd=project.root), 0, "reached by variable SHOP_DATABASE_URL", "orchestrate status"
    )
    assert "connects" not in said
    written = (project.root / "environments.yaml").read_text()
    assert "# env.py is reached by variable SHOP_DATABASE_URL" in written
    assert 'SHOP_DATABASE_URL: "{url}"' in written
    told(orchestrate("rollout", "--through", "dev", "--yes", cwd=project.root, env=URLS), 0)
    assert databases.heads(f"sqlite:///{project.root}/dev.db", "shop_version") == {"a1"}


def test_init_for_an_env_py_that_nothing_reaches(
    orchestrate: Command, alembic_project: Callable[..., AlembicProject]
) -> None:
    """What stopped env.py is said, and doctor named; the file is written all the same, without env.py's words."""
    project = alembic_project("shop")
    project.env_py.write_text("raise SystemExit('no settings for me:hunter2@db')\n")
    told(
        orchestrate("init", cwd=project.root),
        0,
        "env.py is not reached",
        "no settings",
        "next: orchestrate doctor",
    )
    assert "hunter2" not in (project.root / "environments.yaml").read_text()
    told(orchestrate("status", cwd=project.root, env=URLS), 0, "dev base")


def test_init_for_several_databases(orchestrate: Command, alembic_project: Callable[..., AlembicProject]) -> None:
    """Each engine of a multidb configuration is a database of each environment."""
    project = alembic_project("shop")
    project.ini.write_text(project.ini.read_text().replace("[alembic]", "[alembic]\ndatabases = users, orders"))
    told(orchestrate("init", cwd=project.root), 0)
    urls = {
        f"{e}_{d}_DATABASE_URL": f"sqlite:///{e}{d}.db"
        for e in ("DEV", "TEST", "STAGING", "PROD")
        for d in ("USERS", "ORDERS")
    }
    told(orchestrate("status", cwd=project.root, env=urls), 0, "dev/users", "prod/orders")


def test_init_in_a_directory_above_several_projects(
    orchestrate: Command, alembic_project: Callable[..., AlembicProject]
) -> None:
    """The nearest configuration is taken, the others are named, and the file leads to the one that was taken."""
    alembic_project("services/billing/db").tables("b1")
    alembic_project("services/shop").tables("a1")
    said = told(orchestrate("init"), 0, "it is for services/shop/alembic.ini")
    assert "there are also: services/billing/db/alembic.ini" in said
    told(orchestrate("status", env=URLS), 0, "dev base empty, 1 to apply")


def test_init_with_a_section_of_another_name(
    orchestrate: Command, alembic_project: Callable[..., AlembicProject]
) -> None:
    """Where there is no section [alembic] the first with scripts is taken, and the others are named."""
    project = alembic_project("shop")
    project.tables("a1")
    text = project.ini.read_text().replace("[alembic]", "[shop]")
    project.ini.write_text(f"{text}\n[billing]\nscript_location = migrations\n")
    told(orchestrate("init", cwd=project.root), 0, "there are also: section billing of alembic.ini")
    told(orchestrate("status", cwd=project.root, env=URLS), 0, "dev base empty, 1 to apply")


def test_init_beside_a_virtual_environment(
    orchestrate: Command, alembic_project: Callable[..., AlembicProject]
) -> None:
    """The Python of the project's own virtual environment is written down where it has Alembic."""
    project = alembic_project("shop")
    library = project.root / ".venv" / "lib" / "python3.11" / "site-packages"
    library.mkdir(parents=True)
    (library / "alembic").symlink_to(Path(alembic.__file__).parent)
    (project.root / ".venv" / "bin").mkdir()
    (project.root / ".venv" / "bin" / "python").symlink_to(sys.executable)
    told(orchestrate("init", cwd=project.root), 0)
    assert "python: .venv/bin/python" in (project.root / "environments.yaml").read_text()


def test_init_as_a_program_reads_it(orchestrate: Command, alembic_project: Callable[..., AlembicProject]) -> None:
    """The document says for which configuration the file is and how its env.py is reached."""
    project = alembic_project("shop")
    written = orchestrate("init", "--format", "json", cwd=project.root, check=True).json
    assert (written["config"], written["injection"]) == ("alembic.ini", "sqlalchemy.url")
    assert (written["file"], written["environments"]) == ("environments.yaml", ["dev", "test", "staging", "prod"])


def test_init_without_a_project(orchestrate: Command) -> None:
    """Where there is no alembic.ini nothing is written, and the way to one is named."""
    told(orchestrate("init"), 2, "alembic.ini: there is no such file", "alembic init")
    assert not list(orchestrate.directory.iterdir())


def test_schema(orchestrate: Command) -> None:
    """schema prints a JSON Schema that knows the keys of environments.yaml."""
    printed = json.loads(orchestrate("schema", check=True).stdout)
    assert "json-schema.org" in printed["$schema"]
    assert {"version", "environments", "projects", "journal", "defaults"} <= printed["properties"].keys()


def test_version(orchestrate: Command) -> None:
    """--version prints the installed version."""
    assert orchestrate("--version", check=True).stdout == f"orchestrate {version('orchestrate-alembic')}\n"


def test_nothing_typed(orchestrate: Command) -> None:
    """Without a command the help is shown, and the exit code is that of a wrong use."""
    told(orchestrate(), 2, "Usage: orchestrate", "promote", "orchestrate init")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(orchestrate: Command, shell: str) -> None:
    """--show-completion prints a script for the shell, and completing a command's first letters gives its name."""
    environment = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    script = orchestrate("--show-completion", shell, env=environment, check=True).stdout
    assert "_ORCHESTRATE_COMPLETE" in script
    variables = {
        "_ORCHESTRATE_COMPLETE": "complete_bash",
        "COMP_WORDS": "orchestrate prom",
        "COMP_CWORD": "1",
    }
    assert orchestrate(env=variables).stdout.split() == ["promote"]
