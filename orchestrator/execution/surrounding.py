"""What stands around the change of one environment: what is run before it, must hold after it, and is run last.

Only where something changes, and only for a release: a rollback is not held up by what it may have to undo.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from orchestrator.core.checks import NOTHING_AROUND, Hook, Standing, Verification, named
from orchestrator.core.events import EventKind
from orchestrator.core.failure import Failure
from orchestrator.core.pipeline import ALL_AT_ONCE
from orchestrator.core.plan import Wave
from orchestrator.core.reports import GOOD, Result, TargetResult
from orchestrator.core.run import Outcome
from orchestrator.core.selection import NOTHING_TYPED
from orchestrator.errors import FailedError, JournalError, OrchestrateError
from orchestrator.execution.at_work import at_work, seen_at_work
from orchestrator.execution.calls import Call, caller_of
from orchestrator.execution.checks import ask_all
from orchestrator.execution.claim import Claim
from orchestrator.execution.crew import Work
from orchestrator.execution.failures import CANCELLED
from orchestrator.execution.gates import refuse_closed
from orchestrator.execution.setting import Setting
from orchestrator.execution.target_lock import Stopped
from orchestrator.execution.waves import Stage

BEFORE, AFTER = "before", "after"
_UNTOUCHED = (Result.NOTHING_TO_DO, Result.NOT_STARTED)


class Surrounding:
    """One environment's part of a run with what stands around it; `run` and `passed` are the stage's.

    `failure` is why it went no further, beside what its targets say; `notes` are what changes nothing about it.
    """

    def __init__(self, setting: Setting, claim: Claim, waves: Sequence[Wave], *, run: Work, passed: Work) -> None:
        self._setting = setting
        self._claim = claim
        self._passed = passed
        self._stage = Stage(setting, claim, waves, run=run, passed=passed)
        self._plans = [plan for wave in waves for plan in wave.targets]
        self._name = self._plans[0].target.environment
        self._changes = setting.plan.kind.releases and any(plan.steps for plan in self._plans)
        self._around = setting.around.get(self._name, NOTHING_AROUND) if self._changes else NOTHING_AROUND
        self._again = f"orchestrate resume {setting.run_id}"
        policy = setting.policies.get(self._name, ALL_AT_ONCE)
        self._beside = self._changes and bool(policy.pause or policy.verify or self._around != NOTHING_AROUND)
        self._turned_away = False
        self._acted = False
        self.failure: Failure | None = None
        self.notes: list[str] = []

    def results(self) -> list[TargetResult]:
        """Do all of it; every target's result, in the plan's order."""
        results: list[TargetResult] = []
        try:
            with self._alone():
                self._before()
            results = self._stage.results()
            self.failure = self._stage.failure
            self._acted = self._acted or any(result.result not in _UNTOUCHED for result in results)
            self._verify(results)
        except OrchestrateError as error:
            self.failure = self._failed(error)
        except Stopped:
            self._turned_away = True
        results = results or [self._passed(plan) for plan in self._plans]
        self._after(results)
        return results

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Raises LockedError where another run is at work here, Stopped where a stop is asked for meanwhile."""
        if not self._beside:
            yield
            return
        self._turned_away = True
        with at_work(self._setting, self._plans):
            self._turned_away = False
            yield

    def _failed(self, error: OrchestrateError) -> Failure:
        stopped = self._setting.stop.exit if error.code == CANCELLED else None
        return Failure.of(error) if stopped is None else replace(Failure.of(error), exit=stopped)

    def _before(self) -> None:
        """Raises FailedError where the window has closed or a hook failed.

        Those that passed in an earlier attempt are not run again.
        """
        resumed = self._setting.resumed
        if resumed is not None and all(resumed.finished(plan.target) for plan in self._plans):
            return
        if self._changes and not self._setting.stop.requested:
            refuse_closed(self._setting, self._name)
        for number, hook in enumerate(self._around.before, 1):
            if self._setting.stop.requested or self._passed_before(BEFORE, number):
                continue
            self._claim.check()
            self._claim.take()
            self._acted = True
            self._call(BEFORE, number, hook, {})

    def _passed_before(self, when: str, number: int) -> bool:
        resumed = self._setting.resumed
        return resumed is not None and (self._name, when, number) in resumed.hooks

    def _call(self, when: str, number: int, hook: Hook, variables: dict[str, str]) -> None:
        told: dict[str, Any] = {"environment": self._name, "when": when, "number": number}
        told["command"] = named(hook.command)
        mend = f"{self._again}   # runs it again"
        try:
            caller = caller_of(self._setting, self._name, **variables)
            caller.run(Call(when, hook.command, hook.timeout, self._name, mend))
        except FailedError as error:
            self._record({**told, "passed": False, "reason": error.what})
            raise
        self._record({**told, "passed": True, "reason": None})

    def _record(self, told: Mapping[str, Any]) -> None:
        try:
            self._claim.check()
            self._setting.tell(EventKind.HOOK_FINISHED, **told)
        except JournalError as error:
            ended = told["reason"] or f"{told['when']} passed"
            what = f"{ended}; that could not be recorded, and resume runs it again: {error}"
            raise type(error)(what, where=self._name, mend=error.mend) from error

    def _verify(self, results: Sequence[TargetResult]) -> None:
        """Raises FailedError where a check fails, or nobody could ask it any more."""
        checks, setting = self._around.verify, self._setting
        if not checks or self.failure is not None or any(result.result not in GOOD for result in results):
            return
        if not self._acted and setting.resumed is not None and self._name in setting.resumed.checked:
            return
        mend = f"{self._again}   # asks it again"
        if setting.stop.requested:
            raise FailedError("stopped before verify was asked", where=self._name, mend=mend, code=CANCELLED)
        mend += f"\norchestrate rollback {setting.run_id} --dry-run   # tells what taking it back does"
        self._claim.take()
        self._acted = True
        here = {t: endpoint for t, endpoint in setting.endpoints.items() if t.environment == self._name}
        with seen_at_work(setting, self._plans, results):
            answers = ask_all(checks, here, caller_of(setting, self._name), self._name, mend)
        self._claim.check()
        found = Verification(self._name, answers, len(here), mend)
        setting.tell(EventKind.ENVIRONMENT_VERIFIED, **found.body, **self._standing(results).body)
        if (error := found.error) is not None:
            raise error

    def _standing(self, results: Sequence[TargetResult]) -> Standing:
        """Where the environment stands as a whole; nowhere where the run is about a part of it alone."""
        plan, ends = self._setting.plan, {result.target: result.end for result in results}
        here = [seen for target, seen in self._setting.seen.items() if target.environment == self._name]
        known = {*ends, *(seen.target for seen in here)}
        all_of_it = {target for target, _ in plan.seen if target.environment == self._name} <= known
        left_out = any(one.target.environment == self._name for one in plan.left_out)
        whole = plan.selection.of_targets == NOTHING_TYPED and all_of_it and not left_out
        ended = (replace(seen, heads=ends.get(seen.target, seen.heads)) for seen in here)
        return Standing.of(ended) if whole else Standing()

    def _after(self, results: Sequence[TargetResult]) -> None:
        """Run what is run last, however it ended; what fails here is told and changes nothing."""
        every = enumerate(self._around.after, 1)
        left = [(n, hook) for n, hook in every if self._acted or not self._passed_before(AFTER, n)]
        untaken = not self._claim.taken and (self.failure or any(result.result not in GOOD for result in results))
        if not left or self._claim.lost or self._turned_away or untaken:
            return
        if self._setting.stop.cancelled:
            self.notes.append(f"{self._name}: after was not run, since it was stopped twice; {self._again} does")
            return
        outcome = {"ORCHESTRATE_OUTCOME": str(self._outcome(results))}
        with seen_at_work(self._setting, self._plans, results):
            for number, hook in left:
                try:
                    self._claim.take()
                    self._call(AFTER, number, hook, outcome)
                except FailedError as error:
                    self.notes.append(f"{error}; that changes nothing else")
                except OrchestrateError as error:
                    self.failure = self.failure or Failure.of(error)
                    return

    def _outcome(self, results: Sequence[TargetResult]) -> Outcome:
        found = {result.result for result in results}
        if Result.IN_DOUBT in found:
            return Outcome.IN_DOUBT
        if Result.FAILED in found or (self.failure is not None and self.failure.code != CANCELLED):
            return Outcome.FAILED
        return Outcome.SUCCEEDED if found <= set(GOOD) and self.failure is None else Outcome.INTERRUPTED
