"""Runs two commands in turn and compares them pair by pair: what else the machine does touches both alike.

Wall time is what a person waits; processor time (user and system, of the command and its children) is the second
figure, which a busy machine disturbs less.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_REMOVED = ("ORCHESTRATE_", "PYTHON", "ALEMBIC_", "PG")
"""Beginnings of variables that no measured command sees. With PYTHONDONTWRITEBYTECODE, for one, Alembic compiles
every revision script each time."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a command took, in seconds."""

    wall: float
    processor: float


@dataclass(frozen=True, slots=True)
class Command:
    """One of the two commands; `before` brings the world to where each run begins, and is not measured."""

    title: str
    argv: Sequence[str]
    directory: Path
    before: Callable[[], None] = lambda: None

    def run(self) -> Cost:
        """Run it once; raises RuntimeError with its output where it fails."""
        self.before()
        used, started = _processor(), time.perf_counter()
        done = subprocess.run(self.argv, cwd=self.directory, env=surroundings(), capture_output=True, check=False)
        cost = Cost(time.perf_counter() - started, _processor() - used)
        if done.returncode:
            raise RuntimeError(f"{' '.join(self.argv)}\n{done.stdout.decode()}{done.stderr.decode()}")
        return cost


def surroundings() -> dict[str, str]:
    """The environment of every measured process: nothing that changes what Python or either command does."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_REMOVED)}


def script(name: str) -> str:
    """The console script of that name beside the Python that runs this."""
    return str(Path(sys.executable).parent / name)


def compare(ours: Command, theirs: Command, pairs: int, warm_up: int = 2) -> None:
    """Run both in turn, the first of each pair alternating, and print what came of it."""
    for _ in range(warm_up):
        ours.run()
        theirs.run()
    costs: dict[str, list[Cost]] = {ours.title: [], theirs.title: []}
    for number in range(pairs):
        for command in (ours, theirs) if number % 2 == 0 else (theirs, ours):
            costs[command.title].append(command.run())
    _print(ours.title, theirs.title, costs)


def _print(ours: str, theirs: str, costs: dict[str, list[Cost]]) -> None:
    width = max(map(len, costs)) + 2
    print(f"  {'':{width}}{'wall: min':>10}{'median':>8}{'max':>8}{'processor: min':>18}{'median':>8}{'max':>8}")
    for title, found in costs.items():
        wall, used = _three(cost.wall for cost in found), _three(cost.processor for cost in found)
        print(f"  {title:{width}}{_row(wall, 10, 8)}{_row(used, 18, 8)}  s")
    both = list(zip(costs[ours], costs[theirs], strict=True))
    wall = _three(one.wall / other.wall for one, other in both)
    used = _three(one.processor / other.processor for one, other in both)
    print(f"  {'ratio':{width}}{_row(wall, 10, 8)}{_row(used, 18, 8)}\n")


def _three(values: Iterable[float]) -> tuple[float, float, float]:
    found = list(values)
    return min(found), median(found), max(found)


def _row(three: tuple[float, float, float], first: int, others: int) -> str:
    return f"{three[0]:{first}.2f}{three[1]:{others}.2f}{three[2]:{others}.2f}"


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
