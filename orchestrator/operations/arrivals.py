"""Since when targets have what is promoted from them; and what was seen of them that nobody recorded, recorded."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from orchestrator.core.arrivals import (
    OF_MANY,
    OF_TARGETS,
    Ancestors,
    Arrival,
    Sighting,
    arrivals,
    sighting_of,
    sightings_of,
)
from orchestrator.core.events import NO_RUN, Event, EventKind
from orchestrator.core.gates.soak import gets
from orchestrator.core.observations import Observation, another
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.plan import Plan
from orchestrator.core.revisions import Graph
from orchestrator.core.targets import Target
from orchestrator.journal.journal import Journal
from orchestrator.operations.survey import Survey
from orchestrator.project.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Sightings:
    """Since when targets have revisions, and how those were seen that were not recorded to stand there."""

    arrivals: Mapping[Target, Mapping[str, Arrival]] = field(default_factory=dict)
    unrecorded: Sequence[Observation] = ()


def sightings(journal: Journal, seen: Survey, plan: Plan) -> Sightings:
    """What is known of the targets whose soaking the plan's environments demand; raises JournalError."""
    sources = soaking(seen.world.pipeline, plan.environments)
    if not sources:
        return Sightings()
    wanted = gets(plan, plan.environments)
    found: dict[Target, Mapping[str, Arrival]] = {}
    unrecorded: list[Observation] = []
    for now, news, told in _told(journal, seen.world.observations, sources):
        if news:
            unrecorded.append(now)
        ancestors = _ancestors(seen.world.graphs[now.target].whole)
        found[now.target] = arrivals(told, wanted.get(now.target.database, frozenset()), ancestors, now)
    return Sightings(found, unrecorded)


def unrecorded(configuration: Configuration, seen: Mapping[Target, Observation]) -> Sequence[Observation]:
    """The targets that some environment wants soaked and that were not recorded to stand where they were seen."""
    pipeline = configuration.pipeline
    if not (sources := soaking(pipeline, pipeline.names)):
        return ()
    with Journal(configuration.journal) as journal:
        return [now for now, news, _ in _told(journal, seen, sources) if news]


def record(configuration: Configuration, seen: Sequence[Observation], actor: str) -> None:
    """Record that targets were seen so, when they were; raises JournalError. Nothing is written for nobody."""
    if seen:
        heads = {str(one.target): list(one.heads) for one in seen}
        identities = {str(one.target): one.identity for one in seen}
        at = max(one.at for one in seen)
        event = Event(EventKind.HEADS_SEEN, at, NO_RUN, actor, body={"heads": heads, "identities": identities})
        with Journal(configuration.journal, writing=True) as journal:
            journal.record([event])


def soaking(pipeline: Pipeline, names: Collection[str]) -> frozenset[str]:
    """The environments whose soaking is demanded by those named that come next."""
    pairs = pipeline.neighbours()
    return frozenset(one.name for one, two in pairs if two.name in names and two.gates.soak is not None)


def _told(
    journal: Journal, seen: Mapping[Target, Observation], sources: Collection[str]
) -> Iterator[tuple[Observation, bool, Iterable[Sighting]]]:
    """Each target that can be read as it was seen, whether that is news, and all sightings, the latest first.

    It is news where other heads or another database were recorded last, or at a time that is still to come; or
    where it was not recorded yet which database it is.
    """
    of_many: dict[Target, list[Sighting]] = {}
    for event in reversed(journal.of_kinds(*OF_MANY)):
        for target, sighting in sightings_of(event):
            of_many.setdefault(target, []).append(sighting)
    for target, now in seen.items():
        if target.environment not in sources or not now.reading.readable:
            continue
        told = _latest_first(journal, target, of_many.get(target, ()))
        read, last = _up_to_heads(told)
        moved = last is None or last.heads != now.heads or another(last.identity, now.identity)
        news = last is None or moved or last.at > now.at or last.identity != now.identity
        first = [Sighting(0, now.at, "", now.heads, identity=now.identity)] if moved else []
        yield now, news, chain(first, read, told)


def _up_to_heads(told: Iterator[Sighting]) -> tuple[list[Sighting], Sighting | None]:
    """The sightings up to the first that tells heads, and that one; None where none does."""
    read: list[Sighting] = []
    for one in told:
        read.append(one)
        if one.heads is not None:
            return read, one
    return read, None


def _latest_first(journal: Journal, target: Target, of_many: Sequence[Sighting]) -> Iterator[Sighting]:
    of_one = (found for event in journal.backwards(target, *OF_TARGETS) if (found := sighting_of(event)))
    return heapq.merge(of_one, of_many, key=lambda one: one.sequence, reverse=True) if of_many else of_one


def _ancestors(graph: Graph) -> Ancestors:
    """What a database at these heads has; where a script is gone it is not known."""
    return lambda heads: graph.ancestors(heads) if all(head in graph for head in heads) else frozenset()
