"""A project of one folder, and scripts for a worker to load."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.project.configuration import AlembicProject, Transactions


@pytest.fixture
def project(tmp_path: Path) -> AlembicProject:
    """A project whose Python is ours."""
    return AlembicProject(
        name="app",
        config=tmp_path / "alembic.ini",
        section="alembic",
        python=sys.executable,
        working_directory=tmp_path,
        transactions=Transactions.PER_REVISION,
    )


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a revision script, which loading it runs."""

    def write(source: str) -> Path:
        path = tmp_path / f"script_{len(list(tmp_path.iterdir()))}.py"
        path.write_text(f"import os, sys, threading\n{source}")
        return path

    return write
