"""The verb `rollback`: from a run to the plan that takes it back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.core.downgrade import Downgrade
from orchestrator.core.phrases import few
from orchestrator.core.plan import Plan, PlanKind
from orchestrator.core.rollback import Undoing, downstream, limited, rollback
from orchestrator.core.run import Run
from orchestrator.core.scripts import Script
from orchestrator.core.selection import Selection, fitting
from orchestrator.core.targets import Target
from orchestrator.errors import Problem, UsageError
from orchestrator.journal.journal import Journal
from orchestrator.operations import tenants
from orchestrator.operations.prepared import Prepared
from orchestrator.operations.runs import named
from orchestrator.operations.survey import Clock, Survey, survey
from orchestrator.project.configuration import Configuration
from orchestrator.project.revision_scripts.downgrades import read_downgrades


@dataclass(frozen=True, slots=True)
class Regret:
    """What a person wants taken back: a run, by its id or its sealed plan's file, and why.

    It is taken back on the targets so named; without a name, on all that it came to.
    """

    run: str
    names: tuple[str, ...] = ()
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
        run = named(journal, regret.run)
        since = journal.since(run.id)
    _refuse(run)
    only = _meant(run, regret)
    wanted = limited(run.plan, only)
    whole = tenants.expanded(configuration, _environments(configuration, wanted))
    _refuse_gone(wanted, whole)
    looked_at = [*wanted, *downstream(whole.pipeline, wanted)]
    seen = survey(whole.narrowed(looked_at), None, now, changing={target.environment for target in wanted})
    downgrades = downgrades_of(seen, run.plan)
    plan = rollback(seen.world, Undoing(run, since, downgrades, only, whole.pipeline))
    if regret.names != tuple(map(str, only)):
        plan = replace(plan, selection=Selection(regret.names))
    return Prepared(
        plan,
        seen,
        lambda: prepare(configuration, regret, now),
        confirmed,
        reason=regret.reason,
        at=now(),
        downgrades={step.digest: downgrades[step.digest] for target in plan.targets for step in target.steps},
    )


def _meant(run: Run, regret: Regret) -> tuple[Target, ...]:
    """The targets of the run that the names mean; UsageError with every name that means none."""
    had = [planned.target for planned in run.plan.targets]
    meant = {name: fitting(name, had) for name in dict.fromkeys(regret.names)}
    came = few(str(planned.target) for planned in run.plan.targets if planned.steps)
    what = f"run {run.id} did not come to it"
    if missing := [Problem(what, name, f"it came to {came}") for name, found in meant.items() if not found]:
        raise UsageError.collect(missing, "{n} targets cannot be rolled back")
    return tuple(dict.fromkeys(target for found in meant.values() for target in found))


def _refuse(run: Run) -> None:
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


def _refuse_gone(wanted: Iterable[Target], configuration: Configuration) -> None:
    have = frozenset(configuration.pipeline.targets)
    mend = "put it back, or leave it out with --target"
    gone = [Problem(_gone(target), str(target), mend) for target in wanted if target not in have]
    if gone:
        raise UsageError.collect(gone, "{n} targets cannot be rolled back")


def _gone(target: Target) -> str:
    return "it was taken out of environments.yaml" if target.tenant is None else "it is no tenant there any more"


def _environments(configuration: Configuration, wanted: Iterable[Target]) -> list[str]:
    """Those of the targets, and for each of their databases the next environment that has it too."""
    names = configuration.pipeline.names
    databases: dict[str, set[str]] = {name: set() for name in names}
    for target in (*configuration.pipeline.targets, *configuration.tenancies()):
        databases[target.environment].add(target.database)
    asked = set[str]()
    for target in {target.untenanted for target in wanted if target.environment in names}:
        later = names[names.index(target.environment) + 1 :]
        asked |= {
            target.environment,
            next((n for n in later if target.database in databases[n]), target.environment),
        }
    return [name for name in names if name in asked]


def downgrades_of(seen: Survey, release: Plan) -> dict[str, Downgrade]:
    """The downgrades of the scripts that a plan brings to what was looked at, by the scripts' digests of today."""
    scripts: dict[Path, dict[str, Script]] = {}
    for plan in (plan for plan in release.targets if plan.target in seen.endpoints):
        known = seen.world.graphs[plan.target].scripts
        of_project = scripts.setdefault(seen.configuration.project_of(plan.target).config.parent, {})
        of_project |= {step.revision: known[step.revision] for step in plan.steps if step.revision in known}
    found: dict[str, Downgrade] = {}
    for folder, each in scripts.items():
        found |= read_downgrades(folder, each.values())
    return found
