"""`python -m benchmarks.fleet_core`: what a fleet costs without any database: plan, journal, fold, status, JSON.

Ten thousand tenants that do not exist are planned, recorded step by step by 16 threads in a real journal, read
back and told; each size in a process of its own. It shows what grows faster than the
fleet, and what stays in memory.
"""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from orchestrator.core import plan_json as plans
from orchestrator.core import planner
from orchestrator.core.divergence import applied, compare, stand
from orchestrator.core.events import Event, EventKind
from orchestrator.core.observations import Observation, Reading
from orchestrator.core.pipeline import Environment, Pipeline
from orchestrator.core.plan import Plan, TargetPlan
from orchestrator.core.revisions import Graph
from orchestrator.core.run import Run, lost
from orchestrator.core.scripts import Script
from orchestrator.core.secrets import Secret
from orchestrator.core.status import Pair, StatusReport, TargetStatus
from orchestrator.core.targets import Target
from orchestrator.core.world import World, twins
from orchestrator.journal.journal import Journal
from orchestrator.views import json as view

SIZES = (1_000, 10_000)
_REVISIONS, _PENDING = 50, 2
_THREADS = 16
_IN_MEMORY = "/dev/shm"
"""Where the journal lies: how fast a disk is, is not asked here."""
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_ACTOR, _RUN = "ann@work", "20260101-000000-000000"
_Found = TypeVar("_Found")


def graph() -> Graph:
    """One line of revisions."""
    ids = [f"{number:012x}" for number in range(_REVISIONS)]
    return Graph(
        Script(
            one, (ids[at - 1],) if at else (), f"{one}.py", message=f"Revision {one}", digest=f"sha256:{one * 5}"
        )
        for at, one in enumerate(ids)
    )


def world(size: int) -> World:
    """A source that is at head, and tenants that lack the last revisions, each with a database's identity."""
    line = graph()
    order = line.order(line.ancestors(line.heads))
    source, tenants = Target("dev"), tuple(Target("prod", tenant=f"tenant_{n:05}") for n in range(size))
    seen = {source: Observation(source, Reading.VERSIONED, _NOW, line.heads, "postgresql")}
    for number, tenant in enumerate(tenants):
        heads = (order[-1 - _PENDING],)
        where = f"db-{number}"
        seen[tenant] = Observation(
            tenant, Reading.VERSIONED, _NOW, heads, "postgresql", identity=where, instance=where, schema=where
        )
    pipeline = Pipeline((Environment("dev", (source,), False), Environment("prod", tenants, False)))
    return World(pipeline, dict.fromkeys(seen, line), seen)


class Clock:
    """Prints what each part took: seconds of wall and of processor time."""

    def __init__(self) -> None:
        self.parts: dict[str, list[float]] = {}

    def timed(self, part: str, work: Callable[[], _Found]) -> _Found:
        """What the work returns."""
        wall, used = time.perf_counter(), time.process_time()
        found = work()
        self.parts[part] = [time.perf_counter() - wall, time.process_time() - used]
        return found


def record(journal: Journal, plan: Plan) -> None:
    """A whole run that succeeds, with the events that a real one has, from as many threads."""

    def told(kind: EventKind, target: Target | None = None, revision: str | None = None, **body: object) -> None:
        journal.record([Event(kind, _NOW, _RUN, _ACTOR, target, revision, body)])

    def driven(planned: TargetPlan) -> None:
        target = planned.target
        told(EventKind.TARGET_STARTED, target, python="3.11.7", alembic="1.20.0", sqlalchemy="2.0.36")
        for step in planned.steps:
            told(EventKind.STEP_INTENT, target, step.revision, digest=step.digest, heads=list(planned.start))
            told(EventKind.STEP_APPLIED, target, step.revision, heads=[step.revision], seconds=0.1)
        told(EventKind.TARGET_FINISHED, target, result="applied", heads=list(planned.end))

    told(EventKind.RUN_STARTED, plan=plans.to_json(plan), command="orchestrate promote dev prod")
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(driven, plan.targets))
    told(EventKind.RUN_FINISHED, outcome="succeeded")


def statuses(seen: World, last: dict[Target, Run]) -> StatusReport:
    """As `status` puts it together."""
    source, *tenants = seen.pipeline.targets
    rows = []
    for target in (source, *tenants):
        line, observation, run = seen.graphs[target], seen.observations[target], last.get(target)
        standing, has = stand(line, observation), applied(line, observation)
        if run is not None and has is not None:
            lost(run, target, has)
        rows.append(TargetStatus(target, standing.state, observation.heads, standing.missing, last_run=run))
    twins(seen.observations.values())
    pairs = tuple(Pair(source, t, compare(seen.graphs[t], _has(seen, source), _has(seen, t))) for t in tenants)
    return StatusReport(tuple(rows), pairs, {}, {})


def _has(seen: World, target: Target) -> frozenset[str] | None:
    return applied(seen.graphs[target], seen.observations[target])


def measure(size: int, folder: Path) -> dict[str, list[float]]:
    """Seconds (wall, processor) of each part, and MB of memory at most, for a fleet of this size."""
    gc.set_threshold(200_000)
    clock = Clock()
    seen = clock.timed("world", lambda: world(size))
    plan = clock.timed("plan", lambda: planner.promote(seen, "dev", "prod"))
    clock.timed("fingerprint", lambda: plan.fingerprint)
    url = Secret(f"sqlite:///{folder}/{size}.db")
    with Journal(url, writing=True) as journal:
        clock.timed("record", lambda: record(journal, plan))
    with Journal(url) as journal:
        last = clock.timed("last runs", journal.last_runs)
        clock.timed("news", lambda: [journal.news(target, None) for target in list(last)[:1000]])
        clock.timed("a run", lambda: journal.run(_RUN))
    assert len(last) == size
    assert all(run.finished(target) for target, run in last.items())
    report = clock.timed("status", lambda: statuses(seen, last))
    clock.timed("JSON", lambda: len(json.dumps(view.fields(report))))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**clock.parts, "memory, MB": [peak, peak]}


def main() -> None:
    """Print each part for each size, and how much more the larger takes."""
    if arguments := sys.argv[1:]:
        print(json.dumps(measure(int(arguments[0]), Path(arguments[1]))))
        return
    found = []
    for size in SIZES:
        with tempfile.TemporaryDirectory(dir=_IN_MEMORY if Path(_IN_MEMORY).is_dir() else None) as folder:
            argv = [sys.executable, "-m", "benchmarks.fleet_core", str(size), folder]
            found.append(json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout))
    few, many = found
    print(f"{'seconds: wall, processor':26}{SIZES[0]:>16,}{SIZES[1]:>18,}{'times (processor)':>20}")
    for part, (wall, used) in many.items():
        before = few[part]
        print(
            f"{part:26}{before[0]:8.2f}{before[1]:8.2f}{wall:10.2f}{used:8.2f}{used / max(before[1], 0.001):20.1f}"
        )


if __name__ == "__main__":
    main()
