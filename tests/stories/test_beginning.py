"""The first minutes: init in a fresh project, the schema for the editor, help, version, completion."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import version

import pytest

from tests.command import Command
from tests.projects_builder import AlembicProject
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
