"""All that a plan may look at, and what keeps a target out of any plan: each problem names its target. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from orchestrator.core.divergence import Standing, State, applied, stand
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


def refuse(refusals: Iterable[Refusal], summary: str = "{n} targets are not as they must be") -> None:
    """Raise the most severe kind of error found, carrying every problem found, each once."""
    found = tuple(dict.fromkeys(refusals))
    if not found:
        return
    severest = most_severe(kind.exit for kind, _ in found)
    kind = next(kind for kind, _ in found if kind.exit is severest)
    raise kind.collect([problem for _, problem in found], summary)


def unfit(world: World, targets: Iterable[Target]) -> Iterable[Refusal]:
    """Every target that cannot take part in any plan, with the reason."""
    looked_at = tuple(targets)
    for target in looked_at:
        observation = world.observations[target]
        if target in world.doubts:
            yield (
                InDoubtError,
                Problem(world.doubts[target], str(target), f"orchestrate status {target.environment}"),
            )
        elif (error := refusal(observation, stand(world.graphs[target], observation))) is not None:
            yield type(error), Problem(error.what, error.where, error.mend)
    for one, other in twins(world.observations[target] for target in looked_at):
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
            rows = ", ".join(f"'{below}'" for below, _ in standing.overlaps)
            return (
                f"the version table holds {pairs}: one of the rows is too many",
                f"look at how it came about, then: DELETE FROM the version table WHERE version_num IN ({rows})",
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
