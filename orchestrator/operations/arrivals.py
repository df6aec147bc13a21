"""Since when targets have what is promoted from them; and what was seen of them that nobody recorded, recorded."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from orchestrator.core.arrivals import (
    OF_MANY,
    OF_TARGETS,
    Ancestors,
    Sighting,
    arrivals,
    sighting_of,
    sightings_of,
)
from orchestrator.core.events import NO_RUN, Event, EventKind
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.plan import Plan
from orchestrator.core.revisions import Graph
from orchestrator.core.targets import Target
from orchestrator.journal.journal import Journal
from orchestrator.operations.survey import Survey
from orchestrator.project.configuration import Configuration

Heads = Mapping[Target, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Sightings:
    """Since when targets have revisions, and the heads of those that were not recorded to stand there."""

    arrivals: Mapping[Target, Mapping[str, datetime]] = field(default_factory=dict)
    unrecorded: Heads = field(default_factory=dict)


def sightings(journal: Journal, seen: Survey, plan: Plan) -> Sightings:
    """What is known of the targets whose soaking the plan's environments demand; raises JournalError."""
    sources = soaking(seen.world.pipeline, plan.environments)
    if not sources:
        return Sightings()
    wanted: dict[str, set[str]] = {}
    for planned in plan.targets:
        wanted.setdefault(planned.target.database, set()).update(step.revision for step in planned.steps)
    known = {name: frozenset(revisions) for name, revisions in wanted.items()}
    found: dict[Target, Mapping[str, datetime]] = {}
    unrecorded: dict[Target, tuple[str, ...]] = {}
    for target, now, news, told in _told(journal, seen, sources):
        if news:
            unrecorded[target] = now.heads or ()
        ancestors = _ancestors(seen.world.graphs[target].whole)
        found[target] = arrivals(told, known.get(target.database, frozenset()), ancestors, now.at)
    return Sightings(found, unrecorded)


def unrecorded(configuration: Configuration, seen: Survey) -> Heads:
    """The heads of the targets that some environment wants soaked and that were not recorded to stand there."""
    pipeline = seen.world.pipeline
    if not (sources := soaking(pipeline, pipeline.names)):
        return {}
    with Journal(configuration.journal) as journal:
        return {target: now.heads or () for target, now, news, _ in _told(journal, seen, sources) if news}


def record(configuration: Configuration, heads: Heads, actor: str, now: datetime) -> None:
    """Record that these targets were seen at these heads; raises JournalError. Nothing is written for nobody."""
    if heads:
        body = {"heads": {str(target): list(each) for target, each in heads.items()}}
        with Journal(configuration.journal, writing=True) as journal:
            journal.record([Event(EventKind.HEADS_SEEN, now, NO_RUN, actor, body=body)])


def soaking(pipeline: Pipeline, names: Collection[str]) -> frozenset[str]:
    """The environments whose soaking is demanded by those named that come next."""
    pairs = pipeline.neighbours()
    return frozenset(one.name for one, two in pairs if two.name in names and two.gates.soak is not None)


def _told(
    journal: Journal, seen: Survey, sources: Collection[str]
) -> Iterator[tuple[Target, Sighting, bool, Iterable[Sighting]]]:
    """Of each target that can be read: how it was seen, whether that is news, and all sightings, the latest first.

    It is news where other heads were recorded last, or at a time that is still to come.
    """
    of_many: dict[Target, list[Sighting]] = {}
    for event in reversed(journal.of_kinds(*OF_MANY)):
        for target, sighting in sightings_of(event):
            of_many.setdefault(target, []).append(sighting)
    for target, observation in seen.world.observations.items():
        if target.environment not in sources or not observation.reading.readable:
            continue
        now = Sighting(0, observation.at, "", observation.heads)
        told = _latest_first(journal, target, of_many.get(target, ()))
        read, last = _up_to_heads(told)
        moved = last is None or last.heads != now.heads
        news = last is None or moved or last.at > now.at
        yield target, now, news, chain([now] if moved else (), read, told)


def _up_to_heads(told: Iterator[Sighting]) -> tuple[list[Sighting], Sighting | None]:
    """The sightings up to the first that tells heads, and that one; None where none does."""
    read: list[Sighting] = []
    for one in told:
        read.append(one)
        if one.heads is not None:
            return read, one
    return read, None


def _latest_first(journal: Journal, target: Target, of_many: Iterable[Sighting]) -> Iterator[Sighting]:
    of_one = (found for event in journal.backwards(target, *OF_TARGETS) if (found := sighting_of(event)))
    return heapq.merge(of_one, of_many, key=lambda one: one.sequence, reverse=True)


def _ancestors(graph: Graph) -> Ancestors:
    """What a database at these heads has; where a script is gone it is not known."""
    return lambda heads: graph.ancestors(heads) if all(head in graph for head in heads) else frozenset()
