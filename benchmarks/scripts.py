"""Reading the revision scripts and building their graph: from the syntax tree, and as Alembic does, by importing.

Each figure is one reading in a process of its own, imports of the readers themselves not counted.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.contest import CACHES, Comparison, Cost, program, surroundings
from tests.projects_builder import AlembicProject, make_template

OURS, THEIRS = "orchestrate", "ScriptDirectory"


def readers(options: argparse.Namespace) -> Iterator[Comparison]:
    """Both readers for each number of scripts: nothing kept from before, then all that an earlier reading kept."""
    with tempfile.TemporaryDirectory() as name:
        template = make_template(Path(name) / "template")
        for size in options.sizes:
            project = AlembicProject(Path(name) / str(size), template)
            project.tables(*(f"{number:012x}" for number in range(1, size + 1)))
            for state in ("cold", "cached"):
                costs = _held(project, options.pairs or 5, cold=state == "cold")
                yield Comparison(f"scripts {size} {state}", f"Reading {size:,} revision scripts, {state}", costs)


def _held(project: AlembicProject, rounds: int, *, cold: bool) -> dict[str, list[Cost]]:
    readers = {OURS: "tree", THEIRS: "alembic"}
    costs: dict[str, list[Cost]] = {title: [] for title in readers}
    for number in range(-1, rounds):
        for title in list(readers) if number % 2 == 0 else list(readers)[::-1]:
            if cold:
                _forget(project)
            cost = _read(readers[title], project.root)
            if number >= 0:
                costs[title].append(cost)
    return costs


def _forget(project: AlembicProject) -> None:
    """Compiled scripts, and what this package keeps of them."""
    shutil.rmtree(project.versions / "__pycache__", ignore_errors=True)
    shutil.rmtree(Path(CACHES.name) / "orchestrate", ignore_errors=True)


def _read(reader: str, directory: Path) -> Cost:
    argv = program("read_scripts", reader)
    done = subprocess.run(argv, cwd=directory, env=surroundings(), capture_output=True, text=True, check=True)
    wall, used = map(float, done.stdout.split())
    return Cost(wall, used)
