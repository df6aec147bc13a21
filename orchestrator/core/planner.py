"""From what was seen to what will be done. Pure; refuses with every reason at once, each naming its target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from orchestrator.core.pipeline import Environment
from orchestrator.core.plan import Plan, PlanKind, Step, TargetPlan, Wave
from orchestrator.core.revisions import Graph
from orchestrator.core.targets import Target
from orchestrator.core.world import Refusal, World, named, refuse, unfit
from orchestrator.errors import DivergenceError, Problem, RefusedError, UsageError


def promote(world: World, source: str, destination: str, to: str | None = None) -> Plan:
    """The plan that gives `destination` what `source` has, or that part of it which `to` names.

    Raises UsageError, DivergenceError, RefusedError, UnavailableError or InDoubtError, the most severe that
    applies, with all problems.
    """
    upstream, downstream = world.pipeline.environment(source), world.pipeline.environment(destination)
    refuse(unfit(world, (*upstream.targets, *downstream.targets)))
    refuse(_off_branch(world, downstream.targets, to))
    held = _held_by_all(world, upstream)
    refuse(reason for target in downstream.targets for reason in _unpromotable(world, source, held, target, to))
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
    targets = [target for environment in environments for target in environment.targets]
    refuse(unfit(world, targets))
    refuse(_off_branch(world, targets, to))
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
    refuse(ahead)
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


def _off_branch(world: World, targets: Iterable[Target], to: str | None) -> Iterable[Refusal]:
    """Every target, where none of them follows the branch that `to` is on: nothing would ever come of it."""
    known = tuple(targets)
    if to is None or any(_resolved(world.graphs[target], target, to) for target in known):
        return
    what, mend = f"does not follow the branch of {to}", "add the branch to its branches in environments.yaml"
    for target in known:
        yield UsageError, Problem(what, str(target), mend)


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
