"""The plan that puts a database with tables and no version row under control, at a named revision. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.core.divergence import stand
from orchestrator.core.plan import Action, Plan, PlanKind, Step, TargetPlan, Wave, at
from orchestrator.core.targets import Target
from orchestrator.core.world import Refusal, World, refusal, refuse
from orchestrator.errors import DivergenceError, InDoubtError, Problem, RefusedError, UsageError


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a person says of a database: that it is at the revision of that `name`. `populated`: it has tables."""

    target: Target
    name: str
    populated: bool


def adopt(world: World, claimed: Claimed, reference: Target | None = None) -> Plan:
    """The plan that writes the rows of the named revision, and runs nothing.

    `reference` is the target that its schema was compared with; the plan is stale when that one moves. Raises
    UsageError for a name that means nothing, DivergenceError where it has revisions already, RefusedError where
    it has no tables, UnavailableError or InDoubtError.
    """
    target, seen = claimed.target, world.observations[claimed.target]
    refuse(_unclaimable(world, claimed))
    heads = wanted(world, target, claimed.name)
    scripts = [world.graphs[target].scripts[head] for head in heads]
    steps = tuple(Step(s.revision, s.digest, s.message, action=Action.STAMP) for s in scripts)
    looked_at = (target,) if reference is None else (target, reference)
    return Plan(
        kind=PlanKind.ADOPT,
        source=None,
        through=target.environment,
        wanted=heads,
        waves=(Wave((TargetPlan(target, (), heads, steps, seen.identity),)),),
        seen=tuple((one, world.observations[one].heads) for one in looked_at),
        modes=tuple(sorted(world.modes.items())),
        to=claimed.name,
    )


def wanted(world: World, target: Target, name: str) -> tuple[str, ...]:
    """The rows of a database that is at the revision of that name; UsageError where none is meant."""
    graph = world.graphs[target]
    if heads := graph.top(graph.ancestors(graph.resolve(name))):
        return heads
    raise UsageError(
        f"{target} follows no branch that {name} is on", mend="alembic history   # lists the revisions"
    )


def _unclaimable(world: World, claimed: Claimed) -> Iterator[Refusal]:
    target, seen = claimed.target, world.observations[claimed.target]
    place = str(target)
    if target in world.doubts:
        yield InDoubtError, Problem(world.doubts[target], place, f"orchestrate status {target}")
    elif seen.heads:
        what = f"is under control already: its version table says {at(seen.heads)}"
        yield DivergenceError, Problem(what, place, f"orchestrate status {target}")
    elif not (seen.adoptable or (error := refusal(seen, stand(world.graphs[target], seen))) is None):
        yield type(error), Problem(error.what, error.where, error.mend)
    elif not claimed.populated:
        mend = f"orchestrate rollout --through {target.environment}   # makes its tables"
        yield RefusedError, Problem("has no tables: there is nothing to adopt", place, mend)
