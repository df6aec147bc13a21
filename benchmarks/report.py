"""Writes what was measured: Markdown tables for docs/performance.md, and every figure as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.contest import Comparison

_PACKAGES = ("alembic", "sqlalchemy", "psycopg", "pydantic", "typer", "rich")


def machine() -> str:
    """Where it is measured: cores, load and versions, as one line."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, {packages}"


def spread(values: Iterable[float]) -> str:
    """Median, minimum and maximum."""
    found = list(values)
    low, middle, high = map(_number, (min(found), median(found), max(found)))
    return middle if len(found) == 1 else f"{middle} ({low} to {high})"


def _number(value: float) -> str:
    """Three digits that tell something."""
    digits = max(0, 3 - len(str(int(value)))) + (value < 1)
    return f"{value:,.{digits}f}"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def told(comparison: Comparison) -> None:
    """Print one comparison: what each took, and ours beside each of the others."""
    rounds = len(comparison.costs[comparison.ours])
    print(f"### {comparison.title}\n\nRounds: {rounds}; median (minimum to maximum).\n")
    print(_costs(comparison))
    if len(comparison.costs) > 1:
        print(_ratios(comparison))
    for note in comparison.notes:
        print(f"{note}\n")


def _costs(comparison: Comparison) -> str:
    memory = any(cost.parent_peak for costs in comparison.costs.values() for cost in costs)
    served = any(cost.server for costs in comparison.costs.values() for cost in costs)
    columns = ["", "wall, s", "processor, s"] + ["server's processor, s"] * served
    columns += ["peak of the command, MiB", "peak of any process below it, MiB"] * memory
    rows = []
    for title, costs in comparison.costs.items():
        row = [title, spread(cost.wall for cost in costs), spread(cost.processor for cost in costs)]
        row += [spread(cost.server for cost in costs)] * served
        row += [spread(cost.parent_peak for cost in costs)] * memory
        row += [spread(cost.worker_peak for cost in costs)] * memory
        rows.append(row)
    return table(columns, rows)


def _ratios(comparison: Comparison) -> str:
    ours, *others = comparison.costs
    rows = []
    for other in others:
        wall = comparison.ratios(ours, other)
        used = comparison.ratios(ours, other, "processor")
        rows.append([other, spread(wall), spread(1 / ratio for ratio in wall), spread(used)])
    return table([f"{ours}, against", "wall, ours ÷ theirs", "theirs ÷ ours", "processor, ours ÷ theirs"], rows)


def kept(path: Path, comparisons: Iterable[Comparison]) -> None:
    """Write every figure of every round as JSON."""
    found = [
        {
            "name": comparison.name,
            "title": comparison.title,
            "notes": list(comparison.notes),
            "costs": {title: [asdict(cost) for cost in costs] for title, costs in comparison.costs.items()},
        }
        for comparison in comparisons
    ]
    path.write_text(json.dumps({"machine": machine(), "comparisons": found}, indent=1) + "\n")
