"""Reports made by hand, one for each case that a person or a program may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from orchestrator.core import plan_json as plans
from orchestrator.core.comparison import Comparison, Difference, Kind
from orchestrator.core.divergence import Divergence, Relation, State
from orchestrator.core.doubt import Completion, Doubt
from orchestrator.core.downgrade import Act, Downgrade
from orchestrator.core.events import Event, EventKind
from orchestrator.core.failure import Failure
from orchestrator.core.findings import Finding, Level, Topic
from orchestrator.core.gates.decisions import Veto, Waiver
from orchestrator.core.gates.verdict import Answer, Verdict
from orchestrator.core.locks import Leftover
from orchestrator.core.plan import Action, Plan, PlanKind, Step, TargetPlan, Wave
from orchestrator.core.reports import (
    DoctorReport,
    Done,
    Examined,
    PlanReport,
    Result,
    RunHistory,
    RunReport,
    RunsReport,
    StepResult,
    TargetResult,
)
from orchestrator.core.run import Outcome, Run, fold
from orchestrator.core.status import Pair, StatusReport, TargetStatus, Unfinished, Unverified, Vetoed
from orchestrator.core.step_record import Progress, Statement
from orchestrator.core.targets import Target
from orchestrator.errors import Exit, Problem
from tests.views.account_samples import account, graph, unrecorded
from tests.views.lock_samples import reports
from tests.views.preview_samples import ESTIMATES, SQL

if TYPE_CHECKING:
    from orchestrator.core.reports import Report

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
DEV, TEST, PROD = Target("dev"), Target("test"), Target("prod")
MESSAGES = {"a1": "Create customers", "b2": "Create orders", "c3": "Add the total of an order", "x9": ""}
STEPS = tuple(Step(name, f"sha256:{name}", MESSAGES[name], atomic=name != "c3") for name in ("b2", "c3"))
PLAN = Plan(
    kind=PlanKind.ROLLOUT,
    source=None,
    through="prod",
    wanted=("c3",),
    waves=(
        Wave((TargetPlan(DEV, ("c3",), ("c3",), ()),)),
        Wave((TargetPlan(TEST, ("a1",), ("c3",), STEPS),)),
        Wave(
            (
                TargetPlan(Target("prod", "app", "acme"), ("a1",), ("c3",), STEPS),
                TargetPlan(Target("prod", "app", "umbrella"), ("a1",), ("c3",), STEPS),
                TargetPlan(Target("prod", "billing"), (), ("a1",), (Step("a1", "sha256:a1", MESSAGES["a1"]),)),
            )
        ),
    ),
    seen=((DEV, ("c3",)), (TEST, ("a1",))),
)
NOTHING = replace(PLAN, through="dev", waves=PLAN.waves[:1])
LONG = replace(
    PLAN,
    waves=(
        Wave((TargetPlan(TEST, (), ("r049",), tuple(Step(f"r{n:03}", "d", f"Number {n}") for n in range(50))),)),
    ),
)


def history(outcome: str | None, *events: tuple[EventKind, str | None, dict[str, Any]]) -> RunHistory:
    """A run of `PLAN` with these events a minute apart, ended as said."""
    start: dict[str, Any] = {
        "plan": plans.to_json(PLAN),
        "command": "orchestrate rollout",
        "fingerprint": "sha256:…",
    }
    told: list[tuple[EventKind, str | None, dict[str, Any]]] = [(EventKind.RUN_STARTED, None, start), *events]
    if outcome:
        told.append((EventKind.RUN_FINISHED, None, {"outcome": outcome}))
    recorded = tuple(
        Event(
            kind,
            NOW - timedelta(minutes=60 - number),
            "20260701-110000-ab12",
            "ann@work",
            TEST if revision or kind is EventKind.TARGET_FINISHED else None,
            revision,
            body,
            number + 1,
        )
        for number, (kind, revision, body) in enumerate(told)
    )
    run = fold(recorded)
    assert run is not None
    return RunHistory(run, recorded)


APPLIED_B2 = (EventKind.STEP_APPLIED, "b2", {"message": "Create orders", "seconds": 0.25, "done": 1, "of": 2})
GOOD = history(
    "succeeded",
    (EventKind.STEP_INTENT, "b2", {"message": "Create orders", "digest": "sha256:b2"}),
    APPLIED_B2,
    (EventKind.STEP_RECOVERED, "c3", {"message": MESSAGES["c3"]}),
    (EventKind.TARGET_FINISHED, None, {"result": "nothing_to_do"}),
)
BAD = history(
    "in_doubt",
    APPLIED_B2,
    (EventKind.STEP_INTENT, "c3", {"message": MESSAGES["c3"], "catalog": {"table orders": "1"}}),
    (EventKind.STEP_STATEMENT, "c3", {"number": 1, "statement": "CREATE INDEX ix_total", "progress": "done"}),
    (EventKind.STEP_STATEMENT, "c3", {"number": 2, "statement": "ALTER TABLE orders", "progress": "started"}),
    (EventKind.STEP_STATEMENT, "c3", {"number": 2, "statement": "ALTER TABLE orders", "progress": "failed"}),
    (
        EventKind.STEP_IN_DOUBT,
        "c3",
        {
            "message": MESSAGES["c3"],
            "reason": "column total_amount exists",
            "changes": ["index ix_total appeared", "index ix_total is INVALID"],
            "invalid_indexes": ["ix_total"],
        },
    ),
)
RUN_ID = "20260701-110000-ab12"
DOUBT = Doubt(
    RUN_ID,
    "ann@work",
    Target("r", "doubt"),
    "b2",
    since=NOW,
    statements=(
        Statement(1, "CREATE TABLE orders (id integer)", Progress.DONE),
        Statement(2, "CREATE INDEX CONCURRENTLY ix_orders ON orders (id)", Progress.FAILED),
        Statement(3, "UPDATE orders SET total = '…'", Progress.STARTED),
    ),
    changes=("table orders appeared", "index ix_orders is INVALID"),
    invalid_indexes=("ix_orders",),
)
COMPLETION = Completion(RUN_ID, TEST, STEPS[:1], ("a1",), ("b2",))
OPEN = history(None, (EventKind.STEP_INTENT, "b2", {"message": "Create orders"}))


def run_of(outcome: Outcome | None) -> Run:
    """A run that ended so."""
    return history(str(outcome) if outcome else None).run


def failure(code: str, exit_code: Exit, message: str = "it is wrong", mend: str | None = "mend it") -> Failure:
    return Failure(code, message, mend, exit_code)


_STATES: Mapping[State, tuple[tuple[str, ...], tuple[str, ...], Failure | None]] = {
    State.AT_HEAD: (("c3",), (), None),
    State.BEHIND: (("a1",), ("b2", "c3"), None),
    State.EMPTY: ((), ("a1", "b2", "c3"), None),
    State.UNKNOWN_REVISION: (("zzz",), (), failure("unknown_revision", Exit.DIVERGENCE, "holds revision zzz")),
    State.OVERLAPPING: (("a1", "b2"), (), failure("overlapping", Exit.DIVERGENCE, "one of the rows is too many")),
    State.UNVERSIONED: ((), (), failure("unversioned", Exit.DIVERGENCE, "tables but no version table")),
    State.DENIED: ((), (), failure("denied", Exit.UNAVAILABLE, "password refused")),
    State.UNREACHABLE: ((), (), failure("unreachable", Exit.UNAVAILABLE, "no answer", None)),
    State.IN_DOUBT: (("a1",), ("b2", "c3"), failure("in_doubt", Exit.IN_DOUBT, DOUBT.what, DOUBT.mend)),
}


def standing(state: State) -> TargetStatus:
    """A target named for its state."""
    heads, missing, told = _STATES[state]
    doubt = DOUBT if state is State.IN_DOUBT else None
    return TargetStatus(Target(str(state)), state, heads, missing, told, doubt=doubt)


_DIVERGENCES = {
    Relation.IN_SYNC: Divergence(Relation.IN_SYNC),
    Relation.BEHIND: Divergence(Relation.BEHIND, missing=("b2", "c3")),
    Relation.AHEAD: Divergence(Relation.AHEAD, extra=("x9",)),
    Relation.DIVERGED: Divergence(Relation.DIVERGED, missing=("b2",), extra=("c3",), common=("a1",)),
    Relation.UNKNOWN: Divergence(Relation.UNKNOWN),
}


def related(relation: Relation) -> StatusReport:
    """Two environments in this relation, each in a state that fits it."""
    at_head = TargetStatus(TEST, State.AT_HEAD, ("c3",))
    behind = TargetStatus(TEST, State.BEHIND, ("a1",), ("b2", "c3"))
    unknown = replace(standing(State.UNREACHABLE), target=TEST)
    downstream = {Relation.IN_SYNC: at_head, Relation.UNKNOWN: unknown}.get(relation, behind)
    targets = (TargetStatus(DEV, State.AT_HEAD, ("c3",)), downstream)
    return StatusReport(targets, (Pair(DEV, TEST, _DIVERGENCES[relation]),), MESSAGES, {"app": ("c3",)})


def all_at_head() -> StatusReport:
    targets = tuple(TargetStatus(t, State.AT_HEAD, ("c3",), last_run=GOOD.run) for t in (DEV, TEST, PROD))
    in_sync = Divergence(Relation.IN_SYNC)
    pairs = (Pair(DEV, TEST, in_sync), Pair(TEST, PROD, in_sync))
    return StatusReport(targets, pairs, MESSAGES, {"app": ("c3",)})


def vetoed() -> StatusReport:
    """b2 goes nowhere; the latest run on dev and test was let pass a gate."""
    run = replace(GOOD.run, waivers=(WAIVER,))
    dev = TargetStatus(DEV, State.AT_HEAD, ("c3",), last_run=run)
    targets = (dev, replace(dev, target=TEST), TargetStatus(PROD, State.BEHIND, ("a1",), ("b2", "c3")))
    pair = Pair(TEST, PROD, Divergence(Relation.BEHIND, missing=("b2", "c3")))
    vetoes = (Vetoed(Veto("b2", "locks orders", "bob@desk", NOW), (DEV, TEST)),)
    return StatusReport(targets, (pair,), MESSAGES, {"app": ("c3",)}, vetoes=vetoes)


def working() -> StatusReport:
    held = TargetStatus(
        TEST, State.BEHIND, ("a1",), ("b2", "c3"), holder="run 1 of bob@desk since 11:59", last_run=OPEN.run
    )
    return StatusReport((held,), (), MESSAGES, {"app": ("c3",)})


def left_behind() -> StatusReport:
    """Sessions that work for a killed run, one of them on a step in doubt."""
    doubtful = replace(standing(State.IN_DOUBT), leftover=Leftover(RUN_ID, session=266))
    plain = TargetStatus(TEST, State.BEHIND, ("a1",), ("b2",), last_run=OPEN.run, leftover=Leftover(RUN_ID, pid=7))
    return StatusReport((doubtful, plain), (), MESSAGES, {"app": ("c3",)})


def begun_anew() -> StatusReport:
    """A journal that is a baseline, on databases that undo a failed revision and on some that do not."""
    run = replace(GOOD.run, plan=Plan(PlanKind.BASELINE, None, "", (), (), ()))
    undone = {DEV: True, TEST: False, PROD: False}
    targets = (TargetStatus(t, State.AT_HEAD, ("c3",), last_run=run, transactional=tx) for t, tx in undone.items())
    return StatusReport(tuple(targets), (), MESSAGES, {"app": ("c3",)})


def failed_before() -> StatusReport:
    """A target whose latest run failed, for a reason of several lines."""
    reason = "revision c3 failed: no such column: total\n" + "a long story " * 40
    target = TargetStatus(
        TEST, State.BEHIND, ("b2",), ("c3",), last_run=run_of(Outcome.FAILED), last_failure=reason
    )
    unfinished = Unfinished(replace(run_of(Outcome.FAILED), stopped_by="verify (sh) failed"), (TEST,))
    return StatusReport((target,), (), MESSAGES, {"app": ("c3",)}, unfinished=unfinished)


def taken_back() -> StatusReport:
    """What prod had was reverted on purpose, and would be brought there again."""
    prod = TargetStatus(PROD, State.BEHIND, ("a1",), ("b2", "c3"), last_run=REVERTED.run)
    pair = Pair(TEST, PROD, Divergence(Relation.BEHIND, missing=("b2", "c3")))
    return StatusReport((TargetStatus(TEST, State.AT_HEAD, ("c3",)), prod), (pair,), MESSAGES, {"app": ("c3",)})


def approving(*behind: Target) -> StatusReport:
    """prod takes a sealed plan alone; those are behind, dev not."""
    found = [
        TargetStatus(t, State.BEHIND, ("b2",), ("c3",)) if t in behind else TargetStatus(t, State.AT_HEAD, ("c3",))
        for t in (DEV, TEST, PROD)
    ]
    lacking = Divergence(Relation.BEHIND, missing=("c3",))
    pairs = (Pair(TEST, PROD, lacking),) if TEST not in behind else ()
    return StatusReport(tuple(found), pairs, MESSAGES, {"app": ("c3",)}, sealed=frozenset({"prod"}))


def unverified() -> StatusReport:
    """Every target is at head, and a check of one environment failed there."""
    targets = tuple(TargetStatus(target, State.AT_HEAD, ("c3",)) for target in (TEST, PROD))
    failed = (Unverified("test", NOW, "verify (SELECT 1) is not true (test)"),)
    return StatusReport(targets, (), MESSAGES, {"app": ("c3",)}, unverified=failed)


def step(revision: str, outcome: str, seconds: float | None = None) -> StepResult:
    return StepResult(revision, MESSAGES[revision], outcome, seconds)


RESULTS = (
    TargetResult(
        Target("r", "applied"),
        Result.APPLIED,
        ("a1",),
        ("c3",),
        (step("b2", "applied", 0.5), step("c3", "recovered")),
    ),
    TargetResult(Target("r", "nothing"), Result.NOTHING_TO_DO, ("c3",), ("c3",)),
    TargetResult(
        Target("r", "failed"),
        Result.FAILED,
        ("a1",),
        ("b2",),
        (step("b2", "applied", 1.0), step("c3", "failed")),
        failure("statement", Exit.FAILED, "revision c3 failed: no such column: total"),
    ),
    TargetResult(Target("r", "waiting"), Result.NOT_STARTED, (), (), (step("a1", "not_started"),)),
    TargetResult(
        Target("r", "stopped"),
        Result.STOPPED,
        ("a1",),
        ("b2",),
        (step("b2", "applied", 1.0), step("c3", "not_started")),
    ),
    TargetResult(
        Target("r", "doubt"),
        Result.IN_DOUBT,
        ("a1",),
        ("a1",),
        (replace(step("b2", "in_doubt"), doubt=DOUBT),),
        failure("in_doubt", Exit.IN_DOUBT, "revision b2 stopped half-way", DOUBT.mend),
    ),
)


def ended(outcome: Outcome) -> RunReport:
    """A run with this outcome and no trouble to tell."""
    refused = outcome in (Outcome.REFUSED, Outcome.NOTHING_TO_DO)
    stopped = Exit.INTERRUPTED if outcome is Outcome.INTERRUPTED else None
    return RunReport(
        None if refused else "20260701-110000-ab12", outcome, PLAN, targets=RESULTS[:1], stopped=stopped
    )


def halted(exit_code: Exit, *steps: StepResult, outcome: Outcome = Outcome.FAILED) -> RunReport:
    """A run that one target's failure with this exit code ended, after these steps."""
    code = "cancelled" if outcome is Outcome.INTERRUPTED else str(exit_code.name.lower())
    told = failure(code, exit_code, "it cannot go on")
    target = TargetResult(TEST, Result.FAILED, ("a1",), ("a1",), steps, told)
    return RunReport("20260701-110000-ab12", outcome, PLAN, targets=(target,))


BACK = Plan(
    kind=PlanKind.ROLLBACK,
    source=None,
    through="test",
    wanted=("a1",),
    waves=(
        Wave(
            (TargetPlan(PROD, ("c3",), ("a1",), tuple(replace(s, action=Action.DOWNGRADE) for s in STEPS[::-1])),)
        ),
        Wave((TargetPlan(TEST, ("a1",), ("a1",), ()),)),
    ),
    seen=((TEST, ("a1",)), (PROD, ("c3",))),
    undoes="20260701-110000-ab12",
)
DOWNGRADES = {
    "sha256:b2": Downgrade(
        "versions/b2.py:20", (Act("drop_index ix_orders"), Act("drop_table orders", loses=True)), readable=False
    ),
    "sha256:c3": Downgrade("versions/c3.py:12", idle=True),
}
ADOPTED = Plan(
    kind=PlanKind.ADOPT,
    source=None,
    through="prod",
    wanted=("b2",),
    waves=(Wave((TargetPlan(PROD, (), ("b2",), (replace(STEPS[0], action=Action.STAMP),)),)),),
    seen=((PROD, ()), (TEST, ("b2",))),
    to="b2",
)
COMPARED = Comparison(
    "test",
    differences=(
        *(Difference(Kind.MISSING, f"column orders.c{n:02}") for n in range(21)),
        Difference(Kind.UNEXPECTED, "table extra"),
    ),
    renamed=tuple((f"index ix_{n}", f"index orders_{n}_idx") for n in range(6)),
)


def retold(plan: Plan, command: str, reason: str) -> RunHistory:
    """A run of this plan on prod that went well, for this reason."""
    (step, *_) = plan.targets[0].steps
    told: list[tuple[EventKind, str | None, dict[str, Any]]] = [
        (
            EventKind.RUN_STARTED,
            None,
            {"plan": plans.to_json(plan), "command": command, "reason": reason}
            | ({"compared_with": "test", "differences": 22} if plan.kind is PlanKind.ADOPT else {}),
        ),
        (
            EventKind.STEP_APPLIED,
            step.revision,
            {"message": step.message, "seconds": 0.5, "done": 1, "of": 1, "action": str(step.action)},
        ),
        (EventKind.TARGET_FINISHED, None, {"result": "applied"}),
        (EventKind.RUN_FINISHED, None, {"outcome": "succeeded"}),
    ]
    events = tuple(
        Event(kind, NOW, "20260701-120000-cd34", "ann@work", PROD if number else None, revision, body, number + 1)
        for number, (kind, revision, body) in enumerate(told)
    )
    run = fold(events)
    assert run is not None
    return RunHistory(run, events)


REVERTED = retold(BACK, f"orchestrate rollback {BACK.undoes}", "orders fail since")
STAMPED = retold(ADOPTED, "orchestrate adopt prod b2", "made by hand")

SHUT = (
    Verdict("order", Answer.PASS, "test is next after dev"),
    Verdict("source_run", Answer.WAIT, "a run is not done yet"),
    Verdict("protected", Answer.REFUSE, "prod is protected and not confirmed", "add --confirm prod"),
)
WAIVER = Waiver("window", "mends the outage", "alice@laptop", NOW)
RELEASE = (
    Verdict("veto", Answer.REFUSE, "revision b2 is vetoed", "orchestrate veto b2 --lift", ("test", "prod")),
    Verdict("soak", Answer.WAIT, "test is young", "wait an hour", ("prod",), NOW + timedelta(hours=1)),
    Verdict("verified", Answer.PASS, "verify passed in test"),
    Verdict("window", Answer.WAIVED, "prod may not change now", environments=("prod",), waiver=WAIVER),
)

GROUND = (
    Finding(Topic.CONFIG, Level.OK, "alembic.ini"),
    Finding(Topic.SCRIPTS, Level.OK, "3 revisions, head c3"),
    Finding(Topic.INTERPRETER, Level.OK, "Python 3.11.2, Alembic 1.20.1, SQLAlchemy 2.1.9"),
    Finding(Topic.SERVER, Level.OK, "PostgreSQL 15.4"),
)
NOTED = (*GROUND, Finding(Topic.TRANSACTIONAL_DDL, Level.NOTE, "DDL is not transactional"))
NOT_REACHED = Finding(
    Topic.INJECTION, Level.PROBLEM, "env.py is not reached by sqlalchemy.url", "add the lines below"
)
ILL = (
    *GROUND,
    NOT_REACHED,
    Finding(Topic.PRIVILEGES, Level.PROBLEM, "app may not create tables in schema public", "GRANT CREATE"),
    Finding(Topic.TLS, Level.WARNING, "the connection is not encrypted", "add ?sslmode=require"),
)
LONG_WAY = "variables POSTGRES_SERVER, POSTGRES_PORT, POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB"
HEALTHY = DoctorReport(tuple(Examined(t, NOTED, "SQLite 3.40.1", "sqlalchemy.url") for t in (DEV, TEST)))
UNHEALTHY = DoctorReport(
    (
        Examined(DEV, (*GROUND, NOT_REACHED), "PostgreSQL 15.4", LONG_WAY),
        Examined(PROD, ILL, "PostgreSQL 15.4", LONG_WAY),
        Examined(Target("r", "dead"), (Finding(Topic.SERVER, Level.PROBLEM, "no server listens there"),)),
    ),
    'projects:\n  app:\n    inject:\n      variables:\n        POSTGRES_DB: "{database}"\n',
)

REPORTS: Mapping[str, Report] = {
    "resolve_shown": COMPLETION,
    "resolve_written": replace(COMPLETION, written=True),
    "doctor_healthy": HEALTHY,
    "doctor_unhealthy": UNHEALTHY,
    "status_states": StatusReport(tuple(map(standing, State)), (), MESSAGES, {"app": ("c3",)}),
    **{f"status_{relation}": related(relation) for relation in Relation},
    "status_all_at_head": all_at_head(),
    "status_vetoed": vetoed(),
    "status_working": working(),
    "status_left_behind": left_behind(),
    "status_begun_anew": begun_anew(),
    "status_failed_before": failed_before(),
    "status_taken_back": taken_back(),
    "status_to_be_sealed": approving(PROD),
    "status_before_the_sealed": approving(TEST, PROD),
    "status_unverified": unverified(),
    "status_nothing": StatusReport((), (), {}, {}),
    **reports(PLAN, TEST, "b2"),
    "plan": PlanReport(PLAN, SHUT),
    "plan_nothing": PlanReport(NOTHING, SHUT[:1]),
    "plan_gates": PlanReport(PLAN, RELEASE),
    "plan_long": PlanReport(LONG, ()),
    "plan_preview": PlanReport(PLAN, (), estimates=ESTIMATES, sql=SQL),
    "plan_rollback": PlanReport(BACK, (), DOWNGRADES),
    "plan_rollback_nothing": PlanReport(replace(BACK, waves=BACK.waves[1:]), ()),
    "plan_adopt": PlanReport(ADOPTED, SHUT[2:], comparison=COMPARED),
    "plan_adopt_same": PlanReport(ADOPTED, (), comparison=Comparison("test")),
    "plan_adopt_not_compared": PlanReport(ADOPTED, (), comparison=Comparison(None, "no other target is at b2")),
    "run_rollback": RunReport("20260701-120000-cd34", Outcome.SUCCEEDED, BACK, targets=RESULTS[:2]),
    "run_rollback_nothing": RunReport(None, Outcome.NOTHING_TO_DO, BACK, targets=RESULTS[1:2]),
    "run_adopt": RunReport("20260701-120000-cd34", Outcome.SUCCEEDED, ADOPTED, targets=RESULTS[:1]),
    "run_results": RunReport("20260701-110000-ab12", Outcome.IN_DOUBT, PLAN, SHUT[:1], RESULTS),
    **{f"run_{outcome}": ended(outcome) for outcome in Outcome},
    "run_locked": halted(Exit.LOCKED, step("b2", "not_started")),
    "run_locked_later": halted(Exit.LOCKED, step("b2", "applied", 0.5), step("c3", "not_started")),
    "run_unavailable": halted(Exit.UNAVAILABLE, step("b2", "applied", 0.5), step("c3", "not_started")),
    "run_cancelled": halted(Exit.INTERRUPTED, step("b2", "failed"), outcome=Outcome.INTERRUPTED),
    "run_gates": RunReport(
        None,
        Outcome.REFUSED,
        PLAN,
        SHUT,
        failure=Failure(
            "refused",
            "2 gates are closed",
            "--confirm prod",
            Exit.REFUSED,
            (Problem("not yet", "gate source_run"), Problem("not confirmed", "gate protected", "--confirm prod")),
        ),
    ),
    "runs": RunsReport((*(run_of(outcome) for outcome in Outcome), run_of(None))),
    "runs_none": RunsReport(),
    "runs_with_reasons": RunsReport((REVERTED.run, STAMPED.run)),
    "show_rollback": REVERTED,
    "show_adopt": STAMPED,
    "show_good": GOOD,
    "show_bad": BAD,
    "show_open": OPEN,
    "report": account(3, failed=1),
    "report_unrecorded": unrecorded(),
    "graph": graph(),
    "done": Done(
        "wrote environments.yaml", "orchestrate status", {"path": "environments.yaml", "environments": ["dev"]}
    ),
}
