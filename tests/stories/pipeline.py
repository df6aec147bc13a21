"""An application's pipeline as a story needs it: a project outside this repository, its databases, the command."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.command import Command, Completed
from tests.projects_builder import AlembicProject
from tests.stories import databases


class Pipeline:
    """`urls` names the environments in their order. Calling it runs the command in the project's directory.

    environments.yaml names a variable for each URL, as it should; `environ` holds them.
    """

    def __init__(self, project: AlembicProject, urls: Mapping[str, str], command: Command) -> None:
        self.project = project
        self.urls = dict(urls)
        self.environ: dict[str, str | None] = {_variable(name): url for name, url in urls.items()}
        self.command = command

    def __call__(self, *args: object, env: Mapping[str, str | None] | None = None, **options: Any) -> Completed:
        return self.command(*args, cwd=self.project.root, env={**self.environ, **(env or {})}, **options)

    def start(self, *args: object, **options: Any) -> subprocess.Popen[str]:
        """Start the command without waiting for its end."""
        return self.command.start(*args, cwd=self.project.root, env=self.environ, **options)

    def write(self, each: Mapping[str, Any] | None = None, **options: Any) -> Path:
        """Write environments.yaml; `each` are further keys of every environment, `options` the builder's."""
        given = {name: {"url": f"${{{_variable(name)}}}", **(each or {})} for name in self.urls}
        return self.project.environments(given, **options)

    def heads(self, environment: str) -> set[str] | None:
        """The rows of the environment's version table, None where it has none."""
        return databases.heads(self.urls[environment])

    def tables(self, environment: str) -> set[str]:
        """The names of the environment's tables."""
        return databases.tables(self.urls[environment])

    def rows(self, environment: str, sql: str) -> list[tuple[Any, ...]]:
        """What a query finds in the environment."""
        return databases.rows(self.urls[environment], sql)

    def execute(self, environment: str, *statements: str) -> None:
        """Change the environment's database by hand."""
        databases.execute(self.urls[environment], *statements)

    def stamp(self, **revisions: str | tuple[str, ...]) -> None:
        """Make each environment's version table hold exactly these revisions."""
        for environment, given in revisions.items():
            databases.stamp(self.urls[environment], *((given,) if isinstance(given, str) else given))

    def latest_run(self) -> str:
        """The id of the newest run."""
        return str(self("runs", "--format", "json", check=True).json["runs"][0]["run_id"])

    def files(self) -> set[Path]:
        """Every file beside the project and in it, the databases' included."""
        above = self.project.root.parent
        return {path.relative_to(above) for path in above.rglob("*") if path.is_file()}

    def recorded(self) -> str:
        """All text of the journal and of the logs."""
        folder = self.project.root / ".orchestrator"
        texts = [path.read_text() for path in sorted(folder.glob("logs/*"))]
        with sqlite3.connect(f"file:{folder / 'journal.db'}?mode=ro", uri=True) as journal:
            texts.append("\n".join(journal.iterdump()))
        return "\n".join(texts)


def _variable(environment: str) -> str:
    return f"{environment.upper()}_DATABASE_URL"


def told(completed: Completed, code: int, *texts: str) -> str:
    """What the command said, checked: its exit code, that it says each of these, that no traceback shows."""
    said = completed.stdout + completed.stderr
    assert completed.returncode == code, str(completed)
    assert "Traceback" not in said, said
    flat = " ".join(said.split())
    for text in texts:
        assert text in flat, f"{text!r} is not in\n{completed}"
    return flat
