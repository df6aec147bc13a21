"""Reports of `locks` made by hand: driven here and elsewhere, left behind, unreachable, free."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from orchestrator.core import plan_json as plans
from orchestrator.core.events import Event, EventKind
from orchestrator.core.failure import Failure
from orchestrator.core.locks import Held, LocksReport, TargetLocks, shortened
from orchestrator.core.plan import Plan
from orchestrator.core.run import Run, fold
from orchestrator.core.targets import Target
from orchestrator.errors import Exit

SINCE = datetime(2026, 7, 1, 11, 58, tzinfo=UTC)
RUN = "20260701-115800-ab12"
DEV, STAGING, PROD, GONE = Target("dev"), Target("staging"), Target("prod"), Target("prod", "billing")


def at_work(plan: Plan, target: Target, revision: str) -> Run:
    """A run that has begun a revision and recorded no outcome."""
    begun = {"plan": plans.to_json(plan), "command": "orchestrate rollout"}
    events = (
        Event(EventKind.RUN_STARTED, SINCE, RUN, "ada@lab", body=begun),
        Event(EventKind.STEP_INTENT, SINCE, RUN, "ada@lab", target, revision),
    )
    run = fold(events)
    assert run is not None
    return run


def reports(plan: Plan, target: Target, revision: str) -> Mapping[str, LocksReport]:
    """The reports; `plan` has the revision on the target."""
    run = at_work(plan, target, revision)
    statement = shortened("ALTER TABLE orders ADD COLUMN note varchar(40) DEFAULT 's3cret'")
    here = Held("ada@lab", RUN, 4711, 812, SINCE, here=True, alive=True, recorded=run)
    session = "SELECT pg_terminate_backend(813)"
    works = Held("shop@10.0.0.7", RUN, None, 813, SINCE, None, None, True, statement, run, session)
    idle = Held("shop@10.0.0.7", None, None, 813, None, running=False, ending="KILL 813")
    nobody = Held("shop@10.0.0.7", None, None, 900, SINCE)
    unreachable = Failure("unavailable", "db:5432/billing: no server listens there", "start it", Exit.UNAVAILABLE)
    away = Held("bob@ci-7", "20260701-115900-cd34", 99, 814, SINCE, here=False)
    dead = Held("ada@lab", RUN, 4711, 812, SINCE, here=True, alive=False, ending="KILL 812")
    driven = (TargetLocks(DEV), TargetLocks(target, here, works), TargetLocks(GONE, failure=unreachable))
    others = (TargetLocks(STAGING, dead), TargetLocks(PROD, away), TargetLocks(DEV, nobody))
    left = (TargetLocks(PROD, None, works), TargetLocks(DEV, None, idle))
    journal = Failure("journal", "the journal cannot be used", "restore it", Exit.JOURNAL)
    return {
        "locks_driven": LocksReport(driven),
        "locks_elsewhere": LocksReport(others),
        "locks_left": LocksReport(left, journal),
        "locks_free": LocksReport((TargetLocks(DEV), TargetLocks(PROD))),
    }
