"""From what was seen to what will be done. Pure; refuses with every reason at once, each naming its target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from orchestrator.core.draft import Draft
from orchestrator.core.pipeline import Environment
from orchestrator.core.plan import Plan, PlanKind, TargetPlan
from orchestrator.core.targets import Target
from orchestrator.core.world import Refusal, World, named
from orchestrator.errors import DivergenceError, Problem, RefusedError, UsageError


def promote(
    world: World, source: str, destination: str, to: str | None = None, *, skip_unfit: bool = False
) -> Plan:
    """The plan that gives `destination` what `source` has, or that part of it which `to` names.

    With `skip_unfit` targets that cannot take part are left out, as long as others of their environment can.
    Raises UsageError, DivergenceError, RefusedError, UnavailableError or InDoubtError, the most severe that
    applies, with all problems.
    """
    upstream, downstream = world.pipeline.environment(source), world.pipeline.environment(destination)
    draft = Draft(world, (upstream, downstream), downstream.targets, to=to, skip=skip_unfit)
    draft.admit()
    held = draft.held_by_all(upstream)
    draft.without(
        _ahead(draft, downstream, held, dict.fromkeys(held, source)),
        tuple(reason for t in draft.taking_part(downstream) for reason in _unpromotable(draft, source, held, t)),
    )
    planned = [draft.planned(target, held[target.database]) for target in draft.taking_part(downstream)]
    return draft.plan(PlanKind.PROMOTE, [planned])


def rollout(world: World, through: str, to: str | None = None, *, skip_unfit: bool = False) -> Plan:
    """The plan that takes the scripts' heads, or `to`, through every environment up to `through`, in order.

    Raises as `promote` does.
    """
    names = world.pipeline.names
    environments = world.pipeline.environments[: names.index(through) + 1]
    targets = [target for environment in environments for target in environment.targets]
    draft = Draft(world, environments, targets, to=to, skip=skip_unfit)
    draft.admit()
    planned: list[list[TargetPlan]] = []
    ahead: dict[Target, Refusal] = {}
    reached: dict[str, frozenset[str]] = {}
    upstream: dict[str, str] = {}
    for environment in environments:
        beyond = _ahead(draft, environment, reached, upstream)
        if skip_unfit:
            draft.without(beyond)
        ahead |= beyond
        taking_part = draft.taking_part(environment)
        planned.append([draft.planned(target, reached.get(target.database)) for target in taking_part])
        after = draft.reached(planned[-1])
        reached |= after
        upstream |= dict.fromkeys(after, environment.name)
    if not skip_unfit:
        draft.without(ahead)
    return draft.plan(PlanKind.ROLLOUT, planned)


def _ahead(
    draft: Draft, environment: Environment, held: Mapping[str, frozenset[str]], upstream: Mapping[str, str]
) -> dict[Target, Refusal]:
    """The targets that have what their database's upstream does not hold, each with the reason against it."""
    found: dict[Target, Refusal] = {}
    for target in draft.taking_part(environment):
        if target.database in held:
            extra = draft.beyond(draft.world.applied(target), held[target.database])
            if extra:
                found[target] = _beyond(draft, target, extra, upstream[target.database])
    return found


def _beyond(draft: Draft, target: Target, extra: frozenset[str], upstream: str) -> Refusal:
    graph = draft.world.graphs[target]
    what = f"has what {upstream} lacks: {named(graph, extra)}"
    limit = f" --to {tops[0]}" if draft.alone and len(tops := graph.top(extra)) == 1 else ""
    return DivergenceError, Problem(
        what, str(target), f"orchestrate rollout --through {upstream}{limit}   # then again"
    )


def _unpromotable(
    draft: Draft, source: str, held_by_source: Mapping[str, frozenset[str]], target: Target
) -> Iterator[Refusal]:
    """Why nothing can be promoted to a target, although there is nothing wrong with it."""
    if (held := held_by_source.get(target.database)) is None:
        what = f"{source} has no database {target.database!r} to promote from"
        yield UsageError, Problem(what, str(target), f"add it to {source} in environments.yaml")
    elif draft.to and (lacking := draft.beyond(draft.wanted(target), held)):
        what = f"{source} does not have {draft.to} yet; it lacks {named(draft.world.graphs[target], lacking)}"
        yield RefusedError, Problem(what, str(target), f"orchestrate rollout --through {source} --to {draft.to}")
