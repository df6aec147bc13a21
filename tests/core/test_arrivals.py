"""Since when a target has a revision: what the tool did, what was done by hand, and clocks that are wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.arrivals import Arrival, Sighting, arrivals, sighting_of, sightings_of
from orchestrator.core.events import NO_RUN, Event, EventKind
from orchestrator.core.observations import Observation, Reading
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


def arrived(
    latest_first: Iterable[Sighting], now: datetime = NOON, identity: str | None = None
) -> dict[str, Arrival]:
    """Since when each revision is there, in a target that is that database now."""
    here = Observation(Target("staging"), Reading.VERSIONED, now, identity=identity)
    return arrivals(latest_first, ALL, LINE.ancestors, here)


def times(latest_first: Iterable[Sighting], now: datetime = NOON) -> dict[str, datetime]:
    """The times alone."""
    return {revision: arrival.at for revision, arrival in arrived(latest_first, now).items()}


def since(sightings: Sequence[Sighting]) -> dict[str, float]:
    """How many hours before noon each revision arrived."""
    return {revision: (NOON - at) / timedelta(hours=1) for revision, at in times(reversed(sightings)).items()}


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
    assert times(reversed(history)) == _forwards(history)


@given(_STEPS, st.integers(-14, 14))
def test_time_zones_change_no_moment(told: list[tuple[str, bool, float]], offset: int) -> None:
    """Whatever zone a time is written in, and whichever the clock shows, the moments are the same."""
    zone = timezone(timedelta(hours=offset))
    history = _history(told)
    moved = [replace(one, at=one.at.astimezone(zone)) for one in history]
    now = NOON.astimezone(ZoneInfo("America/New_York"))
    assert times(reversed(moved), now) == _forwards(history)


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
    found = times(reversed(history))
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
    here = Observation(Target("staging"), Reading.VERSIONED, NOON)
    assert arrivals(told, frozenset("b"), LINE.ancestors, here) == {"b": Arrival(history[996].at)}
    assert next(asked) == 5


@pytest.mark.parametrize(
    ("latest", "recorded"),
    [(Sighting(0, NOON, "", ("b",)), {"a": True, "b": False}),
     (Sighting(9, NOON, "two", ("b",)), {"a": True, "b": True}),
     (Sighting(9, hours(-1), "two", ("b",)), {"a": True, "b": False})],
)  # fmt: skip
def test_what_is_seen_now_and_not_recorded_is_told_apart(latest: Sighting, recorded: dict[str, bool]) -> None:
    """What came since the last record counts from every look anew, as does what lies in the future."""
    found = arrived([latest, *seen((9, "a", "a"))])
    assert {name: one.recorded for name, one in found.items()} == recorded


def test_events_tell_where_targets_stand() -> None:
    """A step and an end tell of one target, what was seen and a journal begun anew tell of many."""
    target, other = Target("staging"), Target("staging", "app", "acme")
    step = Event(EventKind.STEP_APPLIED, NOON, "r", "me@here", target, "b", {"heads": ["b"], "identity": "x1"}, 7)
    assert sighting_of(step) == Sighting(7, NOON, "r", ("b",), "b", "x1")
    end = Event(EventKind.TARGET_FINISHED, NOON, "r", "me@here", target, None, {"heads": []}, 8)
    assert sighting_of(end) == Sighting(8, NOON, "r", ())
    recovered = Event(EventKind.STEP_RECOVERED, NOON, "r", "me@here", target, "b", {}, 9)
    assert sighting_of(recovered) == Sighting(9, NOON, "r", None, "b")
    body = {"heads": {"staging": ["b"], "staging/app@acme": []}, "identities": {"staging": "x1"}}
    looked = Event(EventKind.HEADS_SEEN, NOON, NO_RUN, "me@here", body=body, sequence=10)
    assert dict(sightings_of(looked)) == {
        target: Sighting(10, NOON, NO_RUN, ("b",), identity="x1"),
        other: Sighting(10, NOON, NO_RUN, ()),
    }
    told = [{"target": "staging", "heads": ["a"], "identity": "x1"}, {"target": "prod", "heads": None}]
    anew = Event(EventKind.JOURNAL_REBUILT, NOON, "r2", "me@here", body={"targets": told}, sequence=11)
    assert dict(sightings_of(anew)) == {target: Sighting(11, NOON, "r2", ("a",), identity="x1")}


def test_a_recovered_step_counts_from_when_its_target_was_seen_with_it() -> None:
    """Nobody knows when it was applied, and it was not there before: what was seen after it is what counts."""
    history = [
        *seen((40, "b", None), (30, "a", None)),
        Sighting(3, hours(20), "r", None, "b"),
        Sighting(4, hours(19), "r", ("b",)),
    ]
    assert since(history) == {"a": 40, "b": 19}


@pytest.mark.parametrize(
    ("recovered_in", "expected"),
    [("x", {"a": Arrival(hours(40)), "b": Arrival(hours(19))}), ("y", {"b": Arrival(hours(19), replaced=True)})],
)
def test_a_step_recovered_in_another_database_says_that_it_had_that_step_alone(
    recovered_in: str, expected: dict[str, Arrival]
) -> None:
    """Nothing counts from before it there either, and no other revision is said to have been there."""
    history = [
        Sighting(1, hours(40), "one", ("a",), "a", "x"),
        Sighting(2, hours(20), "two", None, "b", recovered_in),
        Sighting(3, hours(19), "three", ("b",), None, "x"),
    ]
    expected = expected if recovered_in == "x" else {"a": Arrival(hours(19)), **expected}
    assert arrived(reversed(history), identity="x") == expected


@pytest.mark.parametrize(
    ("identities", "expected"),
    [
        ("x x x x", "a 40, b 30, c 20"),  # the same all the time
        ("y y y x", "a 10 replaced, b 10 replaced, c 10 replaced"),  # another came, and had all of it
        ("y y x x", "a 20 replaced, b 20 replaced, c 20"),  # it got one here
        ("x x y x", "a 10 replaced, b 10 replaced, c 10 replaced"),  # it was away meanwhile
        ("- - - x", "a 40, b 30, c 20"),  # known for the first time
        ("y - - x", "a 30 replaced, b 30, c 20"),  # the other one before that
        ("x x x -", "a 40, b 30, c 20"),  # not told the last time
        ("x x x y", ""),  # the last one that was seen is not the one that is there
    ],
)
def test_what_another_database_had_is_not_what_this_one_has(identities: str, expected: str) -> None:
    """Each counts from when this database was first seen since; where it is not told which, it was this one."""
    history = seen((40, "a", "a"), (30, "b", "b"), (20, "c", "c"), (10, "c", None), runs="one two three four")
    known = [None if name == "-" else name for name in identities.split()]
    told = [replace(one, identity=name) for one, name in zip(history, known, strict=True)]
    found = arrived(reversed(told), identity="x")
    ago = {name: (NOON - one.at) // timedelta(hours=1) for name, one in sorted(found.items())}
    assert ", ".join(f"{name} {ago[name]}{' replaced' * found[name].replaced}" for name in ago) == expected


@given(_STEPS, st.lists(st.sampled_from(["x", "y", None]), min_size=12, max_size=12))
def test_nothing_counts_that_lies_before_another_database(
    told: list[tuple[str, bool, float]], names: list[str | None]
) -> None:
    """For every history what is known of a database is what is known of the history since it came there."""
    history = [replace(one, identity=name) for one, name in zip(_history(told), names, strict=False)]
    others = [place for place, one in enumerate(history) if one.identity == "y"]
    mine = history[others[-1] + 1 :] if others else history
    found = arrived(reversed(history), identity="x")
    assert {revision: one.at for revision, one in found.items()} == _forwards(mine)
    before = LINE.ancestors(history[others[-1]].heads or ()) if others else frozenset()
    first = {revision for revision, place in _places(mine).items() if place == 0}
    assert {revision for revision, one in found.items() if one.replaced} <= before & first


def test_a_slow_clock_opens_nothing_early_for_another_database() -> None:
    """What was recorded of the database before still bounds the time at which this one was seen first."""
    history = [
        replace(one, identity=name)
        for one, name in zip(seen((9, "b", "b"), (90, "b", None), runs="one two"), "yx", strict=True)
    ]
    assert arrived(reversed(history), identity="x")["b"] == Arrival(hours(9), replaced=True)
