"""Builds an application's Alembic project as a person would: by `alembic init`, with env.py left as it came."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import yaml

_SCRIPT = '''\
"""{message}

Revision ID: {revision}
Revises: {revises}
"""

import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down_revision!r}
branch_labels = {branch_labels!r}
depends_on = {depends_on!r}


def upgrade():
{upgrade}


def downgrade():
{downgrade}
'''

Ids = str | tuple[str, ...] | None


class AlembicProject:
    """An Alembic project in `root`: alembic.ini, migrations/env.py as generated, scripts as they are added."""

    def __init__(self, root: Path, template: Path) -> None:
        shutil.copytree(template, root, dirs_exist_ok=True)
        self.root = root
        self.versions = root / "migrations" / "versions"

    @property
    def env_py(self) -> Path:
        """The project's env.py, for tests whose project has one of its own."""
        return self.root / "migrations" / "env.py"

    @property
    def ini(self) -> Path:
        """The project's alembic.ini."""
        return self.root / "alembic.ini"

    def revision(
        self,
        revision: str,
        down: Ids = None,
        upgrade: str = "pass",
        downgrade: str = "pass",
        *,
        message: str = "",
        depends_on: Ids = None,
        branch_labels: Ids = None,
    ) -> Path:
        """Write one revision script, whose bodies are Python with `op` and `sa` in scope; returns its path."""
        said = message or f"Revision {revision}"
        text = _SCRIPT.format(
            message=said,
            revision=revision,
            revises=", ".join((down,) if isinstance(down, str) else down or ()),
            down_revision=down,
            branch_labels=branch_labels,
            depends_on=depends_on,
            upgrade=_body(upgrade),
            downgrade=_body(downgrade),
        )
        slug = re.sub(r"\W+", "_", said.lower()).strip("_")[:40]
        path = self.versions / f"{revision}_{slug}.py"
        path.write_text(text)
        return path

    def tables(self, *revisions: str, down: Ids = None) -> tuple[str, ...]:
        """A line of revisions upon `down`, each making the table `t_<revision>` and dropping it again."""
        for revision in revisions:
            self.revision(
                revision,
                down,
                f'op.create_table("t_{revision}", sa.Column("id", sa.Integer, primary_key=True))',
                f'op.drop_table("t_{revision}")',
            )
            down = revision
        return revisions

    def environments(
        self,
        environments: Mapping[str, str | Mapping[str, Any]],
        *,
        protected: Iterable[str] = (),
        **top: Any,
    ) -> Path:
        """Write environments.yaml: a text is an environment's URL, a mapping its keys; `top` stands above them."""
        guarded = set(protected)
        written = {
            name: {
                **({"url": given} if isinstance(given, str) else given),
                **({"protected": True} if name in guarded else {}),
            }
            for name, given in environments.items()
        }
        path = self.root / "environments.yaml"
        path.write_text(yaml.safe_dump({"version": 1, **top, "environments": written}, sort_keys=False))
        return path

    def alembic(self, *args: str, url: str) -> str:
        """Run Alembic's own command on the project with this URL, as if written in alembic.ini; its stdout."""
        original = self.ini.read_text()
        line = f"sqlalchemy.url = {url.replace('%', '%%')}"
        self.ini.write_text(re.sub(r"^sqlalchemy\.url = .*$", lambda _: line, original, flags=re.M))
        try:
            return _alembic(self.root, *args)
        finally:
            self.ini.write_text(original)


def make_template(directory: Path) -> Path:
    """What `alembic init migrations` generates, to be copied for each project."""
    directory.mkdir(parents=True, exist_ok=True)
    _alembic(directory, "init", "migrations")
    return directory


def _alembic(cwd: Path, *args: str) -> str:
    command = [sys.executable, "-m", "alembic", *args]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"alembic {' '.join(args)}\n{done.stdout}{done.stderr}"
    return done.stdout


def _body(source: str) -> str:
    return indent(dedent(source).strip() or "pass", "    ")
