"""Reports of many targets: a prod of any number of tenants behind a staging of one, with every kind of trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from orchestrator.core import plan_json as plans
from orchestrator.core.divergence import Divergence, Relation, State
from orchestrator.core.events import Event, EventKind
from orchestrator.core.findings import Finding, Level, Topic
from orchestrator.core.locks import Held, Leftover, LocksReport, TargetLocks
from orchestrator.core.plan import LeftOut, Plan, PlanKind, TargetPlan, Wave
from orchestrator.core.reports import (
    DoctorReport,
    Examined,
    PlanReport,
    Result,
    RunHistory,
    RunReport,
    StepResult,
    TargetResult,
)
from orchestrator.core.run import Lost, Outcome, fold
from orchestrator.core.status import Pair, StatusReport, TargetStatus, Unfinished
from orchestrator.core.targets import Target
from orchestrator.core.waves import Share, WavePolicy
from orchestrator.errors import Exit
from tests.views.samples import DOUBT, GOOD, GROUND, MESSAGES, NOT_REACHED, NOW, SHUT, STEPS, failure, run_of

if TYPE_CHECKING:
    from orchestrator.core.reports import Report

RUN = "20260701-110000-ab12"
STAGING = Target("staging")
POLICY = WavePolicy(
    canary=("t0000", "t0001"),
    size=Share(percent=20),
    max_failures=Share(percent=10),
    pause=300,
    verify=("./smoke.sh", "prod"),
)
_IN_SYNC, _BEHIND, _UNKNOWN = (
    Divergence(Relation.IN_SYNC),
    Divergence(Relation.BEHIND, ("c3",)),
    Divergence(Relation.UNKNOWN),
)


def tenant(number: int) -> Target:
    """The tenant of that number."""
    return Target("prod", "app", f"t{number:04}")


def _standing(number: int) -> tuple[TargetStatus, Divergence]:
    """Of forty tenants in a row each odd one has trouble of its own kind; all others are at head."""
    target, good, bad = tenant(number), GOOD.run, run_of(Outcome.FAILED)
    at_head = TargetStatus(target, State.AT_HEAD, ("c3",), last_run=good)
    behind = TargetStatus(
        target, State.BEHIND, ("b2",), ("c3",), last_run=bad, last_failure="revision c3 failed: no"
    )
    down = failure("unreachable", Exit.UNAVAILABLE, "no server answers at db2:5432", "is it running?")
    gone = failure("unreachable", Exit.UNAVAILABLE, f'the server has no database "{target.tenant}"', None)
    bare = failure("unversioned", Exit.DIVERGENCE, "no version table", f"orchestrate adopt {target} REVISION")
    doubt = replace(DOUBT, target=target)
    doubtful = failure("in_doubt", Exit.IN_DOUBT, doubt.what, doubt.mend)
    match number % 40:
        case 1 | 2 | 3 | 4 | 5:
            return behind, _BEHIND
        case 7 | 9:
            return TargetStatus(target, State.UNREACHABLE, failure=down), _UNKNOWN
        case 11 | 13:
            return TargetStatus(target, State.UNREACHABLE, failure=gone), _UNKNOWN
        case 15:
            return TargetStatus(target, State.UNVERSIONED, failure=bare), _UNKNOWN
        case 17:
            return TargetStatus(target, State.IN_DOUBT, ("b2",), ("c3",), doubtful, doubt=doubt), _UNKNOWN
        case 19:
            return replace(at_head, lost=Lost(RUN, ("c3",))), Divergence(Relation.AHEAD, extra=("x9",))
        case 21:
            return replace(behind, holder="run 1 of bob@desk since 11:59"), _BEHIND
        case 23:
            return replace(behind, leftover=Leftover(RUN, session=266)), _BEHIND
        case _:
            return at_head, _IN_SYNC


def status(count: int, *, well: bool = False) -> StatusReport:
    """Where so many tenants stand; `well`: those at head and those that are behind alone."""
    found = [_standing(number) for number in range(count)]
    if well:
        found = [one for one in found if one[1] in (_IN_SYNC, _BEHIND) and not (one[0].holder or one[0].leftover)]
    staging = TargetStatus(STAGING, State.AT_HEAD, ("c3",), last_run=GOOD.run)
    pairs = tuple(Pair(STAGING, target.target, divergence) for target, divergence in found)
    return StatusReport((staging, *(target for target, _ in found)), pairs, MESSAGES, {"app": ("c3",)})


def _planned(number: int) -> TargetPlan:
    match number % 10:
        case 3:
            return TargetPlan(tenant(number), ("a1",), ("c3",), STEPS)
        case 7:
            return TargetPlan(tenant(number), ("c3",), ("c3",), ())
        case _:
            return TargetPlan(tenant(number), ("b2",), ("c3",), STEPS[1:])


def plan(count: int) -> Plan:
    """A rollout to so many tenants: the canary of two, then five waves; some are left out."""
    prod = [_planned(number) for number in range(count)]
    size = -(-(count - 2) // 5)
    waves = [prod[:2], *(prod[start : start + size] for start in range(2, count, size))]
    bare = "the schema has tables but no version table"
    return Plan(
        kind=PlanKind.ROLLOUT,
        source=None,
        through="prod",
        wanted=("c3",),
        waves=(Wave((TargetPlan(STAGING, ("b2",), ("c3",), STEPS[1:]),)), *(Wave(tuple(wave)) for wave in waves)),
        seen=(),
        left_out=tuple(LeftOut(Target("prod", "app", f"x{n}"), bare, "orchestrate adopt …") for n in range(count)),
    )


def planned(count: int) -> PlanReport:
    """That plan as it is shown, with what is gone from where it will go."""
    lost = {tenant(number): Lost(RUN, ("b2",)) for number in range(count) if number % 10 == 3}
    return PlanReport(plan(count), SHUT, lost=lost, policies={"prod": POLICY})


def _result(number: int, plan: TargetPlan) -> TargetResult:
    def ended(result: Result, outcome: str, told: Any = None) -> TargetResult:
        steps = tuple(StepResult(step.revision, step.message, outcome, 0.1) for step in plan.steps)
        end = plan.end if result is Result.APPLIED else plan.start
        return TargetResult(plan.target, result, plan.start, end, steps, told)

    resume = f"remove the cause, then: orchestrate resume {RUN}"
    if not plan.steps:
        return ended(Result.NOTHING_TO_DO, "")
    match number % 40:
        case 11 | 15:
            what = f"{plan.target}: no server answers at db2:5432"
            return ended(Result.FAILED, "not_started", failure("unreachable", Exit.UNAVAILABLE, what, resume))
        case 12 | 16:
            what = f"{plan.target}: revision c3 failed: duplicate key in {plan.target.tenant}.orders"
            return ended(Result.FAILED, "failed", failure("revision_failed", Exit.FAILED, what, resume))
        case 19:
            doubt = replace(DOUBT, target=plan.target)
            told = failure("in_doubt", Exit.IN_DOUBT, f"{plan.target}: {doubt.what}", doubt.mend)
            found = ended(Result.IN_DOUBT, "in_doubt", told)
            return replace(found, steps=tuple(replace(step, doubt=doubt) for step in found.steps))
        case past if past > 30:
            return ended(Result.NOT_STARTED, "not_started")
        case _:
            return ended(Result.APPLIED, "applied")


def results(count: int, *, doubtful: bool = True) -> RunReport:
    """How that rollout came out; without doubts it simply failed."""
    ended = [_result(number, target) for number, target in enumerate(plan(count).targets)]
    if not doubtful:
        ended = [target for target in ended if target.result is not Result.IN_DOUBT]
    outcome = Outcome.IN_DOUBT if doubtful else Outcome.FAILED
    return RunReport(RUN, outcome, replace(plan(count), left_out=()), targets=tuple(ended))


def told(count: int) -> Iterator[Event]:
    """Everything that happened in that rollout, a second a target."""
    report, clock = results(count), iter(range(10**9))
    of = {target.target: target for target in report.targets}

    def event(kind: EventKind, target: Target | None = None, revision: str | None = None, **body: Any) -> Event:
        return Event(kind, NOW + timedelta(seconds=next(clock)), RUN, "ann@work", target, revision, body)

    begun = {"plan": plans.to_json(report.plan), "command": report.plan.command, "fingerprint": "sha256:…"}
    yield event(EventKind.RUN_STARTED, **begun)
    waves = report.plan.waves[1:]
    for number, wave in enumerate(waves, 1):
        of_wave: Mapping[str, Any] = {"environment": "prod", "number": number, "of": len(waves)}
        ended = [
            of[target.target] for target in wave.targets if of[target.target].result is not Result.NOT_STARTED
        ]
        yield event(EventKind.WAVE_STARTED, **of_wave, targets=len(ended))
        for target in (target for target in ended if target.steps):
            yield event(EventKind.TARGET_STARTED, target.target)
            for step in target.steps:
                yield event(EventKind.STEP_INTENT, target.target, step.revision, message=step.message)
                if step.outcome in _OUTCOMES:
                    said = {"message": step.message, "seconds": 0.1, "done": 1, "of": 1, "reason": "no"}
                    yield event(_OUTCOMES[step.outcome], target.target, step.revision, **said)
            why = {"reason": target.failure.message, "mend": target.failure.mend} if target.failure else {}
            yield event(EventKind.TARGET_FINISHED, target.target, result=str(target.result), **why)
        failed = sum(target.result is Result.FAILED for target in ended)
        yield event(EventKind.WAVE_FINISHED, **of_wave, targets=len(ended), failed=failed, verify="passed")
    yield event(EventKind.RUN_FINISHED, outcome=str(report.outcome))


_OUTCOMES = {
    "applied": EventKind.STEP_APPLIED,
    "failed": EventKind.STEP_FAILED,
    "in_doubt": EventKind.STEP_IN_DOUBT,
}


def history(count: int) -> RunHistory:
    """That rollout as the journal has it."""
    events = tuple(told(count))
    run = fold(events)
    assert run is not None
    return RunHistory(run, events)


def locks(count: int) -> LocksReport:
    """Every fortieth tenant is being driven, every fortieth after those cannot be asked."""
    down = failure("unreachable", Exit.UNAVAILABLE, "no server answers at db2:5432")
    held = {1: Held("bob@desk", "run", 7)}
    failed = {2: down, 3: down}
    numbers = range(count)
    return LocksReport(
        (
            TargetLocks(STAGING),
            *(TargetLocks(tenant(n), held.get(n % 40), failure=failed.get(n % 40)) for n in numbers),
        )
    )


def examined(count: int) -> DoctorReport:
    """So many tenants, of which some are not reached, and all are reached in clear."""
    clear = Finding(Topic.TLS, Level.WARNING, "the connection is not encrypted", "add ?sslmode=require")
    found = ((*GROUND, clear, NOT_REACHED) if n % 40 == 1 else (*GROUND, clear) for n in range(count))
    server = "PostgreSQL 15.4"
    prod = (Examined(tenant(n), findings, server, "sqlalchemy.url") for n, findings in enumerate(found))
    return DoctorReport((Examined(STAGING, GROUND, server, "sqlalchemy.url"), *prod))


FLEETS: Mapping[str, Callable[[int], Report]] = {
    "status": status,
    "status_well": lambda count: status(count, well=True),
    "plan": planned,
    "run": results,
    "run_failed": lambda count: results(count, doubtful=False),
    "show": history,
    "left": lambda count: Unfinished(history(count).run),
    "locks": locks,
    "doctor": examined,
}
"""Every kind of report that tells of targets, for any number of tenants."""
