"""Looks at everything a decision needs: the scripts, every target asked for, and what the journal remembers.

Reads only: no project code is run (except a script whose values are no literals), nothing is created or locked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestrator.core.divergence import applied
from orchestrator.core.observations import Observation
from orchestrator.core.planner import World
from orchestrator.core.revisions import Graph
from orchestrator.core.run import Run, doubtful_step
from orchestrator.core.targets import Target
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.locks import Holder, run_lock_holder
from orchestrator.databases.probe import AT_ONCE, probe_all
from orchestrator.errors import UnavailableError
from orchestrator.execution.facts import facts_of
from orchestrator.journal.journal import Journal
from orchestrator.project.configuration import AlembicProject, Configuration
from orchestrator.project.revision_scripts import alembic_config, scripts

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Survey:
    """The world as seen, with the latest run on each target and who drives a target now."""

    world: World
    endpoints: Mapping[Target, Endpoint]
    last_runs: Mapping[Target, Run]
    holders: Mapping[Target, str]


def remembered(configuration: Configuration) -> Mapping[Target, Run]:
    """For each target the latest run that touched it; raises JournalError."""
    with Journal(configuration.journal) as journal:
        return journal.last_runs()


def survey(
    configuration: Configuration,
    environments: Iterable[str] | None,
    now: Clock,
    last_runs: Mapping[Target, Run] | None = None,
) -> Survey:
    """See the environments named, or all; raises ConfigurationError, ScriptsError or JournalError.

    A database that does not answer is an observation, not an error. `last_runs` stand in for the journal's.
    """
    endpoints = configuration.endpoints(environments)
    graphs = {name: read_graph(project) for name, project in _projects(configuration, endpoints).items()}
    by_target = {target: graphs[configuration.project_of(target).name] for target in endpoints}
    last_runs = remembered(configuration) if last_runs is None else last_runs
    observations = probe_all(endpoints.values(), now)
    holders = _holders(endpoints, observations, last_runs)
    world = World(
        pipeline=configuration.pipeline,
        graphs=by_target,
        observations=observations,
        doubts=_doubts(by_target, observations, last_runs, endpoints, holders),
        modes={name: str(project.transactions) for name, project in _projects(configuration, endpoints).items()},
    )
    return Survey(world, endpoints, last_runs, holders)


def read_graph(project: AlembicProject) -> Graph:
    """The project's revision graph; raises ConfigurationError or ScriptsError."""

    def load(files: Sequence[Path]) -> Mapping[Path, Mapping[str, object]]:
        from orchestrator.execution import script_loader

        return script_loader.load(project, files)

    config = alembic_config.read(project.config, project.section, project.working_directory)
    return Graph(scripts.read_scripts(config, load))


def _projects(configuration: Configuration, targets: Iterable[Target]) -> dict[str, AlembicProject]:
    projects = (configuration.project_of(target) for target in targets)
    return {project.name: project for project in projects}


def _holders(
    endpoints: Mapping[Target, Endpoint],
    observations: Mapping[Target, Observation],
    last_runs: Mapping[Target, Run],
) -> dict[Target, str]:
    """Who drives the targets that their latest run has not finished; asking costs a connection, so only there."""
    unfinished = [target for target, run in last_runs.items() if target in endpoints and not run.finished(target)]
    asked = [target for target in unfinished if observations[target].reading.readable]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = dict(zip(asked, pool.map(lambda target: _holder(endpoints[target]), asked), strict=True))
    return {target: str(holder) for target, holder in found.items() if holder is not None}


def _holder(endpoint: Endpoint) -> Holder | None:
    try:
        return run_lock_holder(endpoint)
    except UnavailableError:  # it answered the probe and went away since: still a row, not a failure
        return None


def _doubts(
    graphs: Mapping[Target, Graph],
    observations: Mapping[Target, Observation],
    last_runs: Mapping[Target, Run],
    endpoints: Mapping[Target, Endpoint],
    holders: Mapping[Target, str],
) -> dict[Target, str]:
    doubts: dict[Target, str] = {}
    for target, observation in observations.items():
        has = applied(graphs[target], observation)
        run = last_runs.get(target)
        if run is None or has is None or target in holders:
            continue
        facts = facts_of(endpoints[target], observation, has, run)
        if (revision := doubtful_step(run, target, facts)) is not None:
            doubts[target] = f"revision {revision} may be half applied, by run {run.id} of {run.actor}"
    return doubts
