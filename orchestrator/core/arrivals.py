"""Since when a target has a revision, as the journal tells it: what soaking is counted from. Pure.

A sighting is a moment at which a target was recorded to stand at some heads. An arrival is the earliest sighting
since which every later one has the revision: what was taken back and came again has arrived again. Nothing is
known of what happened between two sightings.

The journal's order counts, not its clocks: each machine writes the time as it has it. A time that lies in the
future is wrong, and stands for that of the next sighting that does not; where there is none it is left for the
gate to tell. What another run recorded before it bounds a time from below, so that a clock that is slow lets
nothing through too early.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestrator.core.events import NO_RUN, Event, EventKind
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

    `heads` are None where only the step is told; `run` is what recorded it, as the journal's event `sequence`.
    """

    sequence: int
    at: datetime
    run: str
    heads: tuple[str, ...] | None
    step: str | None = None


def sighting_of(event: Event) -> Sighting | None:
    """What an event of one target tells; None where it tells neither heads nor a step."""
    heads = event.body.get("heads")
    step = None if event.kind is EventKind.TARGET_FINISHED else event.revision
    if heads is None and step is None:
        return None
    told = tuple(map(str, heads)) if heads is not None else None
    return Sighting(event.sequence or 0, event.at, event.run, told, step)


def sightings_of(event: Event) -> Iterator[tuple[Target, Sighting]]:
    """What an event about several targets tells of each."""
    for name, heads in _told(event):
        if heads is not None:
            seen = Sighting(event.sequence or 0, event.at, event.run, tuple(map(str, heads)))
            yield Target.parse(name), seen


def _told(event: Event) -> Iterable[tuple[str, Collection[str] | None]]:
    if event.kind is EventKind.HEADS_SEEN:
        return event.body["heads"].items()  # type: ignore[no-any-return]
    return [(one["target"], one["heads"]) for one in event.body["targets"]]


def arrivals(
    latest_first: Iterable[Sighting], wanted: frozenset[str], ancestors: Ancestors, now: datetime
) -> dict[str, datetime]:
    """Since when a target has each of the revisions wanted that its latest sighting has.

    No more is read than that takes. A time that no later sighting corrects may lie after `now`.
    """
    read: list[Sighting] = []
    since: dict[str, int] = {}
    left = wanted
    for seen in latest_first:
        read.append(seen)
        if seen.heads is not None:
            left &= ancestors(seen.heads)
            since |= dict.fromkeys(left, len(read) - 1)
        if seen.step is not None:
            left -= {seen.step}
        if not left and (not since or _bounds(seen, read[max(since.values())], now)):
            break
    return {revision: _time(read, place, now) for revision, place in since.items()}


def _time(read: Sequence[Sighting], place: int, now: datetime) -> datetime:
    """When the sighting at that place was, as far as the clocks beside its own can be believed more."""
    seen = read[place]
    at = seen.at
    if at > now:
        at = next((one.at for one in reversed(read[:place]) if one.at <= now), at)
    before = next((one for one in read[place + 1 :] if _bounds(one, seen, now)), None)
    return at if before is None else max(at, before.at)


def _bounds(before: Sighting, seen: Sighting, now: datetime) -> bool:
    """Whether an earlier sighting bounds the time of a later one: another clock, maybe, and it is not ahead."""
    return before.at <= now and (before.run != seen.run or before.run == NO_RUN)
