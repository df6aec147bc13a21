"""From what was seen to what will be done. Pure; refuses with every reason at once, each naming its target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from orchestrator.core.divergence import Standing, State, applied, stand
from orchestrator.core.observations import Observation
from orchestrator.core.pipeline import Environment, Pipeline
from orchestrator.core.plan import Plan, PlanKind, Step, TargetPlan, Wave
from orchestrator.core.revisions import Graph
from orchestrator.core.targets import Target
from orchestrator.errors import (
    ConfigurationError,
    DivergenceError,
    InDoubtError,
    OrchestrateError,
    Problem,
    RefusedError,
    UnavailableError,
    UsageError,
    most_severe,
)

Refusal = tuple[type[OrchestrateError], Problem]


@dataclass(frozen=True, slots=True)
class World:
    """All that a plan may look at: the pipeline, each target's graph, what was seen, and what is in doubt.

    `doubts` names, for a target in which a revision may be half applied, that revision and its run. `modes` is
    each project's transaction mode.
    """

    pipeline: Pipeline
    graphs: Mapping[Target, Graph]
    observations: Mapping[Target, Observation]
    doubts: Mapping[Target, str] = field(default_factory=dict)
    modes: Mapping[str, str] = field(default_factory=dict)

    def applied(self, target: Target) -> frozenset[str]:
        """The revisions a placed target has; the empty set for one that cannot be placed."""
        return applied(self.graphs[target], self.observations[target]) or frozenset()


def promote(world: World, source: str, destination: str, to: str | None = None) -> Plan:
    """The plan that gives `destination` what `source` has, or that part of it which `to` names.

    Raises UsageError, DivergenceError, RefusedError, UnavailableError or InDoubtError, the most severe that
    applies, with all problems.
    """
    upstream, downstream = world.pipeline.environment(source), world.pipeline.environment(destination)
    _refuse(_unfit(world, (*upstream.targets, *downstream.targets)))
    held = _held_by_all(world, upstream)
    _refuse(reason for target in downstream.targets for reason in _unpromotable(world, source, held, target, to))
    planned = tuple(
        _target_plan(world, target, held[target.database] & _wanted(world, target, to))
        for target in downstream.targets
    )
    return _plan(world, PlanKind.PROMOTE, (upstream, downstream), (Wave(planned),), to)


def rollout(world: World, through: str, to: str | None = None) -> Plan:
    """The plan that takes the scripts' heads, or `to`, through every environment up to `through`, in order.

    Raises as `promote` does.
    """
    names = world.pipeline.names
    environments = world.pipeline.environments[: names.index(through) + 1]
    _refuse(_unfit(world, [target for environment in environments for target in environment.targets]))
    waves: list[Wave] = []
    ahead: list[Refusal] = []
    reached: dict[str, frozenset[str]] = {}
    upstream: dict[str, str] = {}
    for environment in environments:
        planned = []
        for target in environment.targets:
            wanted = _wanted(world, target, to)
            if (has := reached.get(target.database)) is not None:
                wanted &= has
                if extra := world.applied(target) - has:
                    ahead.append(_ahead(world, target, extra, upstream[target.database]))
            planned.append(_target_plan(world, target, wanted))
        waves.append(Wave(tuple(planned)))
        after = _reached(world, waves[-1])
        reached |= after
        upstream |= dict.fromkeys(after, environment.name)
    _refuse(ahead)
    return _plan(world, PlanKind.ROLLOUT, environments, tuple(waves), to)


def _wanted(world: World, target: Target, to: str | None) -> frozenset[str]:
    graph = world.graphs[target]
    return graph.ancestors(graph.heads if to is None else _resolved(graph, target, to))


def _resolved(graph: Graph, target: Target, name: str) -> tuple[str, ...]:
    """As `Graph.resolve`; the error names the target, since databases may have different scripts."""
    try:
        return graph.resolve(name)
    except UsageError as error:
        raise UsageError(error.what, where=str(target), mend=error.mend) from error


def _reached(world: World, wave: Wave) -> dict[str, frozenset[str]]:
    """What every target of each database will have after the wave."""
    reached: dict[str, frozenset[str]] = {}
    for plan in wave.targets:
        database = plan.target.database
        after = world.graphs[plan.target].ancestors(plan.end)
        reached[database] = reached.get(database, after) & after
    return reached


def _held_by_all(world: World, environment: Environment) -> dict[str, frozenset[str]]:
    """For each database of an environment, what all of its targets have."""
    held: dict[str, frozenset[str]] = {}
    for target in environment.targets:
        has = world.applied(target)
        held[target.database] = held.get(target.database, has) & has
    return held


def _target_plan(world: World, target: Target, wanted: frozenset[str]) -> TargetPlan:
    graph, seen, has = world.graphs[target], world.observations[target], world.applied(target)
    missing = graph.order(wanted - has, seen.heads)
    scripts = [graph.scripts[revision] for revision in missing]
    return TargetPlan(
        target=target,
        start=seen.heads,
        end=graph.top(has | wanted),
        steps=tuple(Step(s.revision, s.digest, s.message, s.atomic) for s in scripts),
        identity=seen.identity,
    )


def _plan(
    world: World, kind: PlanKind, environments: tuple[Environment, ...], waves: tuple[Wave, ...], to: str | None
) -> Plan:
    looked_at = [target for environment in environments for target in environment.targets]
    ends = {head for plan in waves[-1].targets for head in plan.end}
    wanted = (
        {head for target in waves[-1].targets for head in world.graphs[target.target].resolve(to)} if to else ends
    )
    return Plan(
        kind=kind,
        source=environments[0].name if kind is PlanKind.PROMOTE else None,
        through=environments[-1].name,
        wanted=tuple(sorted(wanted)),
        waves=waves,
        seen=tuple((target, world.observations[target].heads) for target in looked_at),
        modes=tuple(sorted(world.modes.items())),
        to=to,
    )


def _refuse(refusals: Iterable[Refusal]) -> None:
    """Raise the most severe kind of error found, carrying every problem found."""
    found = tuple(refusals)
    if not found:
        return
    severest = most_severe(kind.exit for kind, _ in found)
    kind = next(kind for kind, _ in found if kind.exit is severest)
    raise kind.collect([problem for _, problem in found], "{n} targets are not as they must be")


def _unfit(world: World, targets: Iterable[Target]) -> Iterable[Refusal]:
    """Every target that cannot take part in any plan, with the reason."""
    looked_at = tuple(targets)
    for target in looked_at:
        observation = world.observations[target]
        if target in world.doubts:
            yield (
                InDoubtError,
                Problem(world.doubts[target], str(target), f"orchestrate status {target.environment}"),
            )
        elif (refusal := _REFUSALS.get((standing := stand(world.graphs[target], observation)).state)) is not None:
            yield refusal, _problem(observation, standing)
    for one, other in twins(world.observations[target] for target in looked_at):
        what = f"{one} and {other} are the same database, seen through two URLs"
        yield ConfigurationError, Problem(what, None, "give each environment a database of its own")


_REFUSALS: dict[State, type[OrchestrateError]] = {
    State.UNREACHABLE: UnavailableError,
    State.DENIED: UnavailableError,
    State.UNVERSIONED: DivergenceError,
    State.UNKNOWN_REVISION: DivergenceError,
    State.OVERLAPPING: DivergenceError,
}


def twins(observations: Iterable[Observation]) -> tuple[tuple[Target, Target], ...]:
    """Pairs of targets that turned out to be one and the same version table of one running server."""
    first: dict[str, Target] = {}
    found: list[tuple[Target, Target]] = []
    for observation in observations:
        if observation.instance is None:
            continue
        if (other := first.setdefault(observation.instance, observation.target)) != observation.target:
            found.append((other, observation.target))
    return tuple(found)


def _problem(observation: Observation, standing: Standing) -> Problem:
    what, mend = explain(observation, standing)
    return Problem(what, str(observation.target), mend)


def explain(observation: Observation, standing: Standing) -> tuple[str, str | None]:
    """What is wrong with a target that cannot be placed, in a sentence, and what to do about it."""
    match standing.state:
        case State.UNVERSIONED:
            return (
                observation.detail or "the schema has tables but no version table",
                "if these tables are already at a known revision, record it with: alembic stamp REVISION",
            )
        case State.UNKNOWN_REVISION:
            return (
                f"holds revision {', '.join(standing.unknown)}, which is in no script",
                "check out the scripts that contain it (a newer branch, or another project?)",
            )
        case State.OVERLAPPING:
            pairs = "; ".join(f"{below} and {above}, which follows it" for below, above in standing.overlaps)
            rows = ", ".join(f"'{below}'" for below, _ in standing.overlaps)
            return (
                f"the version table holds {pairs}: one of the rows is too many",
                f"look at how it came about, then: DELETE FROM the version table WHERE version_num IN ({rows})",
            )
        case _:
            return observation.detail or "cannot be read", observation.mend


def _unpromotable(
    world: World, source: str, held_by_source: Mapping[str, frozenset[str]], target: Target, to: str | None
) -> Iterable[Refusal]:
    if (held := held_by_source.get(target.database)) is None:
        what = f"{source} has no database {target.database!r} to promote from"
        yield UsageError, Problem(what, str(target), f"add it to {source} in environments.yaml")
        return
    if extra := world.applied(target) - held:
        yield _ahead(world, target, extra, source)
    if to and (lacking := _wanted(world, target, to) - held):
        what = f"{source} does not have {to} yet; it lacks {named(world.graphs[target], lacking)}"
        yield RefusedError, Problem(what, str(target), f"orchestrate rollout --through {source} --to {to}")


def _ahead(world: World, target: Target, extra: frozenset[str], upstream: str) -> Refusal:
    graph = world.graphs[target]
    what = f"has what {upstream} lacks: {named(graph, extra)}"
    alone = len({id(one) for one in world.graphs.values()}) == 1
    limit = f" --to {tops[0]}" if alone and len(tops := graph.top(extra)) == 1 else ""
    return DivergenceError, Problem(
        what, str(target), f"orchestrate rollout --through {upstream}{limit}   # then again"
    )


def named(graph: Graph, revisions: Iterable[str]) -> str:
    """Revisions with their messages, in order, for a sentence."""
    ordered = graph.order(frozenset(revisions))
    return ", ".join(
        f"{revision} ({message})" if (message := graph.scripts[revision].message) else revision
        for revision in ordered
    )
