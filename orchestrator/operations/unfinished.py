"""What runs left undone, and whether it is still what they planned; nothing is looked at here."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator

from orchestrator.core.divergence import applied
from orchestrator.core.outstanding import came_to, standing_in, unchecked, ways_on
from orchestrator.core.plan import Plan, TargetPlan
from orchestrator.core.run import Outcome, Run
from orchestrator.core.status import Unfinished
from orchestrator.core.step_record import StepState
from orchestrator.core.targets import Target
from orchestrator.operations.survey import Survey


def unfinished(seen: Survey, listed: Collection[Target] | None = None) -> Unfinished | None:
    """The latest run that left a target short of where it was to take it, also one that it never began.

    None of a run that cannot be resumed any more, or that somebody drives now. `listed` are all targets that there
    are in the environments looked at, of which `seen` may have a part; None where that is not known.
    """
    environments = {target.environment for target in seen.endpoints}
    for run in _open(seen):
        there = (plan for plan in run.plan.targets if plan.target.environment in environments)
        known = [
            plan
            for plan in there
            if plan.target in seen.endpoints or (listed is not None and plan.target not in listed)
            if not run.finished(plan.target)
        ]
        if any(plan.target in seen.holders or any(changes_since(run, plan, seen)) for plan in known):
            continue
        if left := tuple(plan.target for plan in known if _left(run, plan, seen)):
            return Unfinished(run, left)
        if _to_be_ended(run, seen):
            return Unfinished(run)
    return None


def undone(plan: Plan, seen: Survey, vetoes: Container[str]) -> tuple[str, ...]:
    """What is to be known of a plan that has nothing to do: that an earlier run is not finished all the same."""
    found = unfinished(seen) if plan.kind.releases and not plan.steps else None
    return (f"run {found.run.id} is not finished; next: {ways_on(found.run, vetoes)[0]}",) if found else ()


def stopped(seen: Survey, environment: str) -> Iterator[Run]:
    """The runs that can be taken up again and came to a part of the environment, the latest first.

    Also one at work. One that came to no target of it left it as it was. Where later runs or people did since what
    one left there, it does not stand there.
    """
    for run in _open(seen):
        if standing_in(run) != environment or not came_to(run, environment, seen.last_runs):
            continue
        plans = [plan for plan in run.plan.targets if plan.target.environment == environment]
        there = [plan for plan in plans if plan.target in seen.endpoints and not run.finished(plan.target)]
        the_same = not any(any(changes_since(run, plan, seen)) for plan in there)
        if the_same and any(_left(run, plan, seen) for plan in there):
            yield run


def _open(seen: Survey) -> list[Run]:
    """The runs that have not ended well, the latest on a target or before an environment; the latest first."""
    runs = {run.id: run for run in (*seen.last_runs.values(), *seen.unbegun) if not run.complete}
    return sorted(runs.values(), key=lambda run: run.started_at, reverse=True)


def _to_be_ended(run: Run, seen: Survey) -> bool:
    """Whether its targets are done, and what is asked then has not passed or what is run last was cut off."""
    latest = (seen.last_runs.get(plan.target) for plan in run.plan.targets if plan.target in seen.endpoints)
    changed = [one for one in seen.world.pipeline.environments if one.name in run.plan.environments]
    cut_off = run.outcome in (None, Outcome.INTERRUPTED)
    return (
        any((cut_off and one.around.after) or unchecked(run, one) for one in changed)
        and all(run.finished(plan.target) and plan.target not in seen.holders for plan in run.plan.targets)
        and all(one is not None and one.id == run.id for one in latest)
    )


def _left(run: Run, plan: TargetPlan, seen: Survey) -> bool:
    """Whether a target lacks a step of the run, or has one that only a resumed run records."""
    if taken_since(run, plan, seen) is not None:
        return False
    latest = seen.last_runs.get(plan.target)
    mine = latest is not None and latest.id == run.id
    has = applied(seen.world.graphs[plan.target], seen.world.observations[plan.target])
    lacks = has is None or not all(step.done(has) for step in plan.steps)
    return lacks or (mine and run.started_step(plan.target) is not None)


def taken_since(run: Run, plan: TargetPlan, seen: Survey) -> Run | None:
    """The later run that took the target where that was to take it; None where none did."""
    latest = seen.last_runs.get(plan.target)
    later = latest is not None and latest.id != run.id and latest.started_at > run.started_at
    return latest if later and latest is not None and latest.finished(plan.target) else None


def changes_since(run: Run, plan: TargetPlan, seen: Survey) -> Iterator[str]:
    """What changed of a target since the run planned it, so that what is left would not be what was planned."""
    if plan.target not in seen.endpoints:
        tenant = plan.target.tenant is not None
        yield "it is no tenant any more" if tenant else "the target was taken out of environments.yaml"
        return
    observation = seen.world.observations[plan.target]
    if observation.missing:
        yield "it is gone"
        return
    if run.elsewhere(plan.target, observation.identity):
        yield "the URL came to lead to another database"
    scripts = seen.world.graphs[plan.target].scripts
    yield from (f"the script of revision {head} is gone" for head in plan.start if head not in scripts)
    for step in plan.steps:
        if run.record(plan.target, step.revision).state is StepState.APPLIED:
            continue
        if (script := scripts.get(step.revision)) is None or script.digest != step.digest:
            yield f"the script of revision {step.revision} " + ("changed" if script else "is gone")
