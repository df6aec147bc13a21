"""Since when a target has a revision: what the tool did, what was done by hand, and clocks that are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.arrivals import Sighting, arrivals, sighting_of, sightings_of
from orchestrator.core.events import NO_RUN, Event, EventKind
from orchestrator.core.targets import Target
from tests.core.worlds import graph

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
LINE = graph("a; b a; c b; x a; m c x")
ALL = frozenset(LINE.scripts)


def hours(number: float) -> datetime:
    """So many hours before noon; after it where the number is negative."""
    return NOON - timedelta(hours=number)


def seen(*told: tuple[float, str, str | None], runs: str = "") -> list[Sighting]:
    """Sightings in the journal's order: hours before noon, heads with spaces between, the step that was done."""
    named = runs.split() or ["one"] * len(told)
    return [
        Sighting(number, hours(ago), run, tuple(heads.split()), step)
        for number, (run, (ago, heads, step)) in enumerate(zip(named, told, strict=True), 1)
    ]


def since(sightings: Sequence[Sighting], wanted: frozenset[str] = ALL, now: datetime = NOON) -> dict[str, float]:
    """How many hours before noon each revision arrived."""
    found = arrivals(reversed(sightings), wanted, LINE.ancestors, now)
    return {revision: (NOON - at) / timedelta(hours=1) for revision, at in found.items()}


@pytest.mark.parametrize(
    ("sightings", "expected"),
    [
        pytest.param([], {}, id="nothing is recorded"),
        pytest.param(seen((30, "a", "a"), (29, "b", "b")), {"a": 30, "b": 29}, id="each step by a run"),
        pytest.param(seen((30, "b", None)), {"a": 30, "b": 30}, id="by hand: since it was first seen"),
        pytest.param(seen((40, "a", "a"), (30, "b", None), (2, "b", None)), {"a": 40, "b": 30}, id="seen again"),
        pytest.param(seen((40, "b", "b"), (30, "a", None), (2, "b", None)), {"a": 40, "b": 2}, id="back again"),
        pytest.param(seen((40, "b", "b"), (2, "b", "b")), {"a": 40, "b": 2}, id="reverted unseen, applied again"),
        pytest.param(seen((40, "b", "b"), (3, "a", "b")), {"a": 40}, id="taken back by a rollback"),
        pytest.param(seen((40, "b", "b"), (3, "", None)), {}, id="emptied"),
        pytest.param(seen((40, "c", None), (30, "c x", "x"), (9, "m", "m")),
                     {"a": 40, "b": 40, "c": 40, "x": 30, "m": 9}, id="branches and their merge"),
    ],
)  # fmt: skip
def test_an_arrival_is_the_first_sighting_since_which_it_was_there(
    sightings: list[Sighting], expected: dict[str, float]
) -> None:
    """What was taken back and came again, by the tool or by hand, has arrived again; all else keeps its time."""
    assert since(sightings) == expected


@pytest.mark.parametrize(
    ("sightings", "expected"),
    [
        pytest.param(seen((-500, "b", "b")), {"a": -500, "b": -500}, id="in the future: told by the gate"),
        pytest.param(seen((-500, "b", "b"), (6, "b", None), runs="one two"), {"a": 6, "b": 6}, id="mended"),
        pytest.param(seen((-500, "b", "b"), (-400, "b", None), (6, "b", None)), {"a": 6, "b": 6}, id="twice"),
        pytest.param(seen((5, "a", "a"), (90, "b", "b"), runs="one two"), {"a": 5, "b": 5}, id="a slow clock"),
        pytest.param(seen((9, "", None), (95, "a", "a"), (90, "b", "b"), runs="one two two"), {"a": 9, "b": 9},
                     id="a slow clock for a whole run"),
        pytest.param(seen((-500, "a", "a"), (20, "b", "b"), runs="one two"), {"a": 20, "b": 20},
                     id="what lies in the future bounds nothing"),
        pytest.param(seen((9, "a", None), (90, "b", None), runs="- -"), {"a": 9, "b": 9},
                     id="each look by hand has a clock of its own"),
        pytest.param(seen((9, "a", "a"), (9.5, "b", "b"), runs="one one"), {"a": 9, "b": 9.5},
                     id="a clock set back within a run"),
    ],
)  # fmt: skip
def test_a_wrong_clock_lets_nothing_through_early(sightings: list[Sighting], expected: dict[str, float]) -> None:
    """A time to come stands for the next that has passed; none is earlier than what others recorded before it."""
    assert since(sightings) == expected


_HEADS = st.sampled_from(["", "a", "b", "c", "x", "b x", "c x", "m"])
_STEPS = st.lists(st.tuples(_HEADS, st.booleans(), st.floats(0.001, 400)), max_size=12)


def _history(told: list[tuple[str, bool, float]]) -> list[Sighting]:
    """Sightings with a good clock: the heads, whether a run brought the last, hours since the one before."""
    clock, found = NOON - timedelta(hours=5000), []
    for number, (heads, by_run, later) in enumerate(told, 1):
        clock += timedelta(hours=later)
        step = heads.split()[-1] if heads and by_run else None
        found.append(Sighting(number, clock, f"run {number}", tuple(heads.split()), step))
    return found


def _places(sightings: list[Sighting]) -> dict[str, int]:
    """The place of each arrival, told the simple way: from the beginning, with nothing left out."""
    known: dict[str, int] = {}
    for place, one in enumerate(sightings):
        known.pop(one.step or "", None)
        known = {revision: known.get(revision, place) for revision in LINE.ancestors(one.heads or ())}
    return known


def _forwards(sightings: list[Sighting]) -> dict[str, datetime]:
    """The times of these."""
    return {revision: sightings[place].at for revision, place in _places(sightings).items()}


@given(_STEPS)
def test_reading_backwards_tells_what_reading_all_of_it_tells(told: list[tuple[str, bool, float]]) -> None:
    """For every history with a good clock the latest sightings are enough, read as far as is needed."""
    history = _history(told)
    assert arrivals(reversed(history), ALL, LINE.ancestors, NOON) == _forwards(history)


@given(_STEPS, st.integers(-14, 14))
def test_time_zones_change_no_moment(told: list[tuple[str, bool, float]], offset: int) -> None:
    """Whatever zone a time is written in, and whichever the clock shows, the moments are the same."""
    zone = timezone(timedelta(hours=offset))
    history = _history(told)
    moved = [replace(one, at=one.at.astimezone(zone)) for one in history]
    now = NOON.astimezone(ZoneInfo("America/New_York"))
    assert arrivals(reversed(moved), ALL, LINE.ancestors, now) == _forwards(history)


@given(_STEPS, st.lists(st.floats(-9000, 9000), min_size=12, max_size=12))
def test_no_clock_makes_it_earlier_than_what_others_recorded_before(
    told: list[tuple[str, bool, float]], wrong: list[float]
) -> None:
    """Each run's clock may be wrong: nothing arrives before what was recorded before it, and lies to come only
    where no later sighting tells better.
    """
    history = [
        replace(one, at=one.at + timedelta(hours=off)) for one, off in zip(_history(told), wrong, strict=False)
    ]
    found = arrivals(reversed(history), ALL, LINE.ancestors, NOON)
    places = _places(history)
    assert found.keys() == places.keys()
    for revision, at in found.items():
        passed = [one.at for one in history[: places[revision]] if one.at <= NOON]
        assert not passed or at >= passed[-1]
        assert at <= NOON or all(one.at > NOON for one in history[places[revision] :])


def test_no_more_is_read_than_is_needed() -> None:
    """Of a thousand sightings only those up to another run before the arrival are asked for."""
    asked = count()
    history = [
        Sighting(n, hours(2000 - n), f"run {n // 4}", ("b",), "b" if n % 4 == 0 else None) for n in range(1000)
    ]
    told = (one for one in reversed(history) if next(asked) >= 0)
    assert arrivals(told, frozenset("b"), LINE.ancestors, NOON) == {"b": history[996].at}
    assert next(asked) == 5


def test_events_tell_where_targets_stand() -> None:
    """A step and an end tell of one target, what was seen and a journal begun anew tell of many."""
    target, other = Target("staging"), Target("staging", "app", "acme")
    step = Event(EventKind.STEP_APPLIED, NOON, "r", "me@here", target, "b", {"heads": ["b"]}, 7)
    assert sighting_of(step) == Sighting(7, NOON, "r", ("b",), "b")
    end = Event(EventKind.TARGET_FINISHED, NOON, "r", "me@here", target, None, {"heads": []}, 8)
    assert sighting_of(end) == Sighting(8, NOON, "r", ())
    recovered = Event(EventKind.STEP_RECOVERED, NOON, "r", "me@here", target, "b", {}, 9)
    assert sighting_of(recovered) == Sighting(9, NOON, "r", None, "b")
    body = {"heads": {"staging": ["b"], "staging/app@acme": []}}
    looked = Event(EventKind.HEADS_SEEN, NOON, NO_RUN, "me@here", body=body, sequence=10)
    assert dict(sightings_of(looked)) == {
        target: Sighting(10, NOON, NO_RUN, ("b",)),
        other: Sighting(10, NOON, NO_RUN, ()),
    }
    told = [{"target": "staging", "heads": ["a"]}, {"target": "prod", "heads": None}]
    anew = Event(EventKind.JOURNAL_REBUILT, NOON, "r2", "me@here", body={"targets": told}, sequence=11)
    assert dict(sightings_of(anew)) == {target: Sighting(11, NOON, "r2", ("a",))}


def test_a_recovered_step_counts_from_when_its_target_was_seen_with_it() -> None:
    """Nobody knows when it was applied, and it was not there before: what was seen after it is what counts."""
    history = [
        *seen((40, "b", None), (30, "a", None)),
        Sighting(3, hours(20), "r", None, "b"),
        Sighting(4, hours(19), "r", ("b",)),
    ]
    assert since(history) == {"a": 40, "b": 19}
