"""Since when a target has a revision, as the journal tells it: what soaking is counted from. Pure.

A sighting is a moment at which a target was recorded to stand at some heads. An arrival is the earliest sighting
since which every later one has the revision: what was taken back and came again has arrived again. Nothing is
known of what happened between two sightings. It is a database that has it, not its name: what was recorded while
the target was another database counts for nothing, nor does what came before that. Which database it was is not
known of what an older version recorded: that counts as of the one that is there.

The journal's order counts, not its clocks: each machine writes the time as it has it. A time that lies in the
future is wrong, and stands for that of the next sighting that does not; where there is none it is left for the
gate to tell. What another run recorded before it bounds a time from below, so that a clock that is slow lets
nothing through too early.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.core.events import NO_RUN, Event, EventKind
from orchestrator.core.observations import Observation, another
from orchestrator.core.targets import Target

OF_TARGETS = (EventKind.STEP_APPLIED, EventKind.STEP_RECOVERED, EventKind.TARGET_FINISHED)
"""The kinds that tell where the one target stands that they are about."""
OF_MANY = (EventKind.HEADS_SEEN, EventKind.JOURNAL_REBUILT)
"""The kinds that tell where several targets stand."""

Ancestors = Callable[[Collection[str]], frozenset[str]]
"""All that a database at these heads has; empty where that cannot be told."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a target stood, and the step that had just been done there, which it lacked before.

    `heads` are None where only the step is told, `identity` where it is not told which database it was. `run` is
    what recorded it, as the journal's event `sequence`; 0 where nobody recorded it.
    """

    sequence: int
    at: datetime
    run: str
    heads: tuple[str, ...] | None
    step: str | None = None
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Since when a target has a revision; `replaced` where another database had it there just before.

    Not `recorded` is what counts from this very look: of the next look too, until one of them is recorded.
    """

    at: datetime
    replaced: bool = False
    recorded: bool = True


def sighting_of(event: Event) -> Sighting | None:
    """What an event of one target tells; None where it tells neither heads nor a step."""
    heads = event.body.get("heads")
    step = None if event.kind is EventKind.TARGET_FINISHED else event.revision
    if heads is None and step is None:
        return None
    told = tuple(map(str, heads)) if heads is not None else None
    return Sighting(event.sequence or 0, event.at, event.run, told, step, event.body.get("identity"))


def sightings_of(event: Event) -> Iterator[tuple[Target, Sighting]]:
    """What an event about several targets tells of each."""
    for name, heads, identity in _told(event):
        if heads is not None:
            seen = Sighting(event.sequence or 0, event.at, event.run, tuple(map(str, heads)), identity=identity)
            yield Target.parse(name), seen


def _told(event: Event) -> Iterable[tuple[str, Collection[str] | None, str | None]]:
    if event.kind is EventKind.HEADS_SEEN:
        identities = event.body.get("identities", {})
        return ((name, heads, identities.get(name)) for name, heads in event.body["heads"].items())
    return ((one["target"], one["heads"], one.get("identity")) for one in event.body["targets"])


def arrivals(
    latest_first: Iterable[Sighting], wanted: frozenset[str], ancestors: Ancestors, now: Observation
) -> dict[str, Arrival]:
    """Since when a target, as it is seen now, has each of the revisions wanted that its latest sighting has.

    No more is read than that takes. A time that no later sighting corrects may lie in the future.
    """
    read: list[Sighting] = []
    since: dict[str, int] = {}
    left, replaced = wanted, frozenset[str]()
    for seen in latest_first:
        read.append(seen)
        # Where only the step is told, the database had that; of all else nothing is said.
        has = left & (ancestors(seen.heads) if seen.heads is not None else {seen.step})
        if another(seen.identity, now.identity):
            left, replaced = frozenset(), replaced | has
        elif seen.heads is not None:
            left = has
            since |= dict.fromkeys(left, len(read) - 1)
        if seen.step is not None:
            left -= {seen.step}
        if not left and (not since or _bounds(seen, read[max(since.values())], now.at)):
            break
    times = _times(read, now.at)
    known = now.at if read and read[0].sequence == 0 else now.at + timedelta.resolution
    return {name: Arrival(times[place], name in replaced, times[place] < known) for name, place in since.items()}


def _times(read: Sequence[Sighting], now: datetime) -> list[datetime]:
    """When each of these sightings was, as far as the clocks beside its own can be believed more."""
    times: list[datetime] = []
    passed: datetime | None = None
    for seen in read:
        passed = seen.at if seen.at <= now else passed
        times.append(passed or seen.at)
    nearest = beyond = None
    for place, seen in reversed(list(enumerate(read))):
        # What bounds the nearest one bounds also what its own run recorded after it.
        bound = nearest if nearest is None or _bounds(nearest, seen, now) else beyond
        times[place] = max(times[place], bound.at) if bound is not None else times[place]
        if seen.at <= now:
            nearest, beyond = seen, bound
    return times


def _bounds(before: Sighting, seen: Sighting, now: datetime) -> bool:
    """Whether an earlier sighting bounds the time of a later one: another clock, maybe, and it is not ahead."""
    return before.at <= now and (before.run != seen.run or before.run == NO_RUN)
