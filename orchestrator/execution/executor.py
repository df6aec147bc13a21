"""Runs a plan, wave by wave. There is one executor: promote, rollout and resume all come here."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from orchestrator.core.events import EventKind
from orchestrator.core.plan import TargetPlan, Wave
from orchestrator.core.reports import Failure, Result, RunReport, TargetResult, finished_before, unstarted
from orchestrator.core.run import Outcome
from orchestrator.errors import OrchestrateError
from orchestrator.execution.setting import Setting
from orchestrator.execution.target_run import run_target

_AT_ONCE = 4
"""Targets of one wave that run at the same time."""


def execute(setting: Setting) -> RunReport:
    """Run the setting's plan to its end, or to where it must stop, and record how it ended.

    The run's start is recorded by whoever called. Raises JournalError where even the end cannot be recorded.
    """
    results: list[TargetResult] = []
    halted = False
    with setting.stop.on_signals():
        for wave in setting.plan.waves:
            halted = halted or setting.stop.requested
            done = [unstarted(plan) for plan in wave.targets] if halted else _run(setting, wave)
            results += done
            halted = halted or any(result.result not in _GOOD for result in done)
    outcome = _outcome(results, interrupted=setting.stop.requested)
    setting.tell(EventKind.RUN_FINISHED, outcome=str(outcome))
    stopped = setting.stop.exit if outcome is Outcome.INTERRUPTED else None
    return RunReport(setting.run_id, outcome, setting.plan, targets=tuple(results), stopped=stopped)


_GOOD = (Result.APPLIED, Result.NOTHING_TO_DO)


def _run(setting: Setting, wave: Wave) -> list[TargetResult]:
    with ThreadPoolExecutor(min(_AT_ONCE, len(wave.targets)) or 1, "target") as pool:
        return list(pool.map(lambda plan: _run_one(setting, plan), wave.targets))


def _run_one(setting: Setting, plan: TargetPlan) -> TargetResult:
    if not plan.steps:
        return TargetResult(plan.target, Result.NOTHING_TO_DO, plan.start, plan.end)
    if setting.resumed is not None and setting.resumed.finished(plan.target):
        return finished_before(plan)
    try:
        return run_target(setting, plan)
    except OrchestrateError as error:
        return _failed(plan, error)


def _failed(plan: TargetPlan, error: OrchestrateError) -> TargetResult:
    """A target whose run could not even be recorded: the journal is gone, so nothing more is claimed of it."""
    return replace(unstarted(plan), result=Result.IN_DOUBT, end=(), failure=Failure.of(error))


def _outcome(results: Iterable[TargetResult], *, interrupted: bool) -> Outcome:
    found = {result.result for result in results}
    if Result.IN_DOUBT in found:
        return Outcome.IN_DOUBT
    if Result.FAILED in found:
        return Outcome.FAILED
    if interrupted and found & {Result.NOT_STARTED, Result.STOPPED}:
        return Outcome.INTERRUPTED
    return Outcome.SUCCEEDED
