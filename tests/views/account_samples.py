"""Accounts of runs made by hand: one that went well, one that did not, and of thousands of tenants."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.core import plan_json as plans
from orchestrator.core import recount
from orchestrator.core.account import Account
from orchestrator.core.envelope import JournalHead
from orchestrator.core.events import Event, EventKind
from orchestrator.core.gates.decisions import Approval, Waiver
from orchestrator.core.gates.recorded import values_of
from orchestrator.core.gates.verdict import Answer, Verdict
from orchestrator.core.picture import GraphReport, Place, picture
from orchestrator.core.plan import Plan, PlanKind, Step, TargetPlan, Wave
from orchestrator.core.revisions import Graph
from orchestrator.core.run import fold
from orchestrator.core.scripts import Script
from orchestrator.core.targets import Target

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
MESSAGES = {"a1": "Create customers", "b2": "Create orders", "c3": "Add the total of an order"}
RUN = "20260701-110000-ab12"
STEPS = tuple(Step(name, f"sha256:{name}", MESSAGES[name], atomic=name != "c3") for name in ("b2", "c3"))
SCRIPTS = (
    Script("a1", (), "versions/a1.py", message=MESSAGES["a1"], digest="sha256:a1"),
    Script("b2", ("a1",), "versions/b2.py", message=MESSAGES["b2"], digest="sha256:b2"),
    Script("c3", ("b2",), "versions/c3.py", message=MESSAGES["c3"], digest="sha256:edited"),
)
GRAPH = Graph(SCRIPTS)
STAGING = Target("staging")
RAN_ON = {"python": "3.12.1", "alembic": "1.14.0", "process": "17"}


def tenant(number: int) -> Target:
    return Target("prod", "app", f"t{number:04}")


class _Told:
    """The events of a run as they are recorded, a second apart."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(
        self, kind: EventKind, target: Target | None = None, revision: str | None = None, **body: Any
    ) -> None:
        number = len(self.events) + 1
        at = NOW - timedelta(hours=1) + timedelta(seconds=number)
        self.events.append(Event(kind, at, RUN, "ann@work", target, revision, body, number))


def _first(target: Target) -> dict[str, Any]:
    """What is recorded of the first target alone."""
    statements = [["CREATE TABLE orders (\n  id INTEGER\n)", 1, True], ["UPDATE orders SET total = '…'", 3, True]]
    executed = {"family": "sqlite", "statements": statements, "more": 2}
    return {"executed": executed} if target == tenant(0) else {}


def _run_of(told: _Told, target: Target, *, fails: bool) -> None:
    told(EventKind.TARGET_STARTED, target, heads=["a1"], versions=RAN_ON)
    told(EventKind.STEP_INTENT, target, "b2", digest="sha256:b2", heads=["a1"])
    told(EventKind.STEP_APPLIED, target, "b2", seconds=0.25, heads=["b2"], digest="sha256:b2", **_first(target))
    told(EventKind.STEP_INTENT, target, "c3", digest="sha256:c3", heads=["b2"])
    if fails:
        told(EventKind.STEP_FAILED, target, "c3", reason="no such column: total")
        reason = f"{target}: revision c3 failed: no such column: total"
        mend = f"remove the cause, then: orchestrate resume {RUN}"
        told(EventKind.TARGET_FINISHED, target, result="failed", heads=["b2"], reason=reason, mend=mend)
        return
    told(EventKind.STEP_RETRIED, target, "c3", reason="a lock")
    told(EventKind.STEP_INTENT, target, "c3", digest="sha256:c3", heads=["b2"])
    told(EventKind.STEP_APPLIED, target, "c3", seconds=61.5, heads=["c3"], digest="sha256:c3")
    told(EventKind.TARGET_FINISHED, target, result="applied", heads=["c3"])


WAIVER = Waiver("soak", "the outage cannot wait", "ann", NOW - timedelta(hours=2))
GATES = (
    Verdict("order", Answer.PASS, "prod is next after staging"),
    Verdict(
        "soak", Answer.WAIVED, "staging has stood at c3 for 1 h of 24 h", environments=("prod",), waiver=WAIVER
    ),
)


def events(count: int, failed: int = 0) -> tuple[Event, ...]:
    """A run of so many tenants of prod, of which the last few failed."""
    targets = tuple(TargetPlan(tenant(n), ("a1",), ("c3",), STEPS) for n in range(count))
    plan = Plan(PlanKind.PROMOTE, "staging", "prod", ("c3",), (Wave(targets),), ((STAGING, ("c3",)),))
    told = _Told()
    told(
        EventKind.RUN_STARTED,
        plan=plans.to_json(plan),
        fingerprint=plan.fingerprint,
        command="orchestrate promote staging prod",
        version="0.1.0",
        confirmed=["prod"],
        gates=list(map(values_of, GATES)),
        waivers=[values_of(GATES[1])["waiver"]],
        seal="sha256:5ea1",
        sealed={
            "author": "ann",
            "actor": "ann@work",
            "created_at": "2026-07-01T08:00:00+00:00",
            "expires_at": "2026-07-04T08:00:00+00:00",
            "files": {"environments.yaml": "sha256:e1", "migrations/env.py": "sha256:e2"},
            "scripts": {},
            "tools": {},
        },
    )
    wave = {"environment": "prod", "number": 1, "of": 1, "targets": count}
    told(EventKind.WAVE_STARTED, **wave)
    for number, one in enumerate(targets):
        _run_of(told, one.target, fails=number >= count - failed)
    told(EventKind.WAVE_FINISHED, **wave, failed=failed, verify=None)
    asked = {"environment": "prod", "passed": not failed, "state": "x", "reason": "verify (sh) failed"}
    told(EventKind.ENVIRONMENT_VERIFIED, **asked)
    told(EventKind.RUN_FINISHED, outcome="failed" if failed else "succeeded")
    return tuple(told.events)


def account(count: int, failed: int = 0) -> Account:
    """Its account, with what else the journal and the scripts tell."""
    found = events(count, failed)
    run = fold(found)
    assert run is not None
    targets = recount.targets_of(run, found)
    body = found[0].body
    places = [Place(STAGING, ("c3",)), *(Place(one.target, one.start, left=True) for one in targets)]
    places += [Place(one.target, one.end) for one in targets]
    return Account(
        run=run,
        attempts=recount.attempts_of(found),
        gates=recount.gates_of(found),
        approvals=(Approval("sha256:5ea1", "bob", "bob@desk", NOW - timedelta(hours=3)),),
        seal=body["seal"],
        sealed=body["sealed"],
        confirmed=("prod",),
        version=body["version"],
        scripts=tuple(recount.scripts_of(run, targets, {one.revision: [one] for one in SCRIPTS})),
        targets=targets,
        course=recount.course_of(found),
        head=JournalHead(len(found), "d1" * 32),
        at=NOW,
        pictures=(picture("app", GRAPH, places, ("b2", "c3")),),
    )


def unrecorded() -> Account:
    """A run of an older journal, cut off, whose scripts cannot be read today."""
    told = account(2, 1)
    events = told.course[:1]
    run = replace(told.run, outcome=None, finished_at=None, waivers=())
    cut = replace(told.targets[1], result="not_ended", reason=None, mend=None, ended_at=None)
    return replace(
        told,
        run=run,
        gates=None,
        approvals=(),
        seal=None,
        sealed=None,
        confirmed=(),
        version=None,
        course=events,
        targets=(told.targets[0], cut),
        scripts=tuple(replace(one, path=None, now=None) for one in told.scripts),
        pictures=(),
        unread="migrations/versions/c3.py: it cannot be parsed",
    )


def graph() -> GraphReport:
    """Two projects: one that some have and some do not, one without a revision."""
    places = [Place(Target("dev"), ("c3",)), Place(STAGING, ("zz",)), Place(Target("test"), unknown="unreachable")]
    places += [Place(tenant(n), ("b2",) if n else ()) for n in range(400)]
    return GraphReport((picture("app", GRAPH, places), picture("billing", Graph(()), [])))
