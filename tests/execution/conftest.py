"""A project of one folder, scripts for a worker to load, and workers."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator.execution.workers import Workers
from orchestrator.project.configuration import AlembicProject, Transactions
from tests.crash.scene import children, gone


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


@pytest.fixture
def workers() -> Iterator[Workers]:
    """Workers, ended with the test; nothing of them may be left but what has ended, or does so by itself."""
    before = set(children(os.getpid()))
    with Workers() as made:
        yield made
    end = time.monotonic() + 20
    while left := [process for process in set(children(os.getpid())) - before if not gone(process)]:
        assert time.monotonic() < end, f"processes {left} go on"
        time.sleep(0.02)
