"""The verb `rollback`: from a run to the plan that takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.core.downgrade import Downgrade
from orchestrator.core.plan import Plan, PlanKind
from orchestrator.core.rollback import Undoing, rollback
from orchestrator.core.run import Run
from orchestrator.core.targets import Target
from orchestrator.errors import Problem, UsageError
from orchestrator.journal.journal import Journal
from orchestrator.operations.prepared import Prepared
from orchestrator.operations.survey import Clock, Survey, survey
from orchestrator.project.configuration import Configuration
from orchestrator.project.revision_scripts.downgrades import read_downgrades


@dataclass(frozen=True, slots=True)
class Regret:
    """What a person wants taken back: a run, on these targets (none: on all that it came to), and why."""

    run_id: str
    only: tuple[Target, ...] = ()
    reason: str | None = None


def prepare(
    configuration: Configuration, regret: Regret, now: Clock, confirmed: frozenset[str] = frozenset()
) -> Prepared:
    """Look, and derive the plan; nothing is changed.

    Raises UsageError for a run that cannot be taken back or targets that it did not come to, and what the survey
    and the planner raise.
    """
    for name in confirmed:
        configuration.environment(name)
    with Journal(configuration.journal) as journal:
        run, since = journal.run(regret.run_id), journal.since(regret.run_id)
    _refuse(run, regret, configuration)
    seen = survey(configuration, _environments(configuration, run.plan, regret), now)
    downgrades = _downgrades(configuration, run, seen)
    plan = rollback(seen.world, Undoing(run, since, downgrades, regret.only))
    return Prepared(
        plan,
        seen,
        lambda: prepare(configuration, regret, now),
        confirmed,
        reason=regret.reason,
        downgrades={step.digest: downgrades[step.digest] for target in plan.targets for step in target.steps},
    )


def _refuse(run: Run, regret: Regret, configuration: Configuration) -> None:
    match run.plan.kind:
        case PlanKind.ROLLBACK:
            what = f"run {run.id} is a rollback itself: what it reverted is applied again as at first"
            raise UsageError(what, mend=f"orchestrate rollout --through {run.plan.targets[0].target.environment}")
        case PlanKind.ADOPT:
            what = f"run {run.id} adopted {run.plan.targets[0].target}: it ran no revision that could be reverted"
            mend = f"if the revision was wrong: delete the rows of its version table, then {run.plan.again}"
            raise UsageError(what, mend=mend)
        case PlanKind.BASELINE:
            what = f"{run.id} is a baseline of the journal: it ran no revision that could be reverted"
            raise UsageError(what, mend="orchestrate runs")
        case _:
            if problems := tuple(_missing(run, regret, configuration)):
                raise UsageError.collect(problems, "{n} targets cannot be rolled back")


def _missing(run: Run, regret: Regret, configuration: Configuration) -> Iterator[Problem]:
    had, have = run.plan.by_target, configuration.pipeline.targets
    came = ", ".join(str(plan.target) for plan in run.plan.targets if plan.steps)
    for target in regret.only:
        if target not in had:
            yield Problem(f"run {run.id} did not come to it", str(target), f"it came to {came}")
    for target in had:
        if target not in have and (not regret.only or target in regret.only):
            yield Problem(
                "it was taken out of environments.yaml", str(target), "put it back, or leave it out with --target"
            )


def _environments(configuration: Configuration, plan: Plan, regret: Regret) -> list[str]:
    """Those of the targets, and for each of their databases the next environment that has it too."""
    environments = configuration.pipeline.environments
    names = configuration.pipeline.names
    wanted = set[str]()
    for target in (one.target for one in plan.targets if not regret.only or one.target in regret.only):
        later = environments[names.index(target.environment) + 1 :]
        peers = (one.name for one in later if any(peer.database == target.database for peer in one.targets))
        wanted |= {target.environment, next(peers, target.environment)}
    return [name for name in names if name in wanted]


def _downgrades(configuration: Configuration, run: Run, seen: Survey) -> dict[str, Downgrade]:
    found: dict[str, Downgrade] = {}
    for plan in run.plan.targets:
        if plan.target in seen.endpoints:
            known = seen.world.graphs[plan.target].scripts
            scripts = [known[step.revision] for step in plan.steps if step.revision in known]
            found |= read_downgrades(configuration.project_of(plan.target).config.parent, scripts)
    return found
