"""Puts the account of a run together from its events. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from orchestrator.core.account import Attempt, ScriptAccount, StepAccount, TargetAccount, Timing
from orchestrator.core.events import Event, EventKind
from orchestrator.core.gates.recorded import verdict_of
from orchestrator.core.gates.verdict import Verdict
from orchestrator.core.plan import TargetPlan
from orchestrator.core.preview import Executed, SqlStatement, median
from orchestrator.core.reports import GOOD
from orchestrator.core.run import Run
from orchestrator.core.scripts import Script
from orchestrator.core.step import Step
from orchestrator.core.step_record import StepRecord, StepState
from orchestrator.core.targets import Target


def gates_of(events: Sequence[Event]) -> tuple[Verdict, ...] | None:
    """What the gates said when the run began; KeyError, TypeError or ValueError for what was never written."""
    told = events[0].body.get("gates")
    return tuple(map(verdict_of, told)) if told is not None else None


def attempts_of(events: Iterable[Event]) -> tuple[Attempt, ...]:
    """Who began it, and who took it up again."""
    return tuple(Attempt(event.at, event.actor) for event in events if event.kind in _ATTEMPTS)


def course_of(events: Iterable[Event]) -> tuple[Event, ...]:
    """What happened to the run as a whole, and what people said of its steps."""
    return tuple(event for event in events if event.target is None or event.kind is EventKind.STEP_RESOLVED)


_ATTEMPTS = (EventKind.RUN_STARTED, EventKind.RUN_RESUMED)


def targets_of(run: Run, events: Iterable[Event]) -> tuple[TargetAccount, ...]:
    """What became of every target of the plan."""
    told: dict[Target, _Told] = {}
    for event in events:
        if event.target is not None:
            told.setdefault(event.target, _Told()).hear(event)
    return tuple(_target(run, plan, told.get(plan.target) or _Told()) for plan in run.plan.targets)


class _Told:
    """What the events of one target tell beside its steps."""

    __slots__ = ("begun", "end", "heads", "ran_on", "retries")

    def __init__(self) -> None:
        self.begun: datetime | None = None
        self.end: Event | None = None
        self.heads: tuple[str, ...] | None = None
        self.ran_on: Mapping[str, str] = {}
        self.retries: Counter[str] = Counter()

    def hear(self, event: Event) -> None:
        """Take in the next event."""
        if (heads := event.body.get("heads")) is not None and event.kind is not EventKind.STEP_INTENT:
            self.heads = tuple(heads)
        match event.kind:
            case EventKind.TARGET_STARTED:
                versions = event.body.get("versions", {})
                self.begun, self.end = self.begun or event.at, None
                self.ran_on = {name: str(text) for name, text in versions.items() if name != "process"}
            case EventKind.STEP_RETRIED:
                self.retries[event.revision or ""] += 1
            case EventKind.TARGET_FINISHED:
                self.end = event


def _target(run: Run, plan: TargetPlan, told: _Told) -> TargetAccount:
    steps = tuple(_step(step, run.record(plan.target, step.revision), told.retries) for step in plan.steps)
    result = _result(steps, told)
    body: Mapping[str, Any] = told.end.body if told.end and result not in GOOD else {}
    return TargetAccount(
        target=plan.target,
        result=result,
        start=plan.start,
        end=plan.start if told.heads is None else told.heads,
        steps=steps,
        begun_at=told.begun,
        ended_at=told.end.at if told.end else None,
        reason=body.get("reason"),
        mend=body.get("mend"),
        ran_on=told.ran_on,
    )


_DONE = ("applied", "recovered", "by_hand")


def _result(steps: Sequence[StepAccount], told: _Told) -> str:
    """By its steps first: a later attempt found done what an earlier one did."""
    outcomes = {step.outcome for step in steps}
    if not steps:
        return "nothing_to_do"
    if outcomes <= set(_DONE):
        return "applied"
    if "in_doubt" in outcomes:
        return "in_doubt"
    if told.end is not None:
        return str(told.end.body.get("result", "not_ended"))
    return "not_ended" if told.begun or outcomes != {"not_started"} else "not_started"


def _step(step: Step, record: StepRecord, retries: Mapping[str, int]) -> StepAccount:
    seconds = record.body.get("seconds") if record.state is StepState.APPLIED else None
    return StepAccount(step.revision, _outcome(record), seconds, retries.get(step.revision, 0))


def _outcome(record: StepRecord) -> str:
    match record.state:
        case StepState.PLANNED:
            return "not_started"
        case StepState.APPLIED if record.body.get("by_hand"):
            return "by_hand"
        case StepState.APPLIED if "seconds" not in record.body:
            return "recovered"
        case state:
            return str(state)


_Key = tuple[str, str]
"""A script by its revision and digest: two projects may have the same revision."""


def scripts_of(
    run: Run, targets: Sequence[TargetAccount], today: Mapping[str, Sequence[Script]]
) -> Iterator[ScriptAccount]:
    """The bytes of each planned revision, in the order of the plan; `today` are the scripts there are now."""
    planned: dict[_Key, Step] = {}
    took: dict[_Key, dict[str, list[tuple[float, Target]]]] = {}
    ran: dict[_Key, set[str]] = {}
    executed: dict[_Key, list[Executed]] = {}
    for plan, one in zip(run.plan.targets, targets, strict=True):
        for step, told in zip(plan.steps, one.steps, strict=True):
            key = step.revision, step.digest
            planned.setdefault(key, step)
            if told.seconds is not None:
                took.setdefault(key, {}).setdefault(one.target.environment, []).append((told.seconds, one.target))
            record = run.record(one.target, step.revision)
            if digest := record.body.get("digest"):
                ran.setdefault(key, set()).add(str(digest))
            if "executed" in record.body:
                executed.setdefault(key, []).append(_executed(run, one.target, record))
    for key, step in planned.items():
        script = _today(step, today.get(step.revision, ()))
        yield ScriptAccount(
            revision=step.revision,
            message=step.message,
            digest=step.digest,
            action=step.action,
            atomic=step.atomic,
            path=script.path if script else None,
            now=script.digest if script else None,
            ran=tuple(sorted(ran.get(key, set()) - {step.digest})),
            timings=tuple(_timing(name, each) for name, each in took.get(key, {}).items()),
            executed=tuple(executed.get(key, ())),
        )


def _executed(run: Run, target: Target, record: StepRecord) -> Executed:
    told = record.body["executed"]
    statements = tuple(SqlStatement(*statement) for statement in told["statements"])
    return Executed(str(target), target.environment, run.id, record.at, statements, int(told["more"]))


def _today(step: Step, scripts: Sequence[Script]) -> Script | None:
    """The revision's script as it is now; where several projects have the revision, the one that was planned."""
    return next((script for script in scripts if script.digest == step.digest), scripts[0] if scripts else None)


def _timing(environment: str, took: Sequence[tuple[float, Target]]) -> Timing:
    seconds = [each for each, _ in took]
    longest, slowest = max(took, key=lambda one: one[0])
    return Timing(environment, len(took), min(seconds), median(seconds), longest, slowest)
