"""`python -m benchmarks`: the comparisons named, or those of few databases; docs/performance.md explains them.

`table` runs everything that fills the table of aims, at full size. It starts a PostgreSQL of its own, works in a
temporary directory, and leaves nothing behind. Tables go to standard output, progress to standard error.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import fleets, growth, journal, looking, processes, report, rollout, scripts, single, table
from benchmarks.contest import Comparison
from benchmarks.fleets import KINDS

_ALL: dict[str, Callable[[argparse.Namespace], Iterator[Comparison]]] = {
    "status": single.status,
    "promote": single.promote,
    "scripts": scripts.readers,
    "journal": journal.recording,
    "fleet-status": looking.of_databases,
    "schemas": looking.of_schemas,
    "fleet": rollout.over_a_fleet,
    "checkpoints": rollout.checkpoints,
    "growth": growth.growth,
    "table": table.comparisons,
}
_SMALL = ("status", "promote", "scripts", "journal")


def main() -> None:
    """Run what was asked for."""
    options = _parser().parse_args()
    processes.adopt_orphans()
    print(f"{report.machine()}\n", flush=True)
    found: list[Comparison] = []
    with fleets.removed():
        for name in options.names or _SMALL:
            for comparison in _ALL[name](options):
                found.append(comparison)
                report.told(comparison)
                if options.json:
                    report.kept(options.json, found)
        if any(map(table.lines, found)):
            print(f"### Where it stands\n\n{table.printed(found)}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("names", nargs="*", choices=[*_ALL, []], help=f"which (default: {' '.join(_SMALL)})")
    add("--pairs", type=int, help="how often each is run (default: 1 to 15, by what it takes)")
    add("--databases", type=int, default=3, help="of `status` (3)")
    add("--revisions", type=int, default=20, help="of every project (20); 200 and 2000 are worth a look")
    add("--sizes", type=int, nargs="+", default=[20, 200, 2000], help="of `scripts`, in files")
    add("--targets", type=int, nargs="+", help="of the fleets: 3, 100, 1000, 10000")
    add("--kind", choices=KINDS, default="databases", help="what the targets of a fleet are")
    add("--parallel", type=int, default=8, help="targets changed at once, connections of the floor (8)")
    add(
        "--sample",
        type=int,
        default=20,
        help="targets on which the loop of commands is measured, then scaled (20)",
    )
    add("--whole", action="store_true", help="run the loops over all targets, whatever it takes")
    add("--memory", action="store_true", help="look at the peaks of memory too, five times a second")
    add("--written", choices=("tenants", "databases"), default="tenants", help="how environments.yaml says it")
    add("--shrink", type=int, default=1, help="divide each number of targets of `table`, to try it out")
    add("--json", type=Path, metavar="FILE", help="write every figure of every round there")
    return parser


if __name__ == "__main__":
    main()
