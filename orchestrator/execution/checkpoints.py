"""The steps of one target as they happen: each is recorded before it is begun and after it was observed."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.core.doubt import Doubt
from orchestrator.core.events import EventKind
from orchestrator.core.failure import Failure
from orchestrator.core.observations import Observation
from orchestrator.core.plan import Action, Step, TargetPlan, at
from orchestrator.core.reports import Result, StepResult, TargetResult
from orchestrator.core.step_record import Statement
from orchestrator.errors import Exit, JournalError
from orchestrator.execution.claim import Claim
from orchestrator.execution.setting import Setting
from orchestrator.faults import FaultPoint


class Checkpoints:
    """What is recorded of one target's steps in this attempt.

    `heads` are the heads as last observed, `ran_on` the versions that the worker runs on, `open` the revisions
    whose intent is recorded and whose outcome is not. Every method that records raises JournalError where that
    fails.
    """

    def __init__(self, setting: Setting, plan: TargetPlan, claim: Claim) -> None:
        self._setting = setting
        self._claim = claim
        self._plan = plan
        self._steps = {step.revision: step for step in plan.steps}
        self._results: dict[str, StepResult] = {}
        self._begun: dict[str, float] = {}
        self._unrecorded: list[str] = []
        self._retried: dict[str, str] = {}
        self._executed: dict[str, dict[str, Any]] = {}
        self._taken = False
        self._identity = plan.identity
        self.heads = plan.start
        self.ran_on: Mapping[str, str] = {}

    @property
    def open(self) -> tuple[str, ...]:
        """The revisions that were begun and not settled, in order."""
        return tuple(self._begun)

    def step(self, revision: str) -> Step:
        """The planned step of a revision."""
        return self._steps[revision]

    def taken(self) -> None:
        """The target is this run's: locked, and in nobody else's doubt. Before that its end is not recorded."""
        self._claim.begin(self._plan.target.environment)
        self._taken = True

    def observed(self, observation: Observation) -> None:
        """Where the target stands, and which database it is."""
        self.heads, self._identity = observation.heads, observation.identity

    def done_before(self, revision: str) -> None:
        """Applied and recorded by an earlier attempt: nothing to record, only to report."""
        self._settle(revision, "applied")

    def recovered(self, revision: str) -> None:
        """Found done without a recorded outcome, in the database that was observed last."""
        self._settle(revision, "recovered")
        digest = self.step(revision).digest
        self._tell_outcome(EventKind.STEP_RECOVERED, revision, identity=self._identity, digest=digest)

    def not_atomic(self, revision: str) -> None:
        """env.py commits each of the revision's statements by itself, whatever its script looks like."""
        self._steps[revision] = replace(self.step(revision), atomic=False)

    def intent(self, revision: str, catalog: Mapping[str, str] | None, *, autocommit: bool = False) -> None:
        """The revision is about to start; `catalog` is the schema before it, where a failure may leave parts."""
        extra: dict[str, Any] = {"catalog": dict(catalog)} if catalog is not None else {}
        if autocommit:
            extra["autocommit"] = True
        step = self.step(revision)
        sys.audit(FaultPoint.BEFORE_INTENT)
        self._tell(EventKind.STEP_INTENT, revision, digest=step.digest, heads=list(self.heads), **extra)
        sys.audit(FaultPoint.AFTER_INTENT)
        self._retried.pop(revision, None)
        self._begun[revision] = time.monotonic()

    def applied(self, revision: str, observation: Observation) -> None:
        """A fresh connection saw in the version table that the step is done."""
        seconds = round(time.monotonic() - self._begun[revision], 3)
        self.observed(observation)
        self._settle(revision, "applied", seconds)
        done = sum(result.outcome in ("applied", "recovered") for result in self._results.values())
        self._tell_outcome(
            EventKind.STEP_APPLIED,
            revision,
            heads=list(self.heads),
            identity=self._identity,
            seconds=seconds,
            done=done,
            of=len(self._plan.steps),
            digest=self.step(revision).digest,
            ran_on=dict(self.ran_on),
            **self._told_executed(revision),
        )

    def executed(self, revision: str, statements: Sequence[Sequence[Any]], more: int) -> None:
        """What a revision executed: recorded with its outcome, of the first target of the environment alone."""
        self._executed[revision] = {"statements": statements, "more": more}

    def _told_executed(self, revision: str) -> dict[str, Any]:
        told, endpoint = self._executed.pop(revision, None), self._setting.endpoints[self._plan.target]
        if told is None or not self._setting.executed.take(self.step(revision), endpoint):
            return {}
        return {"executed": {"family": endpoint.family, **told}}

    def statements(self, revision: str, statements: Sequence[Statement]) -> None:
        """What became of statements of the revision in hand that the database keeps by themselves."""
        kind, target = EventKind.STEP_STATEMENT, self._plan.target
        self._setting.tell_all(
            [
                self._setting.event(
                    kind, target, revision, number=one.number, statement=one.text, progress=str(one.progress)
                )
                for one in statements
            ]
        )

    def left(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """Those of the steps that have no outcome yet."""
        return tuple(step for step in steps if step.revision not in self._results)

    def failed(self, revision: str, reason: str, retry: Mapping[str, Any] | None = None) -> None:
        """Not done, and nothing of it is left; `retry` tells how it is tried again, None where it is not."""
        if retry is None:
            self._settle(revision, "failed")
            self._tell_outcome(EventKind.STEP_FAILED, revision, reason=reason)
        else:
            self._begun.pop(revision)
            self._retried[revision] = reason
            self._tell_outcome(EventKind.STEP_RETRIED, revision, reason=reason, **retry)

    def give_up(self) -> bool:
        """Record as failed what was to be tried again and was not begun again; whether there was any."""
        given_up, self._retried = self._retried, {}
        for revision, reason in given_up.items():
            self.failed(revision, reason)
        return bool(given_up)

    def in_doubt(self, revision: str, **found: Any) -> None:
        """The version table does not show it, and something may be left of it; `found` is what is known."""
        self._settle(revision, "in_doubt")
        self._tell_outcome(EventKind.STEP_IN_DOUBT, revision, **found)

    def doubtful(self, doubt: Doubt) -> None:
        """What is known of a step in doubt, of this attempt or an earlier one: recorded then, reported now."""
        self._settle(doubt.revision, "in_doubt")
        self._results[doubt.revision] = replace(self._results[doubt.revision], doubt=doubt)

    def result(self, failure: Failure | None) -> TargetResult:
        """How the target came out, recorded as its end if the target was this run's.

        A run that was turned away must not stand as the target's latest: another's may be in doubt.
        """
        steps = tuple(
            self._results.get(step.revision, StepResult(step.revision, step.message, "not_started"))
            for step in self._plan.steps
        )
        result = _summary(steps, self.open, failure)
        try:
            if self._taken and not self._unrecorded:
                self._end(result, failure)
        except JournalError as error:
            failure = failure or Failure.of(error)
            result = _summary(steps, self.open, failure)
        return TargetResult(self._plan.target, result, self._plan.start, self.heads, steps, self._honest(failure))

    def _end(self, result: Result, failure: Failure | None) -> None:
        told: dict[str, Any] = {}
        if failure:
            told = {"code": failure.code, "reason": failure.message, "mend": failure.mend}
        told |= {"heads": list(self.heads), "identity": self._identity}
        self._setting.tell(EventKind.TARGET_FINISHED, self._plan.target, result=str(result), **told)

    def _honest(self, failure: Failure | None) -> Failure | None:
        """With what the journal does not know, which only this message can tell."""
        if failure is None or not self._unrecorded:
            return failure
        names = ", ".join(dict.fromkeys(self._unrecorded))
        missing = f"the outcome of revision {names} could not be recorded; the database is at {at(self.heads)}"
        resume = f"orchestrate resume {self._setting.run_id}"
        mend = failure.mend if resume in (failure.mend or "") else f"{failure.mend}; then: {resume}"
        return replace(failure, message=f"{failure.message}; {missing}", mend=mend)

    def _settle(self, revision: str, outcome: str, seconds: float | None = None) -> None:
        self._begun.pop(revision, None)
        self._results[revision] = StepResult(revision, self.step(revision).message, outcome, seconds)

    def _tell_outcome(self, kind: EventKind, revision: str, **body: Any) -> None:
        sys.audit(FaultPoint.BEFORE_OUTCOME)
        self._tell(kind, revision, **body)
        sys.audit(FaultPoint.AFTER_OUTCOME)

    def _tell(self, kind: EventKind, revision: str, **body: Any) -> None:
        step = self.step(revision)
        told = {"message": step.message, **body}
        if step.action is not Action.UPGRADE:
            told["action"] = str(step.action)
        try:
            self._setting.tell(kind, self._plan.target, revision, **told)
        except JournalError:
            if kind is not EventKind.STEP_INTENT:
                self._unrecorded.append(revision)
            raise


def _summary(steps: tuple[StepResult, ...], still_open: tuple[str, ...], failure: Failure | None) -> Result:
    outcomes = {step.outcome for step in steps}
    if "in_doubt" in outcomes or still_open or (failure is not None and failure.exit is Exit.IN_DOUBT):
        return Result.IN_DOUBT
    if failure is not None:
        return Result.FAILED
    if all(step.outcome == "applied" and step.seconds is None for step in steps):
        return Result.NOTHING_TO_DO  # all of it was done before this attempt
    if "not_started" not in outcomes:
        return Result.APPLIED
    return Result.NOT_STARTED if outcomes == {"not_started"} else Result.STOPPED
