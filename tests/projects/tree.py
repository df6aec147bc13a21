"""A small application's Alembic project, copied out of `trees/`, and its databases read back past the product."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.engine import make_url

from tests.command import Command, Completed
from tests.stories import databases

TREES = Path(__file__).parent / "trees"

_COLUMNS = {
    "sqlite": """
        SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c
        WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid""",
    "postgresql": """
        SELECT CASE table_schema WHEN 'public' THEN '' ELSE table_schema || '.' END || table_name, column_name
        FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
        ORDER BY 1, ordinal_position""",
    "mysql": """
        SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position""",
}


class Tree:
    """One project in `root`. Calling it runs the command there.

    Its environments.yaml names a variable for each database, `${PROD_URL}`; `urls` holds them, by `prod`.
    """

    def __init__(self, root: Path, urls: Mapping[str, str], command: Command) -> None:
        self.root = root
        self.urls = dict(urls)
        self._command = command

    @property
    def environ(self) -> dict[str, str | None]:
        """The variables that environments.yaml names."""
        return {f"{name.upper()}_URL": url for name, url in self.urls.items()}

    def __call__(self, *args: object, env: Mapping[str, str | None] | None = None, **options: Any) -> Completed:
        return self._command(*args, cwd=self.root, env={**self.environ, **(env or {})}, **options)

    def document(self, *args: object, code: int = 0, **options: Any) -> Any:
        """The JSON document of a command, its exit code checked."""
        completed = self(*args, "--format", "json", **options)
        assert completed.returncode == code, str(completed)
        return completed.json

    def alembic(self, *args: str, url: str | None = None, **variables: str) -> str:
        """Run Alembic's own command on the project, with `url` as if written in alembic.ini; its stdout."""
        ini = self.root / "alembic.ini"
        original = ini.read_text()
        if url is not None:
            ini.write_text(
                original.replace("[alembic]\n", f"[alembic]\nsqlalchemy.url = {url.replace('%', '%%')}\n")
            )
        try:
            return self._alembic(args, variables)
        finally:
            ini.write_text(original)

    def _alembic(self, args: tuple[str, ...], variables: dict[str, str]) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "alembic", *args],
            cwd=self.root,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"alembic {' '.join(args)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def heads(self, name: str = "prod", table: str = "alembic_version") -> set[str] | None:
        """The rows of a version table, None where there is none."""
        return databases.heads(self.urls[name], table)

    def schema(self, name: str = "prod", table: str = "alembic_version") -> dict[str, list[str]]:
        """The columns of every table but the version table; none for a SQLite file that does not exist."""
        url = self.urls[name]
        return {found: columns for found, columns in schema(url).items() if found != table}

    def rows(self, sql: str, name: str = "prod") -> list[tuple[Any, ...]]:
        """What a query finds."""
        return databases.rows(self.urls[name], sql)

    def untouched(self) -> bool:
        """Whether no database has as much as a version table."""
        return not any(schema(url) for url in self.urls.values())

    def configure(self, change: Callable[[Any], object]) -> None:
        """Change environments.yaml: `change` gets the whole file as a mapping."""
        path = self.root / "environments.yaml"
        content = yaml.safe_load(path.read_text())
        change(content)
        path.write_text(yaml.safe_dump(content, sort_keys=False))

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text in one of the project's files, where it must stand."""
        file = self.root / path
        text = file.read_text()
        assert old in text, f"{old!r} is not in {path}"
        file.write_text(text.replace(old, new))

    def recorded(self) -> str:
        """What the project printed, as the runs' logs hold it."""
        logs = sorted((self.root / ".orchestrator" / "logs").glob("*"))
        return "\n".join(path.read_text() for path in logs)


def schema(url: str) -> dict[str, list[str]]:
    """The columns of every table, in their order."""
    address = make_url(url)
    family = address.get_backend_name()
    if family == "sqlite" and not Path(address.database or "").exists():
        return {}
    found: dict[str, list[str]] = {}
    for table, column in databases.rows(url, _COLUMNS[family]):
        found.setdefault(table, []).append(column)
    return found
