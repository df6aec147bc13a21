"""Recording in the journal: several threads that share transactions, against one transaction for each event.

Each pair is taken in turn, on one journal; a thread records its next event when the last is durable, as a target
of a run does.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from threading import Lock

from benchmarks.contest import Comparison, Cost
from benchmarks.fleets import SERVER, Durable
from orchestrator.core.events import Event, EventKind
from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.journal.journal import Journal

_EACH = 25
"""Events that a thread records."""
_THREADS = (4, 16)


def recording(options: argparse.Namespace) -> Iterator[Comparison]:
    """Events shared and one by one, for each kind of journal and number of threads."""
    server = Durable()
    server.durable = True
    try:
        server.start()
        with tempfile.TemporaryDirectory() as folder:
            places = {"PostgreSQL": server.new_database()[1], "SQLite": f"sqlite:///{folder}/journal.db"}
            for kind, url in places.items():
                for threads in _THREADS:
                    yield _compared(kind, url, threads, options.pairs or 7)
    finally:
        with suppress(OSError):
            server.remove()


def _compared(kind: str, url: str, threads: int, rounds: int) -> Comparison:
    turn = Lock()
    with Journal(Secret(url), writing=True) as journal:

        def alone(event: Event) -> None:
            with turn:
                journal.record([event])

        def shared(event: Event) -> None:
            journal.record([event])

        ways = {"shared": shared, "one by one": alone}
        costs: dict[str, list[Cost]] = {title: [] for title in ways}
        for number in range(-1, rounds):
            for title in list(ways) if number % 2 == 0 else list(ways)[::-1]:
                cost = _cost(ways[title], threads)
                if number >= 0:
                    costs[title].append(cost)
    title = f"Recording {threads * _EACH} events from {threads} threads in a journal on {kind}"
    return Comparison(f"journal {kind} {threads}", title, costs, [f"{SERVER}."] if kind == "PostgreSQL" else [])


def _cost(record: Callable[[Event], None], threads: int) -> Cost:
    """What it takes until all that so many threads record together is durable."""

    def work(number: int) -> None:
        for step in range(_EACH):
            body = {"message": "Add an index", "heads": ["0123456789ab"], "seconds": 0.1}
            at, target = datetime.now(UTC), Target(f"t{number}")
            record(Event(EventKind.STEP_APPLIED, at, "benchmark", "ann@work", target, str(step), body))

    with ThreadPoolExecutor(threads) as pool:
        started, used = time.perf_counter(), time.process_time()
        list(pool.map(work, range(threads)))
        return Cost(time.perf_counter() - started, time.process_time() - used)
