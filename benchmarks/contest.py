"""Runs several commands in turn, round by round, and puts each beside the first: what else the machine does
touches all of them alike.

Wall time is what a person waits; processor time (user and system) is the second figure, which a busy machine
disturbs less: the client's is that of the command and its children, the server's is its own, where there is one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import processes

_REMOVED = ("ORCHESTRATE_", "PYTHON", "ALEMBIC_", "PG")
"""Beginnings of variables that no measured command sees. With PYTHONDONTWRITEBYTECODE, for one, Alembic compiles
every revision script each time."""
CACHES = tempfile.TemporaryDirectory(prefix="orchestrate-caches-")
"""What commands keep between two runs lies there, and not in the caches of whoever runs this."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a command took, in seconds; peaks of memory in MiB where they were looked at."""

    wall: float
    processor: float
    server: float = 0.0
    parent_peak: float = 0.0
    worker_peak: float = 0.0

    def times(self, factor: float) -> Cost:
        """The cost of so many times the work."""
        times = (self.wall * factor, self.processor * factor, self.server * factor)
        return Cost(*times, self.parent_peak, self.worker_peak)


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Command:
    """One of the commands. `before` and `after` bring the world to where a run begins, and are not measured.

    `of` is how many times its work the whole work is: a loop over 20 of 1,000 targets has 50.
    """

    title: str
    argv: Sequence[str]
    directory: Path
    before: Callable[[], None] = _nothing
    after: Callable[[], None] = _nothing
    of: float = 1.0
    variables: Mapping[str, str] = field(default_factory=dict)

    def run(self, server: int | None = None, *, memory: bool = False) -> Cost:
        """Run it once; `server` is the process id of one that works for it. RuntimeError with its output."""
        self.before()
        known = processes.children(os.getpid())
        used, served = processes.used_by_children(), processes.used_by_server(server)
        with tempfile.TemporaryFile() as output:
            wall, code, peaks = self._timed(output.fileno(), memory=memory)
            processes.wait_for_orphans(known)
            if code:
                output.seek(0)
                raise RuntimeError(f"{' '.join(self.argv)}: exit {code}\n{output.read()[-4000:].decode()}")
        spent = (processes.used_by_children() - used, processes.used_by_server(server) - served)
        self.after()
        return Cost(wall, *spent, peaks.parent, peaks.worker).times(self.of)

    def _timed(self, output: int, *, memory: bool) -> tuple[float, int, processes.Peaks]:
        started = time.perf_counter()
        environment = {**surroundings(), **self.variables}
        with subprocess.Popen(
            self.argv, cwd=self.directory, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        ) as process:
            if not memory:
                code, peaks = process.wait(), processes.Peaks()
            else:
                with processes.watched(process) as peaks:
                    code = process.wait()
            return time.perf_counter() - started, code, peaks


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it: for each command, in their order, its cost in each round. The first is ours."""

    name: str
    title: str
    costs: Mapping[str, Sequence[Cost]]
    notes: Sequence[str] = ()

    def ratios(self, ours: str, theirs: str, figure: str = "wall") -> list[float]:
        """Round by round, what ours took of what the other took."""
        pairs = zip(self.costs[ours], self.costs[theirs], strict=True)
        return [getattr(one, figure) / max(getattr(other, figure), 1e-9) for one, other in pairs]

    @property
    def ours(self) -> str:
        """The title of the first."""
        return next(iter(self.costs))


def surroundings() -> dict[str, str]:
    """The environment of every measured process: nothing that changes what Python or any command does."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_REMOVED)}
    return {**kept, "XDG_CACHE_HOME": CACHES.name}


def script(name: str) -> str:
    """The console script of that name beside the Python that runs this."""
    return str(Path(sys.executable).parent / name)


def program(name: str, *args: object) -> list[str]:
    """The command line of one of the alternatives that stand in `programs`."""
    return [sys.executable, str(Path(__file__).parent / "programs" / f"{name}.py"), *map(str, args)]


def held(
    commands: Sequence[Command], rounds: int, *, warm_up: int = 1, server: int | None = None, memory: bool = False
) -> dict[str, list[Cost]]:
    """Run all of them `rounds` times after a warm-up; another one begins each round."""
    costs: dict[str, list[Cost]] = {command.title: [] for command in commands}
    for number in range(-warm_up, rounds):
        start = number % len(commands)
        for command in [*commands[start:], *commands[:start]]:
            cost = command.run(server, memory=memory)
            if number >= 0:
                costs[command.title].append(cost)
                _told(f"round {number + 1} of {rounds}: {command.title}: {cost.wall:.2f} s")
    return costs


def _told(line: str) -> None:
    """Progress, on standard error: the tables alone stand on standard output."""
    print(line, file=sys.stderr, flush=True)
