"""What heads mean: where a target stands against the scripts, and two environments against each other.

Pure: a graph and observations in, a value out. Whether that is good or bad is for the planner and the gates.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.core.observations import Observation, Reading
from orchestrator.core.revisions import Graph


class State(StrEnum):
    """Where one target stands against the scripts."""

    AT_HEAD = "at_head"
    BEHIND = "behind"
    UNKNOWN_REVISION = "unknown_revision"
    """It holds a revision that is in no script, or in none of the branches that it follows."""
    OVERLAPPING = "overlapping"
    """Its version table holds a revision and that revision's ancestor, which Alembic never leaves behind."""
    EMPTY = "empty"
    UNVERSIONED = "unversioned"
    DENIED = "denied"
    UNREACHABLE = "unreachable"
    IN_DOUBT = "in_doubt"
    """A revision was started here and may be half applied."""

    @property
    def placed(self) -> bool:
        """Whether it is known which of the scripts' revisions are applied."""
        return self in (State.AT_HEAD, State.BEHIND, State.EMPTY)


@dataclass(frozen=True, slots=True)
class Standing:
    """One target against the scripts: what is still `missing`, in order, and which of its heads are `unknown`.

    Where it holds revisions of branches that it does not follow, `unfollowed` are their labels: empty where a
    revision is in no script at all.
    """

    state: State
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unfollowed: tuple[str, ...] = ()
    overlaps: tuple[tuple[str, str], ...] = ()


class Relation(StrEnum):
    """How the downstream of two environments stands to its upstream."""

    IN_SYNC = "in_sync"
    BEHIND = "behind"
    AHEAD = "ahead"
    DIVERGED = "diverged"
    UNKNOWN = "unknown"
    """At least one of them cannot be placed on the graph."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """The relation of two sets of heads: what downstream lacks (`missing`), what only it has (`extra`).

    `common` are the latest revisions both have; it is filled where they diverged.
    """

    relation: Relation
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    common: tuple[str, ...] = ()


_UNREADABLE = {
    Reading.UNVERSIONED: State.UNVERSIONED,
    Reading.HIDDEN: State.DENIED,
    Reading.DENIED: State.DENIED,
    Reading.UNREACHABLE: State.UNREACHABLE,
}


def stand(graph: Graph, observation: Observation) -> Standing:
    """Where an observed target stands against the scripts."""
    if (unplaced := _unplaced(graph, observation)) is not None:
        return unplaced
    missing = graph.ancestors(graph.heads) - graph.ancestors(observation.heads)
    ordered = graph.order(missing, observation.heads)
    if not observation.heads:
        return Standing(State.EMPTY, missing=ordered)
    return Standing(State.BEHIND if missing else State.AT_HEAD, missing=ordered)


def _unplaced(graph: Graph, observation: Observation) -> Standing | None:
    """The standing of a target whose revisions cannot be told; None for one whose can."""
    if observation.reading in _UNREADABLE:
        return Standing(_UNREADABLE[observation.reading])
    if unknown := tuple(head for head in observation.heads if head not in graph):
        return _unknown(graph.whole, unknown)
    if overlaps := graph.overlaps(observation.heads):
        return Standing(State.OVERLAPPING, overlaps=overlaps)
    return None


def _unknown(whole: Graph, heads: tuple[str, ...]) -> Standing:
    """The standing of a target with heads that are not in its graph: those in no script are what matters most."""
    if nowhere := tuple(head for head in heads if head not in whole):
        return Standing(State.UNKNOWN_REVISION, unknown=nowhere)
    labels = (label for head in heads for label in whole.labels_of(head) or (head,))
    return Standing(State.UNKNOWN_REVISION, unknown=heads, unfollowed=tuple(dict.fromkeys(labels)))


def compare(graph: Graph, upstream: frozenset[str] | None, downstream: frozenset[str] | None) -> Divergence:
    """How two sets of applied revisions stand to each other; None for a target that cannot be placed.

    `graph` is the downstream's: what it does not follow it does not lack.
    """
    if upstream is None or downstream is None:
        return Divergence(Relation.UNKNOWN)
    upstream &= graph.ancestors(graph.heads)
    missing, extra = upstream - downstream, downstream - upstream
    match bool(missing), bool(extra):
        case False, False:
            relation = Relation.IN_SYNC
        case True, False:
            relation = Relation.BEHIND
        case False, True:
            relation = Relation.AHEAD
        case _:
            relation = Relation.DIVERGED
    common = graph.top(upstream & downstream)
    return Divergence(
        relation,
        missing=graph.order(missing, common),
        extra=graph.order(extra, common),
        common=common if relation is Relation.DIVERGED else (),
    )


def applied(graph: Graph, observation: Observation) -> frozenset[str] | None:
    """Every revision that an observed target has, or None where that cannot be told."""
    return None if _unplaced(graph, observation) else graph.ancestors(observation.heads)
