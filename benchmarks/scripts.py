"""Reading the revision scripts and building their graph: from the syntax tree, and as Alembic does, by importing.

Each figure is one reading in a process of its own, imports of the readers themselves not counted.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.pairs import surroundings
from tests.projects_builder import AlembicProject, make_template

_TREE = """
import time, pathlib
from orchestrator.core.revisions import Graph
from orchestrator.project.revision_scripts import alembic_config, scripts
started = time.perf_counter()
here = pathlib.Path.cwd()
graph = Graph(scripts.read_scripts(alembic_config.read(here / "alembic.ini", "alembic", here)))
assert len(graph.heads) == 1
print(time.perf_counter() - started)
"""
_ALEMBIC = """
import time
from alembic.config import Config
from alembic.script import ScriptDirectory
import sqlalchemy, alembic.op
started = time.perf_counter()
assert len(ScriptDirectory.from_config(Config("alembic.ini")).get_heads()) == 1
print(time.perf_counter() - started)
"""


def compare_readers(options: argparse.Namespace) -> None:
    """Print the milliseconds of each reader for each number of scripts."""
    print(f"reading the scripts, ms, median of {options.pairs}")
    print(f"  {'scripts':>8}{'syntax tree':>14}{'Alembic, first':>18}{'Alembic, again':>18}")
    with tempfile.TemporaryDirectory() as name:
        template = make_template(Path(name) / "template")
        for size in options.sizes:
            project = AlembicProject(Path(name) / str(size), template)
            project.tables(*(f"{number:012x}" for number in range(1, size + 1)))
            first, again, tree = [], [], []
            for _ in range(options.pairs):
                shutil.rmtree(project.versions / "__pycache__", ignore_errors=True)
                first.append(_seconds(_ALEMBIC, project.root))
                again.append(_seconds(_ALEMBIC, project.root))
                tree.append(_seconds(_TREE, project.root))
            print(f"  {size:>8}{_ms(tree):>14}{_ms(first):>18}{_ms(again):>18}")
    print()


def _seconds(code: str, directory: Path) -> float:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=directory, env=surroundings(), capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def _ms(seconds: list[float]) -> str:
    return f"{median(seconds) * 1000:.0f}"
