"""The waves of one environment: who is begun, when no other is, and what stands between one wave and the next."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from orchestrator.core.events import EventKind
from orchestrator.core.failure import Failure
from orchestrator.core.pipeline import ALL_AT_ONCE
from orchestrator.core.plan import TargetPlan, Wave
from orchestrator.core.reports import Result, TargetResult
from orchestrator.core.waves import Budget, OnFailure, leads
from orchestrator.errors import JournalError, LockedError, OrchestrateError, most_severe
from orchestrator.execution.at_work import seen_at_work
from orchestrator.execution.calls import Call, caller_of
from orchestrator.execution.claim import Claim
from orchestrator.execution.crew import Crew, Work, server
from orchestrator.execution.failures import CANCELLED
from orchestrator.execution.gates import VETOED
from orchestrator.execution.setting import Setting

_FAILED = (Result.FAILED, Result.IN_DOUBT)
_LEFT = (Result.NOT_STARTED, Result.STOPPED)
"""What is done with patience: a rollback makes no pause, and does not ask whether all is well before it is."""


def _has_failed(result: TargetResult) -> bool:
    return result.result in _FAILED


def _holds_back(result: TargetResult) -> bool:
    """Whether it failed in a way that counts against the others; a veto stops each of them by itself."""
    return _has_failed(result) and not (result.failure is not None and result.failure.code == VETOED)


class Stage:
    """One environment's part of a run. `run` takes a target to its end, `passed` is the result of one not begun.

    `failure` is why it went no further, beside what its targets say.
    """

    def __init__(self, setting: Setting, claim: Claim, waves: Sequence[Wave], *, run: Work, passed: Work) -> None:
        self._setting = setting
        self._claim = claim
        self._waves = waves
        self._run = run
        self._passed = passed
        self._name = waves[0].targets[0].target.environment
        self._policy = setting.policies.get(self._name, ALL_AT_ONCE)
        self._changing = sum(len(self._left(wave)) for wave in waves)
        self._budget = Budget.of(self._policy, self._changing)
        self._releases = setting.plan.kind.releases
        self._told = len(waves) > 1 or bool(self._policy.verify and self._releases)
        moving = {plan.target for wave in waves for plan in wave.targets if plan.steps}
        # No budget covers a canary.
        self._led = self._releases and leads(
            [[plan.target for plan in wave.targets] for wave in waves], self._policy, moving
        )
        self._canary_failed = False
        self._found: list[TargetResult] = []
        self.failure: Failure | None = None

    def results(self) -> list[TargetResult]:
        """Work through the waves; every target's result, in the plan's order."""
        found, acted = self._found, False
        for number, wave in enumerate(self._waves, 1):
            left = self._left(wave)
            if acted and left:
                self._pause(number)
            if self._held():
                found += map(self._passed, wave.targets)
            else:
                found += self._wave(number, wave, left)
                acted = acted or bool(left)
        self.failure = self.failure or self._over_budget(found)
        return found

    def _left(self, wave: Wave) -> list[TargetPlan]:
        """What no earlier attempt has finished."""
        resumed = self._setting.resumed
        return [p for p in wave.targets if p.steps and not (resumed is not None and resumed.finished(p.target))]

    def _place(self, number: int) -> dict[str, Any]:
        return {"environment": self._name, "number": number, "of": len(self._waves)}

    def _held(self) -> bool:
        """Whether no other target is begun here."""
        spent = (self._budget.over or self._canary_failed) and self._policy.on_failure is not OnFailure.CONTINUE
        return spent or self.failure is not None or self._setting.stop.requested

    def _wave(self, number: int, wave: Wave, left: Sequence[TargetPlan]) -> list[TargetResult]:
        place = {**self._place(number), "targets": len(left)}
        self._claim.announce(place if self._told else None)
        servers = [server(self._setting.endpoints[plan.target]) for plan in left]
        begun = Crew(left, servers, self._policy, self._held).run(self._run, self._count)
        for plan in wave.targets:
            if plan.target not in begun:
                begun[plan.target] = self._passed(plan)
                self._count(begun[plan.target])
        results = [begun[plan.target] for plan in wave.targets]
        self._canary_failed = self._canary_failed or (number == 1 and self._led and any(map(_holds_back, results)))
        verified = self._verified(number, wave, results, acted=bool(left))
        if self._told and self._claim.announced:
            failed = sum(map(_has_failed, results))
            try:
                self._claim.check()
                self._setting.tell(EventKind.WAVE_FINISHED, **place, failed=failed, verify=verified)
            except (JournalError, LockedError) as error:
                self.failure = Failure.of(error)
        return results

    def _count(self, result: TargetResult) -> None:
        was_over = self._budget.over
        self._budget = self._budget.after(_holds_back(result))
        if self._budget.over and not was_over:
            if self._policy.on_failure is OnFailure.STOP:
                self._setting.stop.halt()
            if self._changing > 1:  # nobody else is held back by one that was alone
                message = f"{self._name}: by now {self._budget}; {self._policy.on_failure.meaning}"
                self._setting.tell(EventKind.STOPPING, message=message)

    def _pause(self, number: int) -> None:
        if self._policy.pause and self._releases and not self._held():
            with self._seen(()):
                self._setting.tell(EventKind.WAVE_PAUSED, **self._place(number), seconds=self._policy.pause)
                self._setting.stop.wait(self._policy.pause)
            try:
                self._claim.check()
            except OrchestrateError as error:
                self.failure = Failure.of(error)

    def _seen(self, results: Sequence[TargetResult]) -> AbstractContextManager[None]:
        plans = [plan for wave in self._waves for plan in wave.targets]
        return seen_at_work(self._setting, plans, [*self._found, *results])

    def _verified(self, number: int, wave: Wave, results: Sequence[TargetResult], *, acted: bool) -> str | None:
        """Ask whether all is well after a wave, unless it was answered before; sets `failure` where it is not."""
        if not (self._policy.verify and self._releases and any(plan.steps for plan in wave.targets)):
            return None
        resumed, of = self._setting.resumed, f"wave {number} of {len(self._waves)} of {self._name}"
        if not acted and resumed is not None and (self._name, number) in resumed.verified:
            return None
        stopped = self._setting.stop.exit
        if stopped is not None and not any(result.result in _LEFT for result in results):
            what = f"{of}: stopped before verify was asked"
            self.failure = Failure(CANCELLED, what, f"orchestrate resume {self._setting.run_id}", stopped)
        if self._held():
            return None
        try:
            self._claim.take()
            again = f"orchestrate resume {self._setting.run_id}   # asks it again"
            call = Call("verify", self._policy.verify, self._policy.verify_timeout, of, again)
            with self._seen(results):
                caller_of(self._setting, self._name).run(call)
        except OrchestrateError as error:
            self.failure = Failure.of(error)
            if error.code == CANCELLED and (asked := self._setting.stop.exit) is not None:
                self.failure = replace(self.failure, exit=asked)
            return "failed"
        return "passed"

    def _over_budget(self, results: Sequence[TargetResult]) -> Failure | None:
        """That some were not begun since more failed than may; None where nothing was held back for that."""
        left = sum(result.result in _LEFT for result in results)
        over = self._budget.over
        if not (left and (over or self._canary_failed)) or self._setting.stop.asked:
            return None
        why = str(self._budget) if over else "the canary failed, and no other was begun"
        what = f"{why}; {left} {'is' if left == 1 else 'are'} left"
        exit_code = most_severe(result.failure.exit for result in results if result.failure)
        mend = f"orchestrate resume {self._setting.run_id}   # takes up what is left and what failed"
        return Failure("over_budget", f"{self._name}: {what}", mend, exit_code)
