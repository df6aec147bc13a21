"""All that a plan may look at, and what keeps a target out of any plan: each problem names its target. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from orchestrator.core.divergence import Standing, State, applied, stand
from orchestrator.core.identifiers import identifier
from orchestrator.core.observations import Observation
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.revisions import Graph
from orchestrator.core.targets import Target
from orchestrator.errors import (
    ConfigurationError,
    DivergenceError,
    InDoubtError,
    OrchestrateError,
    Problem,
    UnavailableError,
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


def refuse(
    refusals: Iterable[Refusal], summary: str = "{n} targets are not as they must be", way_out: str | None = None
) -> None:
    """Raise the most severe kind of error found, carrying every problem found, each once.

    `way_out` is what to type to go on without mending them.
    """
    found = tuple(dict.fromkeys(refusals))
    if not found:
        return
    severest = most_severe(kind.exit for kind, _ in found)
    kind = next(kind for kind, _ in found if kind.exit is severest)
    if way_out is not None and len(found) > 1:
        summary = f"{summary} ({way_out})"
    error = kind.collect([problem for _, problem in found], summary)
    error.mend = "\n".join(mend for mend in (error.mend, way_out) if mend) or None
    raise error


def unfit(world: World, targets: Iterable[Target]) -> Iterable[Refusal]:
    """Every target that cannot take part in any plan, with the reason."""
    looked_at = tuple(targets)
    yield from unplaced(world, looked_at).values()
    yield from twice(world, looked_at)


def unplaced(world: World, targets: Iterable[Target]) -> dict[Target, Refusal]:
    """Each of the targets that is in doubt or whose revisions cannot be told, with the reason."""
    found: dict[Target, Refusal] = {}
    for target in targets:
        graph, observation = world.graphs[target], world.observations[target]
        if target in world.doubts:
            mend = f"orchestrate status {target}"
            found[target] = InDoubtError, Problem(world.doubts[target], str(target), mend)
        elif applied(graph, observation) is None:
            error = refusal(observation, stand(graph, observation))
            if error is not None:
                found[target] = type(error), Problem(error.what, error.where, error.mend)
    return found


def twice(world: World, targets: Iterable[Target]) -> Iterable[Refusal]:
    """Every two of the targets that are one and the same database."""
    for one, other in twins(world.observations[target] for target in targets):
        what = f"{one} and {other} are the same database, seen through two URLs"
        yield ConfigurationError, Problem(what, None, "give each environment a database of its own")


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


def refusal(observation: Observation, standing: Standing) -> OrchestrateError | None:
    """Why a target that stands so cannot take part in any plan, and what to do about it; None where it can."""
    if standing.state.placed:
        return None
    unavailable = standing.state in (State.DENIED, State.UNREACHABLE)
    kind = UnavailableError if unavailable else DivergenceError
    what, mend = _explained(observation, standing)
    return kind(what, where=str(observation.target), mend=mend)


def _explained(observation: Observation, standing: Standing) -> tuple[str, str | None]:
    match standing.state:
        case State.UNVERSIONED:
            if observation.detail:
                return observation.detail, observation.mend
            adopt = f"orchestrate adopt {observation.target} REVISION --reason '…'"
            return "the schema has tables but no version table", f"if they are a revision's already: {adopt}"
        case State.UNKNOWN_REVISION if standing.unfollowed:
            branches = ", ".join(standing.unfollowed)
            return (
                f"holds revision {', '.join(standing.unknown)} of {branches}, a branch that it does not follow",
                f"if that is meant, add {branches} to its branches in environments.yaml; if not, undo it there",
            )
        case State.UNKNOWN_REVISION:
            return (
                f"holds revision {', '.join(standing.unknown)}, which is in no script",
                "check out the scripts that contain it (a newer branch, or another project?)",
            )
        case State.OVERLAPPING:
            pairs = "; ".join(f"{below} and {above}, which follows it" for below, above in standing.overlaps)
            rows = ", ".join(identifier(below, mark="'") for below, _ in standing.overlaps)
            table = observation.version_table or "the version table"
            return (
                f"the version table holds {pairs}: one of the rows is too many",
                f"look at how it came about, then: DELETE FROM {table} WHERE version_num IN ({rows})",
            )
        case _:
            return observation.detail or "cannot be read", observation.mend


def named(graph: Graph, revisions: Iterable[str]) -> str:
    """Revisions with their messages, in order, for a sentence."""
    ordered = graph.order(frozenset(revisions))
    return ", ".join(
        f"{revision} ({message})" if (message := graph.scripts[revision].message) else revision
        for revision in ordered
    )
