"""The verb `status`: where every target stands, and every environment against the one before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from orchestrator.core.divergence import State, applied, compare, stand
from orchestrator.core.observations import Reading
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.reports import Failure, Pair, StatusReport, TargetStatus
from orchestrator.core.run import Run
from orchestrator.core.targets import Target
from orchestrator.core.world import World, refusal, twins
from orchestrator.errors import Exit, JournalError
from orchestrator.operations.survey import Clock, Survey, remembered, survey
from orchestrator.project.configuration import Configuration


def status(configuration: Configuration, environments: Sequence[str] | None, now: Clock) -> StatusReport:
    """Look at the environments named, or all of them. Reads only; raises as `survey` does.

    A journal that cannot be read is told in the report: where the databases stand does not depend on it.
    """
    last_runs, unread = _remembered(configuration)
    seen = survey(configuration, environments, now, last_runs)
    world = seen.world
    shown = Pipeline(tuple(e for e in world.pipeline.environments if set(e.targets) <= set(seen.endpoints)))
    same = {two: one for one, two in twins(world.observations.values())}
    return StatusReport(
        targets=tuple(_target(seen, target, same.get(target)) for target in shown.targets),
        pairs=tuple(_pairs(world, shown)),
        messages=_messages(world),
        heads={name: _heads(configuration, world, name) for name in configuration.projects},
        journal=unread,
    )


def _remembered(configuration: Configuration) -> tuple[Mapping[Target, Run], Failure | None]:
    try:
        return remembered(configuration), None
    except JournalError as error:
        return {}, Failure.of(error)


def _target(seen: Survey, target: Target, twin: Target | None) -> TargetStatus:
    world = seen.world
    observation, standing = world.observations[target], stand(world.graphs[target], world.observations[target])
    state, failure = standing.state, None
    if target in world.doubts:
        state = State.IN_DOUBT
        resume = f"orchestrate resume {seen.last_runs[target].id}   # says what to look at"
        failure = Failure("in_doubt", world.doubts[target], resume, Exit.IN_DOUBT)
    elif (error := refusal(observation, standing)) is not None:
        code = "version_table_hidden" if observation.reading is Reading.HIDDEN else str(state)
        failure = Failure(code, error.what, error.mend, error.exit)
    elif twin is not None:
        what = f"this is the same database as {twin}, seen through another URL"
        failure = Failure("same_database", what, "give each environment a database of its own", Exit.USAGE)
    return TargetStatus(
        target=target,
        state=state,
        heads=observation.heads,
        missing=standing.missing,
        failure=failure,
        holder=seen.holders.get(target),
        last_run=seen.last_runs.get(target),
    )


def _pairs(world: World, shown: Pipeline) -> Iterator[Pair]:
    for upstream, downstream in shown.neighbours():
        peers = {(peer.database, peer.tenant): peer for peer in upstream.targets}
        for target in downstream.targets:
            if (peer := peers.get((target.database, target.tenant))) is not None:
                yield Pair(peer, target, compare(world.graphs[target], _has(world, peer), _has(world, target)))


def _has(world: World, target: Target) -> frozenset[str] | None:
    return applied(world.graphs[target], world.observations[target])


def _messages(world: World) -> dict[str, str]:
    graphs = {id(graph): graph for graph in world.graphs.values()}
    return {r: script.message for graph in graphs.values() for r, script in graph.scripts.items()}


def _heads(configuration: Configuration, world: World, project: str) -> tuple[str, ...]:
    graphs = (graph for target, graph in world.graphs.items() if configuration.project_of(target).name == project)
    return next((graph.whole.heads for graph in graphs), ())
