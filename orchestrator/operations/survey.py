"""Looks at everything a decision needs: the scripts, every target asked for, and what the journal remembers.

Reads only: no project code is run (except a script whose values are no literals), nothing is created or locked.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.core.divergence import applied
from orchestrator.core.failure import Failure
from orchestrator.core.observations import Observation
from orchestrator.core.outstanding import passed, unbegun
from orchestrator.core.plan import TargetPlan
from orchestrator.core.revisions import Graph
from orchestrator.core.run import Lost, Run, doubtful_step, first_left, gone, lost
from orchestrator.core.targets import Target
from orchestrator.core.world import World
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.probe import probe_all
from orchestrator.errors import ConfigurationError, JournalError, OrchestrateError, Problem, ScriptsError
from orchestrator.execution.facts import facts_of
from orchestrator.journal.journal import Journal
from orchestrator.project.configuration import AlembicProject, Configuration
from orchestrator.project.environments_file.definitions import Branches
from orchestrator.project.environments_file.wording import near, shown
from orchestrator.project.revision_scripts import scripts
from orchestrator.project.revision_scripts.alembic_config import read_config

if TYPE_CHECKING:
    from orchestrator.core.doubt import Doubt
    from orchestrator.core.locks import Leftover
    from orchestrator.databases.holders import Holder

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Survey:
    """The world as seen, with the latest run on each target, who drives a target now, and which step is in doubt.

    `configuration` is the one whose targets were looked at, with all of their tenants. `doubts` are as the journal
    has them; `lost` is what a target's latest run did and the target has no more. `leftovers` are what works in
    targets that nobody drives, `unbegun` the runs that were last to change an environment and came to none of it.
    """

    configuration: Configuration
    world: World
    endpoints: Mapping[Target, Endpoint]
    last_runs: Mapping[Target, Run]
    holders: Mapping[Target, str]
    leftovers: Mapping[Target, Leftover]
    doubts: Mapping[Target, Doubt]
    lost: Mapping[Target, Lost]
    unbegun: Sequence[Run] = ()

    @property
    def in_clear(self) -> dict[Target, str]:
        """The targets that require TLS and were reached over a network without, each with its family."""
        seen = ((target, self.world.observations[target]) for target in self.endpoints)
        return {t: o.family for t, o in seen if o.encrypted is False and self.endpoints[t].require_tls}


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the journal tells before anything is looked at, beside what is found: as `Survey` has it."""

    last_runs: Mapping[Target, Run] = field(default_factory=dict)
    unbegun: Sequence[Run] = ()


def remembered(journal: Journal, environments: Iterable[str]) -> Remembered:
    """What this journal tells, of runs that came to no target in these environments; raises JournalError."""
    last_runs = journal.last_runs()
    known, since = {run.id: run for run in last_runs.values()}, passed(environments, last_runs)
    begun = unbegun(journal.not_well_ended(min(since.values(), default=0)), since)
    unfinished = (known.get(run.id) or journal.run(run.id) for run in begun)
    return Remembered(last_runs, tuple(run for run in unfinished if not run.complete))


def remembered_or_why_not(configuration: Configuration) -> tuple[Mapping[Target, Run], Failure | None]:
    """For each target the latest run that touched it; nothing, and why, where the journal cannot be read."""
    try:
        with Journal(configuration.journal) as journal:
            return journal.last_runs(), None
    except JournalError as error:
        return {}, Failure.of(error)


def survey(
    configuration: Configuration,
    environments: Iterable[str] | None,
    now: Clock,
    told: Remembered | None = None,
    *,
    changing: Container[str] = (),
) -> Survey:
    """See the environments named, or all; raises ConfigurationError, ScriptsError or JournalError.

    A database that does not answer is an observation, not an error. `told` is what the journal was asked for
    before; else it is opened for that. In the environments `changing` the rights that a run needs are asked on the
    same connections, where that can be.
    """
    endpoints = configuration.endpoints(environments)
    by_target = graphs_of(configuration, endpoints)
    if told is None:
        with Journal(configuration.journal) as journal:
            told = remembered(journal, configuration.pipeline.names)
    last_runs = told.last_runs
    rights = {target for target in endpoints if target.environment in changing}
    seen = probe_all(endpoints.values(), now, rights)
    observations = {t: gone(found, last_runs.get(t), by_target[t]) for t, found in seen.items()}
    drivers, leftovers = _holders(endpoints, observations, told)
    doubts = _doubts(by_target, observations, last_runs, endpoints, drivers)
    world = World(
        pipeline=configuration.pipeline,
        graphs=by_target,
        observations=observations,
        doubts={target: doubt.what for target, doubt in doubts.items()},
        modes={name: str(project.transactions) for name, project in _projects(configuration, endpoints).items()},
    )
    lost = _lost(world, last_runs)
    return Survey(configuration, world, endpoints, last_runs, drivers, leftovers, doubts, lost, told.unbegun)


def read_graph(project: AlembicProject) -> Graph:
    """The project's revision graph; raises ConfigurationError or ScriptsError."""

    def load(files: Sequence[Path]) -> Mapping[Path, Mapping[str, object]]:
        from orchestrator.execution import script_loader

        return script_loader.load(project, files)

    config = read_config(project)
    found = scripts.read_scripts(config, load)
    if not found and (folders := scripts.below(config)):
        what = f"there is no revision script here, but below it are some, for instance in {folders[0]}"
        mend = f"name the directories: projects.{project.name}.version_locations in environments.yaml"
        raise ScriptsError(what, where=str(config.version_locations[0]), mend=mend)
    return Graph(found)


def graphs_of(configuration: Configuration, targets: Iterable[Target]) -> dict[Target, Graph]:
    """Each target's graph, the same one for the same project and branches; ConfigurationError or ScriptsError."""
    known = tuple(targets)
    whole = {name: read_graph(project) for name, project in _projects(configuration, known).items()}
    followed: dict[tuple[str, frozenset[str]], Graph] = {}
    graphs: dict[Target, Graph] = {}
    problems: list[Problem] = []
    for target in known:
        project, branches = configuration.project_of(target).name, configuration.branches_of(target)
        key = project, frozenset(branches.labels)
        if wrong := list(_unknown_branches(whole[project], branches)):
            problems += wrong
        elif key not in followed:
            followed[key] = whole[project].only(branches.labels) if branches.labels else whole[project]
        graphs[target] = followed.get(key, whole[project])
    if problems:
        raise ConfigurationError.collect(dict.fromkeys(problems), "{n} problems with the branches followed")
    return graphs


def _unknown_branches(graph: Graph, branches: Branches) -> Iterator[Problem]:
    for label in (label for label in branches.labels if label not in graph.labels and label not in graph):
        what = f"{branches.name}: no revision has the branch label {shown(label)}"
        mend = (
            near(label, graph.labels)
            if graph.labels
            else "write the id of a revision on it: no script has a label"
        )
        yield Problem(what, branches.where, mend)


def _projects(configuration: Configuration, targets: Iterable[Target]) -> dict[str, AlembicProject]:
    projects = (configuration.project_of(target) for target in targets)
    return {project.name: project for project in projects}


def _holders(
    endpoints: Mapping[Target, Endpoint],
    observations: Mapping[Target, Observation],
    told: Remembered,
) -> tuple[dict[Target, str], dict[Target, Leftover]]:
    """Who drives the targets that their latest run has not finished, and what works in those that nobody drives.

    Asking costs a connection, so it is done only there; one that went away since its probe has nobody.
    """
    last_runs = told.last_runs
    unfinished = {target: None for target, run in last_runs.items() if not run.finished(target)}
    open_runs = {run.id: run for run in (*last_runs.values(), *told.unbegun) if not run.complete}
    beside = _beside(open_runs.values())
    there = (target for target in (unfinished | beside) if target in endpoints)
    asked = [target for target in there if observations[target].reading.readable]
    if not asked:
        return {}, {}
    from orchestrator.databases.lock_holders import holders_of

    answers = holders_of(endpoints[target] for target in asked)
    found = {target: both for target, both in answers.items() if not isinstance(both, OrchestrateError)}
    drivers = {target: str(driver) for target, (driver, _) in found.items() if driver is not None}
    left = {t: worker for t, (_, worker) in found.items() if worker and t not in drivers and t in last_runs}
    return drivers, {target: _leftover(last_runs[target], worker) for target, worker in left.items()}


def _beside(runs: Iterable[Run]) -> dict[Target, None]:
    """Where a run that has not ended well is seen while it is at work beside its targets."""
    environments: dict[tuple[str, str], list[TargetPlan]] = {}
    done: dict[str, set[Target]] = {}
    for run in runs:
        done[run.id] = {plan.target for plan in run.plan.targets if run.finished(plan.target)}
        for plan in run.plan.targets:
            environments.setdefault((run.id, plan.target.environment), []).append(plan)
    found = (first_left(plans, done[run]) for (run, _), plans in environments.items())
    return dict.fromkeys(target for target in found if target is not None)


def _leftover(run: Run, worker: Holder) -> Leftover:
    from orchestrator.core.locks import Leftover

    return Leftover(run.id, worker.session, worker.pid if worker.session is None else None)


def _lost(world: World, last_runs: Mapping[Target, Run]) -> dict[Target, Lost]:
    found: dict[Target, Lost] = {}
    for target, observation in world.observations.items():
        run, has = last_runs.get(target), applied(world.graphs[target], observation)
        if run is not None and has is not None and (revisions := lost(run, target, has)):
            found[target] = Lost(run.id, revisions, run.elsewhere(target, observation.identity))
    return found


def _doubts(
    graphs: Mapping[Target, Graph],
    observations: Mapping[Target, Observation],
    last_runs: Mapping[Target, Run],
    endpoints: Mapping[Target, Endpoint],
    holders: Mapping[Target, str],
) -> dict[Target, Doubt]:
    doubts: dict[Target, Doubt] = {}
    for target, observation in observations.items():
        has = applied(graphs[target], observation)
        run = last_runs.get(target)
        if run is None or has is None or target in holders:
            continue
        facts = facts_of(endpoints[target], observation, has, run)
        if (revision := doubtful_step(run, target, facts)) is not None:
            from orchestrator.core.doubt import doubt_of

            doubts[target] = doubt_of(run, target, revision)
    return doubts
