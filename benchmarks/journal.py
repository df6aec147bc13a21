"""Recording in the journal: several threads that share transactions, against one transaction for each event.

Each pair of figures is taken in turn, on one journal; a thread records its next event when the last is durable, as
a target of a run does.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from statistics import median
from threading import Lock

from orchestrator.core.events import Event, EventKind
from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.journal.journal import Journal

_EACH = 25
"""Events that a thread records."""
_THREADS = (4, 16)


def compare_recording(options: argparse.Namespace, urls: Mapping[str, Sequence[str]]) -> None:
    """Print events a second, shared and one by one, and their ratio."""
    print(f"recording events, events a second, median of {options.pairs} pairs")
    print(f"  {'journal':12}{'threads':>8}{'one by one':>12}{'shared':>10}{'ratio: median (min to max)':>30}")
    for kind, found in urls.items():
        for threads in _THREADS:
            with Journal(Secret(found[0]), writing=True) as journal:
                _print(f"{kind:12}{threads:>8}", _pairs(journal, threads, options.pairs))
    print()


def _pairs(journal: Journal, threads: int, pairs: int) -> list[tuple[float, float]]:
    turn = Lock()

    def alone(event: Event) -> None:
        with turn:
            journal.record([event])

    def shared(event: Event) -> None:
        journal.record([event])

    _rate(shared, threads)
    return [(_rate(alone, threads), _rate(shared, threads)) for _ in range(pairs)]


def _rate(record: Callable[[Event], None], threads: int) -> float:
    """Events a second that so many threads record together."""

    def work(number: int) -> None:
        for step in range(_EACH):
            body = {"message": "Add an index", "heads": ["0123456789ab"], "seconds": 0.1}
            at, target = datetime.now(UTC), Target(f"t{number}")
            record(Event(EventKind.STEP_APPLIED, at, "benchmark", "ann@work", target, str(step), body))

    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        list(pool.map(work, range(threads)))
        return threads * _EACH / (time.perf_counter() - started)


def _print(title: str, pairs: Sequence[tuple[float, float]]) -> None:
    ratios = [shared / alone for alone, shared in pairs]
    alone, shared = (median(rates) for rates in zip(*pairs, strict=True))
    spread = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    print(f"  {title}{alone:12.0f}{shared:10.0f}{spread:>30}")
