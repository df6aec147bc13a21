"""`status` of many databases beside the raw driver, of many schemas beside UNION ALL."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.contest import Command, Comparison, Cost, held, program, script
from benchmarks.fleets import SERVER, Fleet, fleet
from benchmarks.report import spread

OURS = "orchestrate status"
LOOP = "loop of alembic current"
PYTHON_LOOP = "Python loop over alembic.command"
UNION = "chunked UNION ALL alone"
_LOOP = 'while read -r ini; do "{alembic}" -c "$ini" current </dev/null || exit 1; done <"{names}"'
_THREADS = (1, 2, 4, 8, 16, 32)


def of_databases(options: argparse.Namespace) -> Iterator[Comparison]:
    """`orchestrate status` of many databases against connecting and selecting with the best number of threads."""
    for targets in options.targets or [100]:
        made = fleet(options.kind, targets, options.revisions)
        made.write(options.parallel, tenants=options.written == "tenants")
        every, part = made.work(made.names), min(options.sample, targets)
        sample = made.work(made.names[:part])
        threads, tried = _best(made, every)
        loop = ["/bin/sh", "-c", _LOOP.format(alembic=script("alembic"), names=made.listed(part))]
        commands = [
            Command(OURS, [script("orchestrate"), "status"], made.root),
            Command(f"raw driver, {threads} threads", program("raw_status", every, threads), made.root),
            Command(LOOP, loop, made.root, of=targets / part),
            Command(PYTHON_LOOP, program("alembic_loop", sample, "current"), made.root, of=targets / part),
        ]
        costs = held(commands, options.pairs or 5, server=made.pid, memory=options.memory)
        title = f"Status of {made.title}, {options.revisions:,} revisions"
        notes = [f"The loops: measured on {part} targets and scaled to all of them.", tried, *_server(made)]
        yield Comparison(f"fleet-status {options.kind} {targets}", title, costs, notes)


def _best(made: Fleet, every: object) -> tuple[int, str]:
    """The number of threads with which the raw driver is fastest, each tried twice; what each took."""
    tries = [Command(str(number), program("raw_status", every, number), made.root) for number in _THREADS]
    costs = held(tries, 2)
    walls = {int(title): min(cost.wall for cost in found) for title, found in costs.items()}
    told = ", ".join(f"{number}: {wall:.2f} s" for number, wall in walls.items())
    return min(walls, key=lambda number: walls[number]), f"The raw driver by number of threads: {told}."


def _server(made: Fleet) -> list[str]:
    return [f"{SERVER}."] if made.server else []


def of_schemas(options: argparse.Namespace) -> Iterator[Comparison]:
    """`orchestrate status` of schemas against UNION ALL alone; the same of one schema is each one's start-up."""
    for targets in options.targets or [2000]:
        made = fleet("schemas", targets, options.revisions)
        work = made.work(made.names[:1])
        made.write(options.parallel, names=made.names[:1])
        (made.root / "environments.yaml").rename(made.root / "one.yaml")
        made.write(options.parallel)
        status = [script("orchestrate"), "status"]
        ours = Command(OURS, status, made.root)
        union = Command(UNION, program("union_all", work, targets), made.root)
        commands = [
            ours,
            union,
            replace(ours, title=f"{OURS} of one schema", argv=[*status, "--config", "one.yaml"]),
            replace(union, title=f"{UNION}, one schema", argv=program("union_all", work, 1)),
        ]
        costs = held(commands, options.pairs or 7, server=made.pid, memory=options.memory)
        title = f"Status of {made.title}, {options.revisions:,} revisions"
        net = spread(beside_start_up(costs))
        notes = [f"Each without its own start-up (what it takes for one schema), ours ÷ theirs: {net}."]
        yield Comparison(f"schemas {targets}", title, costs, [*notes, *_server(made)])


def beside_start_up(costs: dict[str, list[Cost]]) -> list[float]:
    """Ours by theirs, each less what the same takes for one schema, round by round."""
    whole, union, one, start = costs.values()
    return [
        (a.wall - c.wall) / max(b.wall - d.wall, 1e-6) for a, b, c, d in zip(whole, union, one, start, strict=True)
    ]
