"""Runs a plan, environment by environment. There is one executor: whatever changes a database comes here."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Any

from orchestrator.core.divergence import applied
from orchestrator.core.events import EventKind
from orchestrator.core.failure import Failure
from orchestrator.core.plan import TargetPlan, Wave, at
from orchestrator.core.reports import GOOD, Result, RunReport, TargetResult, finished_before, unstarted
from orchestrator.core.run import Outcome
from orchestrator.databases.probe import probe
from orchestrator.errors import Exit, JournalError, LockedError, StalePlanError
from orchestrator.execution.claim import Claim
from orchestrator.execution.failures import CANCELLED
from orchestrator.execution.setting import Setting
from orchestrator.execution.surrounding import Surrounding
from orchestrator.execution.target_run import run_target
from orchestrator.faults import FaultPoint


def execute(setting: Setting) -> RunReport:
    """Run the setting's plan to its end, or to where it must stop, and record how it ended.

    The run's start is recorded by whoever called. Where the end cannot be recorded, the report says so.
    """
    claim = Claim(setting)
    setting.journal.began(setting.run_id)
    with setting.stop.on_signals():
        report = _environments(setting, claim)
    undone = report.failure is not None or any(result.result not in GOOD for result in report.targets)
    turned_away = claim.lost or (not claim.taken and undone)
    return report if turned_away else _ended(setting, claim, report)


def _environments(setting: Setting, claim: Claim) -> RunReport:
    """Each in its turn, until one does not end well; what comes after that is passed."""
    results: list[TargetResult] = []
    notes: list[str] = []
    failure: Failure | None = None

    def run(plan: TargetPlan) -> TargetResult:
        result = run_target(setting, plan, claim)
        sys.audit(FaultPoint.BETWEEN_TARGETS)
        return result

    passed = partial(_passed, setting)
    for waves in _by_environment(setting.plan.waves):
        if failure or setting.stop.requested or any(result.result not in GOOD for result in results):
            results += [passed(plan) for wave in waves for plan in wave.targets]
            continue
        part = Surrounding(setting, claim, waves, run=run, passed=passed)
        results += part.results()
        failure = part.failure
        notes += part.notes
        sys.audit(FaultPoint.BETWEEN_ENVIRONMENTS)
    outcome = _outcome(setting, results, failure)
    stopped = setting.stop.exit if outcome is Outcome.INTERRUPTED else None
    report = RunReport(setting.run_id, outcome, setting.plan, (), tuple(results), failure, stopped)
    return replace(report, notes=tuple(notes))


def _passed(setting: Setting, plan: TargetPlan) -> TargetResult:
    """A target that is not begun: an earlier attempt finished it, or it is left."""
    finished = setting.resumed is not None and setting.resumed.finished(plan.target)
    result = _finished_before(setting, plan) if finished and plan.steps else unstarted(plan)
    if result.failure is not None:  # told, not recorded: nothing was done there
        told: dict[str, Any] = {
            "result": str(result.result),
            "heads": result.end,
            "reason": result.failure.message,
            "begun": False,
        }
        setting.listener(setting.event(EventKind.TARGET_FINISHED, plan.target, **told))
    return result


def _ended(setting: Setting, claim: Claim, report: RunReport) -> RunReport:
    failed = (report.failure, *(result.failure for result in report.targets))
    if any(failure is not None and failure.exit is Exit.JOURNAL for failure in failed):
        return report  # what failed first tells more than a second failure to record would
    failures = {str(result.target): result.failure.message for result in report.targets if result.failure}
    told: dict[str, Any] = {"failures": failures} if failures else {}
    if report.failure is not None:
        told["reason"] = report.failure.message
    sys.audit(FaultPoint.BEFORE_RUN_FINISHED)
    try:
        claim.check()
        setting.tell(EventKind.RUN_FINISHED, outcome=str(report.outcome), **told)
    except (JournalError, LockedError) as error:
        return replace(report, failure=Failure.of(error))
    sys.audit(FaultPoint.AFTER_RUN_FINISHED)
    return report


def _finished_before(setting: Setting, plan: TargetPlan) -> TargetResult:
    """A target that an earlier attempt finished: what follows stands on it, so it must still be there.

    One that was taken off the list since, a tenant who left, is nobody's source any more.
    """
    if plan.target not in setting.endpoints:
        return finished_before(plan)
    observation = setting.seen.get(plan.target) or probe(setting.endpoints[plan.target], setting.now)
    has = applied(setting.graphs[plan.target], observation)
    finished = replace(finished_before(plan), end=observation.heads)
    if has is not None and has.issuperset(plan.end) and all(step.done(has) for step in plan.steps):
        return finished
    now_at = observation.detail or at(observation.heads)
    what = f"run {setting.run_id} brought it to {at(plan.end)}, but now it is at: {now_at}"
    error = StalePlanError(what, where=str(plan.target), mend=setting.plan.again)
    return replace(finished, result=Result.FAILED, failure=Failure.of(error))


def _by_environment(waves: Iterable[Wave]) -> Iterator[tuple[Wave, ...]]:
    filled = (wave for wave in waves if wave.targets)
    for _, one in groupby(filled, key=lambda wave: wave.targets[0].target.environment):
        yield tuple(one)


def _outcome(setting: Setting, results: Sequence[TargetResult], failure: Failure | None) -> Outcome:
    cancelled = {result.target for result in results if result.failure and result.failure.code == CANCELLED}
    found = {result.result for result in results if result.target not in cancelled}
    if Result.IN_DOUBT in {result.result for result in results}:
        return Outcome.IN_DOUBT
    if Result.FAILED in found or (failure is not None and failure.code != CANCELLED):
        return Outcome.FAILED
    if cancelled or failure is not None or (setting.stop.asked and found & {Result.NOT_STARTED, Result.STOPPED}):
        return Outcome.INTERRUPTED
    if found == {Result.NOTHING_TO_DO} and setting.resumed is None:
        return Outcome.NOTHING_TO_DO
    return Outcome.SUCCEEDED
