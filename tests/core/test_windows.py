"""When an environment may change: by the clock of its time zone, also where clocks are turned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.core.windows import MINUTES_A_DAY, Freeze, Span, Window, closes_at, local, opens_at, why_closed

ALL = frozenset(range(7))
MON_THU = Span(frozenset({0, 1, 2, 3}), 8 * 60, 16 * 60, "mon-thu 08:00-16:00")
FRIDAY = Span(frozenset({4}), 12 * 60, MINUTES_A_DAY, "fri 12:00-24:00")
NIGHTS = Span(frozenset({4}), 22 * 60, 2 * 60, "fri 22:00-02:00")
SUNDAY = Span(frozenset({6}), 2 * 60 + 15, 2 * 60 + 45, "sun 02:15-02:45")
EARLY = Span(ALL, 60 + 30, 4 * 60, "01:30-04:00")
CHRISTMAS = Freeze(datetime(2026, 12, 18), datetime(2027, 1, 5), "Christmas")  # noqa: DTZ001 - a local time
WORK = Window("Europe/Berlin", (MON_THU,))
CALM = Window("Europe/Berlin", deny=(FRIDAY,))
FROZEN = Window("Europe/Berlin", (MON_THU,), freezes=(CHRISTMAS,))


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("window", "now", "opens"),
    [
        (WORK, at("2026-11-23 08:00"), at("2026-11-23 08:00")),
        (WORK, at("2026-11-23 15:59"), at("2026-11-23 15:59")),
        (WORK, at("2026-11-23 16:00"), at("2026-11-24 08:00")),
        (WORK, at("2026-11-26 17:00"), at("2026-11-30 08:00")),
        (CALM, at("2026-11-20 11:59"), at("2026-11-20 11:59")),
        (CALM, at("2026-11-20 12:00"), at("2026-11-21 00:00")),
        (FROZEN, at("2026-12-17 17:00"), at("2027-01-05 08:00")),
        (FROZEN, at("2026-12-25 10:00"), at("2027-01-05 08:00")),
        (Window("UTC", (NIGHTS,)), at("2026-11-21 01:59", "UTC"), at("2026-11-21 01:59", "UTC")),
        (Window("UTC", (NIGHTS,)), at("2026-11-21 02:00", "UTC"), at("2026-11-27 22:00", "UTC")),
        (Window("UTC", (FRIDAY,), (Span(frozenset({4}), text="fri"),)), at("2026-11-21 02:00", "UTC"), None),
        (Window("UTC", deny=(Span(ALL),)), at("2026-11-21 02:00", "UTC"), None),
        (Window("UTC", (MON_THU,), (Span(ALL),), (CHRISTMAS,)), at("2026-12-20 02:00", "UTC"), None),
        (Window("Pacific/Kiritimati", (FRIDAY,)), at("2026-11-19 23:00", "UTC"), at("2026-11-19 23:00", "UTC")),
        # The clock goes from 02:00 to 03:00 on 29 March: that half hour is not there, the next is a week later.
        (Window("Europe/Berlin", (SUNDAY,)), at("2026-03-28 12:00"), at("2026-04-05 02:15")),
        # It goes from 03:00 back to 02:00 on 25 October: what is there twice is allowed once and denied twice.
        (Window("Europe/Berlin", (EARLY,)), at("2026-10-24 12:00"), at("2026-10-25 01:30")),
        (
            Window("Europe/Berlin", deny=(Span(ALL, 0, 150, "00:00-02:30"),)),
            at("2026-10-25 01:00"),
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
        ),
        (
            Window("Australia/Lord_Howe", (Span(ALL, 2 * 60, 3 * 60, "02:00-03:00"),)),
            datetime(2026, 10, 3, 12, 0, tzinfo=UTC),
            datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
        ),
    ],
)
def test_it_says_when_it_opens(window: Window, now: datetime, opens: datetime | None) -> None:
    """A window opens at the first time that its spans allow and no freeze forbids, by its own clock."""
    assert opens_at(window, now) == opens
    assert (why_closed(window, now) is None) is (opens == now)


def test_it_says_what_keeps_it_closed_and_when_it_closes() -> None:
    """What is told is the freeze before the span, and the time by the window's clock."""
    both = Window("Europe/Berlin", (MON_THU,), (FRIDAY,), (CHRISTMAS,))
    assert why_closed(both, at("2026-12-18 13:00")) == "it is frozen until Tue 2027-01-05 00:00: Christmas"
    assert why_closed(both, at("2026-12-11 13:00")) == "fri 12:00-24:00 is denied"
    assert why_closed(both, at("2026-12-12 13:00")) == "only mon-thu 08:00-16:00 is allowed"
    assert closes_at(both, at("2026-12-14 09:00")) == at("2026-12-14 16:00")
    assert closes_at(Window("UTC", freezes=(CHRISTMAS,)), at("2026-06-01 09:00")) is None
    assert local(both, at("2026-12-18 13:00")) == "Fri 2026-12-18 13:00 CET"


minutes = st.integers(0, MINUTES_A_DAY - 1)
spans = st.builds(Span, st.frozensets(st.integers(0, 6), min_size=1), minutes, minutes.map(lambda one: one + 1))
moments = st.datetimes(datetime(2026, 3, 1), datetime(2026, 11, 30)).map(  # noqa: DTZ001 - local times
    lambda one: one.replace(second=0, microsecond=0)
)
freezes = st.builds(lambda begins, days: Freeze(begins, begins + timedelta(days)), moments, st.integers(1, 40))
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
some = st.lists(spans, max_size=2).map(tuple)
windows = st.builds(Window, zones, some, some, st.lists(freezes, max_size=2).map(tuple))


@settings(max_examples=25, deadline=None)
@given(windows, moments)
def test_until_it_opens_it_is_closed_and_then_open(window: Window, moment: datetime) -> None:
    """Nothing before the time told is open, that time is, and where none is told the next two weeks are closed."""
    now = moment.replace(second=0, microsecond=0, tzinfo=UTC)
    opens = opens_at(window, now)
    end = opens or now + timedelta(days=14)
    steps = max(1, int((end - now) / timedelta(minutes=1)) // 60)
    before = (now + timedelta(minutes=steps * number) for number in range(61))
    assert all(why_closed(window, one) is not None for one in before if one < end)
    assert opens is None or (why_closed(window, opens) is None and opens_at(window, opens) == opens)


@settings(max_examples=25, deadline=None)
@given(windows, moments)
def test_once_open_it_is_so_until_it_closes(window: Window, moment: datetime) -> None:
    """Between a time at which it is open and the time told that it closes, it never is shut."""
    now = opens_at(window, moment.replace(tzinfo=UTC))
    closes = closes_at(window, now) if now is not None else None
    if now is None or closes is None:
        return
    assert now < closes
    assert why_closed(window, closes) is not None
    assert all(why_closed(window, now + (closes - now) * part / 50) is None for part in range(50))
