"""What ten times as many targets cost: time, and the memory of the command and of its workers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.contest import Command, Comparison, held, script
from benchmarks.fleets import SERVER, fleet
from benchmarks.rollout import ours

_FEW, _MANY = 1_000, 10_000


def growth(options: argparse.Namespace) -> Iterator[Comparison]:
    """`status` and `rollout` of many targets against those of few; the larger fleet stands first."""
    few, many = sorted(options.targets or [_FEW, _MANY])[:2]
    kind = "sqlite" if options.kind == "databases" else options.kind
    fleets = [fleet(kind, size, options.revisions) for size in (many, few)]
    server = fleets[0].pid  # the larger fleet's: of the smaller one no server's time is counted
    rollouts = [replace(ours(made, options), title=f"rollout over {len(made.names):,}") for made in fleets]
    looks = [
        Command(f"status of {len(made.names):,}", [script("orchestrate"), "status"], made.root) for made in fleets
    ]
    for word, commands in (("status", looks), ("rollout", rollouts)):
        costs = held(commands, options.pairs or 1, warm_up=0, server=server, memory=True)
        title = f"{word.capitalize()} of {fleets[0].title} against {len(fleets[1].names):,}"
        yield Comparison(f"growth {word}", title, costs, [_why(kind)])


def _why(kind: str) -> str:
    if kind == "sqlite":
        return "SQLite files: 10,000 PostgreSQL databases would take some 75 GB."
    return f"Schemas: 10,000 PostgreSQL databases would take some 75 GB. {SERVER}."
