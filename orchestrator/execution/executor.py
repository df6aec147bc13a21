"""Runs a plan, wave by wave. There is one executor: whatever changes a database comes here."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from orchestrator.core.divergence import applied
from orchestrator.core.events import EventKind
from orchestrator.core.failure import Failure
from orchestrator.core.plan import TargetPlan, Wave, at
from orchestrator.core.reports import Result, RunReport, TargetResult, finished_before, unstarted
from orchestrator.core.run import Outcome
from orchestrator.databases.probe import probe
from orchestrator.errors import Exit, JournalError, StalePlanError
from orchestrator.execution.claim import Claim
from orchestrator.execution.failures import CANCELLED
from orchestrator.execution.setting import Setting
from orchestrator.execution.target_run import run_target
from orchestrator.faults import FaultPoint

_AT_ONCE = 4
"""Targets of one wave that run at the same time."""


def execute(setting: Setting) -> RunReport:
    """Run the setting's plan to its end, or to where it must stop, and record how it ended.

    The run's start is recorded by whoever called. Where the end cannot be recorded, the report says so.
    """
    results: list[TargetResult] = []
    halted = False
    claim = Claim(setting)
    with setting.stop.on_signals():
        for wave in setting.plan.waves:
            halted = halted or setting.stop.requested
            done = [unstarted(plan) for plan in wave.targets] if halted else _run(setting, wave, claim)
            results += done
            halted = halted or any(result.result not in _GOOD for result in done)
    outcome = _outcome(setting, results)
    stopped = setting.stop.exit if outcome is Outcome.INTERRUPTED else None
    report = RunReport(setting.run_id, outcome, setting.plan, targets=tuple(results), stopped=stopped)
    turned_away = not claim.taken and any(result.failure for result in results)
    return report if turned_away else _ended(setting, report)


def _ended(setting: Setting, report: RunReport) -> RunReport:
    if any(result.failure and result.failure.exit is Exit.JOURNAL for result in report.targets):
        return report  # the targets tell more than a second failure to record would
    failures = {str(result.target): result.failure.message for result in report.targets if result.failure}
    told: dict[str, Any] = {"failures": failures} if failures else {}
    sys.audit(FaultPoint.BEFORE_RUN_FINISHED)
    try:
        setting.tell(EventKind.RUN_FINISHED, outcome=str(report.outcome), **told)
    except JournalError as error:
        return replace(report, failure=Failure.of(error))
    sys.audit(FaultPoint.AFTER_RUN_FINISHED)
    return report


_GOOD = (Result.APPLIED, Result.NOTHING_TO_DO)


def _run(setting: Setting, wave: Wave, claim: Claim) -> list[TargetResult]:
    with ThreadPoolExecutor(min(_AT_ONCE, len(wave.targets)) or 1, "target") as pool:
        results = list(pool.map(lambda plan: _run_one(setting, plan, claim), wave.targets))
    sys.audit(FaultPoint.BETWEEN_ENVIRONMENTS)
    return results


def _run_one(setting: Setting, plan: TargetPlan, claim: Claim) -> TargetResult:
    if not plan.steps:
        return TargetResult(plan.target, Result.NOTHING_TO_DO, plan.start, plan.end)
    if setting.resumed is not None and setting.resumed.finished(plan.target):
        return _finished_before(setting, plan)
    result = run_target(setting, plan, claim)
    sys.audit(FaultPoint.BETWEEN_TARGETS)
    return result


def _finished_before(setting: Setting, plan: TargetPlan) -> TargetResult:
    """A target that an earlier attempt finished: what follows stands on it, so it must still be there."""
    observation = probe(setting.endpoints[plan.target], setting.now)
    has = applied(setting.graphs[plan.target], observation)
    finished = replace(finished_before(plan), end=observation.heads)
    if has is not None and has.issuperset(plan.end) and all(step.done(has) for step in plan.steps):
        return finished
    now_at = observation.detail or at(observation.heads)
    what = f"run {setting.run_id} brought it to {at(plan.end)}, but now it is at: {now_at}"
    error = StalePlanError(what, where=str(plan.target), mend=setting.plan.again)
    return replace(finished, result=Result.FAILED, failure=Failure.of(error))


def _outcome(setting: Setting, results: Iterable[TargetResult]) -> Outcome:
    cancelled = {result.target for result in results if result.failure and result.failure.code == CANCELLED}
    found = {result.result for result in results if result.target not in cancelled}
    if Result.IN_DOUBT in {result.result for result in results}:
        return Outcome.IN_DOUBT
    if Result.FAILED in found:
        return Outcome.FAILED
    if cancelled or (setting.stop.requested and found & {Result.NOT_STARTED, Result.STOPPED}):
        return Outcome.INTERRUPTED
    if found == {Result.NOTHING_TO_DO} and setting.resumed is None:
        return Outcome.NOTHING_TO_DO
    return Outcome.SUCCEEDED
