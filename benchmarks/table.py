"""The table of aims: runs what fills each line at its full size, and prints where it stands."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks import growth, looking, rollout, scripts, single
from benchmarks.contest import Comparison
from benchmarks.report import spread, table


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what is measured, the figures of its rounds, and the most (or the least) that it may be."""

    measure: str
    figures: Sequence[float]
    most: float | None = None
    least: float | None = None
    unit: str = ""

    @property
    def row(self) -> tuple[str, str, str, str]:
        """Its cells; it is reached where the median is."""
        aim = (
            f"at most {self.most:g}{self.unit}" if self.most is not None else f"{self.least:g}{self.unit} or more"
        )
        middle = median(self.figures)
        reached = middle <= self.most if self.most is not None else middle >= (self.least or 0)
        return self.measure, aim, f"{spread(self.figures)}{self.unit}", "yes" if reached else "no"


def comparisons(options: argparse.Namespace) -> Iterator[Comparison]:
    """Everything that the table needs, one after the other; `shrink` divides each number of targets."""

    def sized(*targets: int, kind: str = "databases") -> argparse.Namespace:
        return argparse.Namespace(
            **{**vars(options), "targets": [max(3, t // options.shrink) for t in targets], "kind": kind}
        )

    yield from single.status(options)
    yield from looking.of_databases(sized(1000))
    yield from looking.of_schemas(sized(2000))
    yield from rollout.over_a_fleet(sized(100, 1000))
    yield from rollout.checkpoints(sized(1000))
    yield from single.promote(options)
    yield from scripts.readers(argparse.Namespace(**{**vars(options), "sizes": [2000]}))
    yield from growth.growth(sized(1000, 10000, kind="sqlite"))


def printed(found: Sequence[Comparison]) -> str:
    """The table, from whatever was measured."""
    rows = [line.row for comparison in found for line in lines(comparison)]
    return table(["measure", "aim", "measured", "reached"], rows)


def lines(comparison: Comparison) -> list[Line]:
    """The lines that a comparison fills; none where the table has none for it."""
    word = comparison.name.split()[0]
    return _LINES[word](comparison) if word in _LINES else []


def _faster(comparison: Comparison, other: str) -> list[float]:
    return [1 / ratio for ratio in comparison.ratios(comparison.ours, other)]


def _second(comparison: Comparison) -> str:
    return list(comparison.costs)[1]


def _status(found: Comparison) -> list[Line]:
    return [
        Line(f"{found.title}, against one `alembic current`", found.ratios(found.ours, _second(found)), most=0.5)
    ]


def _fleet_status(found: Comparison) -> list[Line]:
    return [Line(f"{found.title}, against {_second(found)}", found.ratios(found.ours, _second(found)), most=1.25)]


def _schemas(found: Comparison) -> list[Line]:
    net = looking.beside_start_up(dict(found.costs))
    return [Line(f"{found.title}, against {looking.UNION}, each without its start-up", net, most=1.5)]


def _fleet(found: Comparison) -> list[Line]:
    floor = _second(found)
    return [
        Line(
            f"{found.title}, against a loop of `alembic upgrade head`",
            _faster(found, rollout.LOOP),
            least=25,
            unit=" times",
        ),
        Line(f"the same against `{rollout.XARGS}`", _faster(found, rollout.XARGS), least=12, unit=" times"),
        Line(f"the same against {floor}", found.ratios(found.ours, floor), most=2),
    ]


def _checkpoints(found: Comparison) -> list[Line]:
    share = [100 * part for part in rollout.share_of_checkpoints(dict(found.costs))]
    return [Line(found.title, share, most=15, unit=" %")]


def _promote(found: Comparison) -> list[Line]:
    ratios = found.ratios(found.ours, _second(found))
    return [Line(f"{found.title}, against `alembic upgrade head`", ratios, most=1.2)]


def _scripts(found: Comparison) -> list[Line]:
    most = 0.5 if found.name.endswith("cold") else 0.1
    return [Line(f"{found.title}, against ScriptDirectory", found.ratios(scripts.OURS, scripts.THEIRS), most=most)]


def _growth(found: Comparison) -> list[Line]:
    many = found.costs[found.ours]
    peaks = [
        Line(f"{found.title}: the command's memory", [cost.parent_peak for cost in many], most=200, unit=" MB")
    ]
    if any(cost.worker_peak for cost in many):
        workers = [cost.worker_peak for cost in many]
        peaks.append(Line(f"{found.title}: a worker's memory", workers, most=70, unit=" MB"))
    return [Line(f"{found.title}: time", found.ratios(found.ours, _second(found)), most=11, unit=" times"), *peaks]


_LINES: dict[str, Callable[[Comparison], list[Line]]] = {
    "status": _status,
    "fleet-status": _fleet_status,
    "schemas": _schemas,
    "fleet": _fleet,
    "checkpoints": _checkpoints,
    "promote": _promote,
    "scripts": _scripts,
    "growth": _growth,
}
