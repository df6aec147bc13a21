"""A rollout of one revision over a fleet, beside what people do instead; what its durable checkpoints cost."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median

from benchmarks.contest import Command, Comparison, Cost, held, program, script
from benchmarks.fleets import SERVER, Fleet, fleet
from benchmarks.report import spread

OURS = "orchestrate rollout"
LOOP = "loop of alembic upgrade head"
XARGS = "xargs -P 8 alembic upgrade head"
PYTHON_LOOP = "Python loop over alembic.command"
FLOOR = "raw psycopg, as many connections"
IN_MEMORY = "journal in memory (tmpfs)"
_LOOP = 'while read -r ini; do "{alembic}" -c "$ini" upgrade head </dev/null || exit 1; done <"{names}"'
_XARGS = 'xargs -P 8 -I{{}} "{alembic}" -c {{}} upgrade head <"{names}"'


def over_a_fleet(options: argparse.Namespace) -> Iterator[Comparison]:
    """`orchestrate rollout` against the loops and against the floor, for each number of targets."""
    for targets in options.targets or [100]:
        made = fleet(options.kind, targets, options.revisions)
        commands = _commands(made, options)
        costs = held(commands, options.pairs or 3, server=made.pid, memory=options.memory)
        size = f"{options.revisions:,} revisions, {options.parallel} at once"
        title = f"Rollout of one revision over {made.title}, {size}"
        yield Comparison(f"fleet {options.kind} {targets}", title, costs, _notes(made, commands))


def ours(made: Fleet, options: argparse.Namespace) -> Command:
    """Our rollout over the whole fleet, which is then one revision short again."""
    made.write(options.parallel, tenants=options.written == "tenants")
    return Command(OURS, rollout(), made.root, after=lambda: made.rewind(made.names))


def rollout() -> list[str]:
    """The command line."""
    return [script("orchestrate"), "rollout", "--yes", "--log-format", "json"]


def _commands(made: Fleet, options: argparse.Namespace) -> list[Command]:
    every = made.work(made.names)
    floor = FLOOR if made.server else "raw sqlite3, as many threads"
    commands = [
        ours(made, options),
        replace(_part(made, len(made.names)), title=floor, argv=program("raw_upgrade", every, options.parallel)),
    ]
    loop = _part(made, len(made.names) if options.whole else options.sample)
    many = _part(made, len(made.names) if options.whole else options.sample * 2)
    alembic = script("alembic")
    for title, part, told in ((LOOP, loop, _LOOP), (XARGS, many, _XARGS)):
        argv = ["/bin/sh", "-c", told.format(alembic=alembic, names=made.listed(_size(made, part)))]
        commands.append(replace(part, title=title, argv=argv))
    python = _part(made, len(made.names) if options.whole else options.sample * 5)
    argv = program("alembic_loop", made.root / f"work-{_size(made, python)}.json", "upgrade")
    return [*commands, replace(python, title=PYTHON_LOOP, argv=argv)]


def _part(made: Fleet, targets: int) -> Command:
    """A command for so many of the targets, to be scaled to all of them."""
    names = made.names[:targets]
    made.work(names)
    return Command("", [], made.root, after=lambda: made.rewind(names), of=len(made.names) / len(names))


def _size(made: Fleet, part: Command) -> int:
    return round(len(made.names) / part.of)


def _notes(made: Fleet, commands: list[Command]) -> list[str]:
    parts = [f"{command.title}: {_size(made, command)}" for command in commands if command.of > 1]
    scaled = "Measured on a part of the targets and scaled to all of them: " + ", ".join(parts) + "."
    return [*([f"{SERVER}."] if made.server else []), *([scaled] if parts else [])]


# --- durable checkpoints ---


def checkpoints(options: argparse.Namespace) -> Iterator[Comparison]:
    """The same rollout with its journal on the disk and in memory, and a clock around the commits."""
    for targets in options.targets or [100]:
        made = fleet(options.kind, targets, options.revisions)
        with tempfile.TemporaryDirectory(dir="/dev/shm") as place:
            disk = ours(made, options)
            journal = {"ORCHESTRATE_JOURNAL": f"sqlite:///{place}/journal.db"}
            clocked, clocks = _clocked(disk, Path(place))
            memory = replace(disk, title=IN_MEMORY, variables=journal)
            costs = held([disk, memory, clocked], options.pairs or 3, server=made.pid)
            title = f"Durable checkpoints in a rollout over {made.title}"
            yield Comparison(f"checkpoints {options.kind} {targets}", title, costs, _shares(costs, clocks))


CLOCKED = "orchestrate rollout, clocked"


def _clocked(disk: Command, place: Path) -> tuple[Command, list[dict[str, float]]]:
    """The command with a clock inside, and what the clock said each time."""
    clocks: list[dict[str, float]] = []
    path = place / "clock.json"

    def after() -> None:
        clocks.append(json.loads(path.read_text()))
        disk.after()

    argv = program("clocked", *disk.argv[1:])
    return replace(disk, title=CLOCKED, argv=argv, after=after, variables={"BENCHMARK_CLOCK": str(path)}), clocks


def share_of_checkpoints(costs: dict[str, list[Cost]]) -> list[float]:
    """What a journal on the disk adds to the wall time, as a part of it, round by round; never below 0."""
    pairs = zip(costs[OURS], costs[IN_MEMORY], strict=True)
    return [max(0.0, 1 - memory.wall / disk.wall) for disk, memory in pairs]


def _shares(costs: dict[str, list[Cost]], clocks: list[dict[str, float]]) -> list[str]:
    rounds = clocks[-len(costs[CLOCKED]) :]
    busy = [clock["committing"] / clock["all"] for clock in rounds]
    share = share_of_checkpoints(costs)
    commits, events = (median(clock[name] for clock in rounds) for name in ("commits", "events"))
    return [
        f"Wall time that a journal on the disk adds, as a share: {spread(100 * part for part in share)} %.",
        f"Share of the wall time that the journal was committing: {spread(100 * part for part in busy)} %.",
        f"{events:,.0f} events in {commits:,.0f} commits.",
    ]
