"""When an environment may change: spans of the week and freezes, by the clock of one time zone. Pure.

The time asked about is an argument. Where clocks are turned, a time of day is there twice or not at all: the
narrower window counts then, what is allowed begins at the later and ends at the earlier of the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""As they are written in a span, in the order of `date.weekday`."""
MINUTES_A_DAY = 24 * 60
_AHEAD = timedelta(days=14)
"""So far is looked: a span of one week may fall to a turn of the clocks, the next one does not."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of these days of the week (0 is Monday), from one minute of the day to another, that one left out.

    It ends on the day after where it does not end later than it begins. `text` is how it was written.
    """

    days: frozenset[int]
    begins: int = 0
    ends: int = MINUTES_A_DAY
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Freeze:
    """From one local time to another, that one left out, nothing changes; both are without a time zone."""

    begins: datetime
    ends: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """The spans that are allowed (none: always), those that are denied all the same, and the freezes.

    `timezone` is a name of the IANA time zone database that exists.
    """

    timezone: str
    allow: tuple[Span, ...] = ()
    deny: tuple[Span, ...] = ()
    freezes: tuple[Freeze, ...] = ()


@dataclass(frozen=True, slots=True)
class _Stretch:
    """From one time to another in UTC, that one left out; `what` says what it is."""

    begins: datetime
    ends: datetime
    what: str

    def __contains__(self, at: datetime) -> bool:
        return self.begins <= at < self.ends


def why_closed(window: Window, at: datetime) -> str | None:
    """What keeps it closed at that time, in a clause; None where it is open."""
    for stretch in (*_frozen(window), *_denied(window, at)):
        if at in stretch:
            return stretch.what
    if window.allow and not any(at in stretch for stretch in _allowed(window, at)):
        return f"only {' and '.join(span.text for span in window.allow)} is allowed"
    return None


def opens_at(window: Window, at: datetime) -> datetime | None:
    """The first time from `at` on at which it is open, in UTC; None where it never opens."""
    moment: datetime | None = at
    while moment is not None:
        moment = _opening(window, moment)
        ends = [stretch.ends for stretch in _frozen(window) if moment is not None and moment in stretch]
        if not ends:
            break
        moment = max(ends)
    return moment


def closes_at(window: Window, at: datetime) -> datetime | None:
    """The first time after `at`, when it is open, at which it is not; None where two weeks do not close it."""
    ends = [stretch.ends for stretch in _allowed(window, at)]
    begins = [stretch.begins for stretch in (*_denied(window, at), *_frozen(window))]
    later = sorted(moment for moment in (*ends, *begins) if at < moment < at + _AHEAD)
    return next((moment for moment in later if why_closed(window, moment)), None)


def local(window: Window, at: datetime) -> str:
    """The time by the window's clock, in words: `Fri 2026-11-20 12:00 CET`."""
    from zoneinfo import ZoneInfo

    return f"{at.astimezone(ZoneInfo(window.timezone)):%a %Y-%m-%d %H:%M %Z}"


def _opening(window: Window, at: datetime) -> datetime | None:
    """The first time from `at` on that the spans let it be open; freezes are not looked at."""
    denied = list(_denied(window, at))
    allowed = list(_allowed(window, at))
    candidates = {at, *(one.ends for one in denied), *(one.begins for one in allowed)}
    for moment in sorted(one for one in candidates if at <= one < at + _AHEAD):
        let = not window.allow or any(moment in stretch for stretch in allowed)
        if let and not any(moment in stretch for stretch in denied):
            return moment
    return None


def _frozen(window: Window) -> Iterator[_Stretch]:
    for freeze in window.freezes:
        reason = f": {freeze.reason}" if freeze.reason else ""
        what = f"it is frozen until {freeze.ends:%a %Y-%m-%d %H:%M}{reason}"
        yield _Stretch(min(_instants(window, freeze.begins)), max(_instants(window, freeze.ends)), what)


def _denied(window: Window, at: datetime) -> Iterator[_Stretch]:
    for span, begins, ends in _occurrences(window.deny, at):
        yield _Stretch(min(_instants(window, begins)), max(_instants(window, ends)), f"{span.text} is denied")


def _allowed(window: Window, at: datetime) -> Iterator[_Stretch]:
    for span, begins, ends in _occurrences(window.allow, at):
        yield _Stretch(max(_instants(window, begins)), min(_instants(window, ends)), span.text)


def _occurrences(spans: Iterable[Span], at: datetime) -> Iterator[tuple[Span, datetime, datetime]]:
    """The spans as they fall around that time and as far ahead as is looked, as local times."""
    for number in range(-2, _AHEAD.days + 2):
        # Days more at both ends: the day of UTC may be another than the window's, and a span begin the day before.
        day = datetime.combine(at.astimezone(UTC).date(), time()) + timedelta(days=number)
        for span in (one for one in spans if day.weekday() in one.days):
            over_midnight = MINUTES_A_DAY if span.ends <= span.begins else 0
            ends = day + timedelta(minutes=span.ends + over_midnight)
            yield span, day + timedelta(minutes=span.begins), ends


def _instants(window: Window, moment: datetime) -> tuple[datetime, datetime]:
    """The local time in UTC, as it is before and after a turn of the clocks; mostly they are one."""
    from zoneinfo import ZoneInfo

    there = moment.replace(tzinfo=ZoneInfo(window.timezone), fold=0)
    return there.astimezone(UTC), there.replace(fold=1).astimezone(UTC)
