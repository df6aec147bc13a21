"""The verb `status`: where every target stands, and every environment against the one before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from orchestrator.core.divergence import State, applied, compare, stand
from orchestrator.core.doubt import Doubt
from orchestrator.core.events import EventKind
from orchestrator.core.failure import Failure
from orchestrator.core.observations import Reading
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.run import Outcome, Run
from orchestrator.core.status import Pair, StatusReport, TargetStatus
from orchestrator.core.targets import Target
from orchestrator.core.world import World, refusal, twins
from orchestrator.errors import Exit, UnavailableError
from orchestrator.execution.doubt import seen_now
from orchestrator.journal.journal import Journal
from orchestrator.operations.survey import Clock, Survey, remembered_or_why_not, survey
from orchestrator.project.configuration import Configuration

_TELLING = (EventKind.STEP_FAILED, EventKind.TARGET_FINISHED)


def status(configuration: Configuration, environments: Sequence[str] | None, now: Clock) -> StatusReport:
    """Look at the environments named, or all of them. Reads only; raises as `survey` does.

    A journal that cannot be read is told in the report: where the databases stand does not depend on it.
    """
    last_runs, unread = remembered_or_why_not(configuration)
    seen = survey(configuration, environments, now, last_runs)
    world = seen.world
    shown = Pipeline(tuple(e for e in world.pipeline.environments if set(e.targets) <= set(seen.endpoints)))
    failed = _failures(configuration, last_runs)
    same = {two: one for one, two in twins(world.observations.values())}
    return StatusReport(
        targets=tuple(
            replace(_target(seen, target, same.get(target)), last_failure=failed.get(target))
            for target in shown.targets
        ),
        pairs=tuple(_pairs(world, shown)),
        messages=_messages(world),
        heads={name: _heads(configuration, world, name) for name in configuration.projects},
        journal=unread,
    )


def _failures(configuration: Configuration, last_runs: Mapping[Target, Run]) -> dict[Target, str]:
    """Why the latest run on a target failed there, in the words that it recorded last."""
    runs = ((target, run) for target, run in last_runs.items() if not run.finished(target))
    failed = {target: run.id for target, run in runs if run.outcome is Outcome.FAILED}
    if not failed:
        return {}
    with Journal(configuration.journal) as journal:
        events = (event for run in set(failed.values()) for event in journal.events(run))
        told = (event for event in events if event.kind in _TELLING and "reason" in event.body)
        reasons = {(event.target, event.run): str(event.body["reason"]) for event in told}
    return {target: reasons[target, run] for target, run in failed.items() if (target, run) in reasons}


def _target(seen: Survey, target: Target, twin: Target | None) -> TargetStatus:
    world = seen.world
    observation, standing = world.observations[target], stand(world.graphs[target], world.observations[target])
    state, failure, doubt = standing.state, None, None
    if target in seen.doubts:
        state, doubt = State.IN_DOUBT, _looked_at(seen, target)
        leftover = seen.leftovers.get(target)
        mend = leftover.mend if leftover else doubt.mend
        failure = Failure("in_doubt", doubt.what, mend, Exit.IN_DOUBT)
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
        doubt=doubt,
        lost=seen.lost.get(target),
        encrypted=observation.encrypted,
        leftover=seen.leftovers.get(target),
        transactional=observation.transactional if observation.reading.readable else None,
    )


def _looked_at(seen: Survey, target: Target) -> Doubt:
    """The step in doubt with what is there now; as the journal has it where the database went away meanwhile."""
    try:
        return seen_now(seen.endpoints[target], seen.last_runs[target], seen.doubts[target].revision)
    except UnavailableError:
        return seen.doubts[target]


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
