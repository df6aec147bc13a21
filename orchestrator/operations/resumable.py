"""Whether a run that is taken up again still is what it was: done is done, and the rest as planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from orchestrator.core.divergence import applied
from orchestrator.core.phrases import few
from orchestrator.core.plan import TargetPlan
from orchestrator.core.reports import RunReport, finished_before
from orchestrator.core.run import Outcome, Run, gone, lost
from orchestrator.core.taken_back import taken_back
from orchestrator.core.targets import Target
from orchestrator.errors import Problem, StalePlanError
from orchestrator.operations.survey import Survey
from orchestrator.operations.unfinished import changes_since, taken_since


def ended_before(run: Run, seen: Survey, again: str | None = None) -> RunReport:
    """That a run which ended well is still done, as the databases say; raises StalePlanError else.

    `again` is what to type then, where that is not the run's own command.
    """
    if run.outcome is Outcome.TAKEN_BACK:
        raise StalePlanError(f"it was {run.stopped_by}", where=f"run {run.id}", mend=again or run.plan.again)
    problems = []
    for plan in run.plan.targets:
        if (observation := seen.world.observations.get(plan.target)) is None:
            continue
        has = applied(seen.world.graphs[plan.target], observation)
        if has is None or (gone := lost(run, plan.target, has)):
            last = seen.last_runs.get(plan.target)
            told = _gone(run, gone, last) if has is not None else f"it is {observation.reading} now"
            mend = again or run.plan.again
            problems.append(Problem(f"run {run.id} ended well, and {told}", str(plan.target), mend))
    if problems:
        raise StalePlanError.collect(problems, "{n} targets are no longer as the run left them")
    heads = {target: observation.heads for target, observation in seen.world.observations.items()}
    targets = tuple(
        replace(finished_before(plan), start=heads[plan.target], end=heads[plan.target])
        for plan in run.plan.targets
        if plan.target in heads
    )
    return RunReport(run.id, Outcome.NOTHING_TO_DO, run.plan, targets=targets)


def _gone(run: Run, revisions: tuple[str, ...], last: Run | None) -> str:
    noun, verb = ("revision", "is") if len(revisions) == 1 else ("revisions", "are")
    told = f"{noun} {', '.join(revisions)} {verb} gone"
    return f"{told}: {taken_back(last)}" if last and taken_back(last) and last.plan.undoes == run.id else told


def still_the_same(run: Run, seen: Survey) -> None:
    """Raise StalePlanError where what is left of the run would not be what was planned."""
    unfinished = [plan for plan in run.plan.targets if not run.finished(plan.target)]
    _refuse_taken(run, unfinished, seen)
    changes = [(plan, what) for plan in unfinished for what in changes_since(run, plan, seen)]
    problems = [_stale(run, plan.target, what, seen) for plan, what in changes]
    if problems:
        raise StalePlanError.collect(problems, "{n} things that the run relies on changed")


def _refuse_taken(run: Run, unfinished: Sequence[TargetPlan], seen: Survey) -> None:
    """Raise StalePlanError where later runs did all that is left: it is theirs, and theirs to be taken back."""
    takers: dict[str, list[str]] = {}
    for plan in unfinished:
        taker, observation = taken_since(run, plan, seen), seen.world.observations.get(plan.target)
        has = applied(seen.world.graphs[plan.target], observation) if observation is not None else None
        if taker is None or has is None or not all(step.done(has) for step in plan.steps):
            return
        takers.setdefault(taker.id, []).append(str(plan.target))
    if takers:
        told = "; ".join(f"run {taker} took {few(targets)} there since" for taker, targets in takers.items())
        what = f"{told}; nothing of this run is left"
        raise StalePlanError(what, where=f"run {run.id}", mend="orchestrate status")


def _stale(run: Run, target: Target, what: str, seen: Survey) -> Problem:
    observation = seen.world.observations.get(target)
    if observation is None or not observation.missing:
        return Problem(f"{what} since run {run.id} planned it", str(target), run.plan.again)
    if target not in seen.last_runs:  # no run touched it, and this one saw it
        observation = gone(observation, run, seen.world.graphs[target])
    mend = f"{observation.mend}\nthe others, without it: {run.plan.skipping}"
    return Problem(observation.detail or what, str(target), mend)
