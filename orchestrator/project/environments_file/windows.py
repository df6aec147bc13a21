"""The shape of `gates.window`: spans of the week and freezes, as texts → values. Models only.

A span is `mon-thu 08:00-16:00`: days, hours or both. A freeze is from one date or local time to another; a date
that ends one belongs to it.
"""

# Annotations are not postponed here: pydantic would compile each again, for every model that inherits it.

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from orchestrator.core.windows import MINUTES_A_DAY, WEEKDAYS, Freeze, Span, Window
from orchestrator.project.environments_file.models import OrEmpty, Shape, fault
from orchestrator.project.environments_file.types import OptionalText
from orchestrator.project.environments_file.wording import near

_CLOCK = r"(\d{1,2}):(\d{2})"
_HOURS = re.compile(rf"{_CLOCK}\s*-\s*{_CLOCK}", re.ASCII)
_DAYS = re.compile(r"[a-z]{3}(-[a-z]{3})?", re.ASCII)
_EXAMPLE = 'write for example "mon-thu 08:00-16:00", "sat,sun" or "22:00-02:00"'
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:(?:T| +)(\d{2}:\d{2}))?", re.ASCII)
_WRITE_A_DATE = 'write for example 2026-12-18 or "2026-12-18 18:00"'
_YEARS = range(2000, 3000)


def _span(value: Any) -> Any:
    text = " ".join(value.lower().split()) if isinstance(value, str) else ""
    hours = _HOURS.search(text)
    if not text or (hours and hours.end() != len(text)):
        raise fault("is not a part of the week", _EXAMPLE)
    days = text[: hours.start()].strip() if hours else text
    begins, ends = _minutes(hours) if hours else (0, MINUTES_A_DAY)
    return Span(_days(days) if days else frozenset(range(7)), begins, ends, text)


def _minutes(hours: re.Match[str]) -> tuple[int, int]:
    first, second = (int(hours[at]) * 60 + int(hours[at + 1]) for at in (1, 3))
    if first >= MINUTES_A_DAY or second > MINUTES_A_DAY or any(int(hours[at]) > 59 for at in (2, 4)):  # noqa: PLR2004
        raise fault("has a time of day that is none", "write times from 00:00 to 24:00")
    if first == second:
        raise fault("ends where it begins", "leave the hours out for the whole day")
    return first, second


def _days(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in (part.strip() for part in text.split(",")):
        ends = part.split("-")
        if not _DAYS.fullmatch(part) or any(day not in WEEKDAYS for day in ends):
            raise fault("has a day that is none", f"write days as {', '.join(WEEKDAYS)}")
        first, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
        found |= {(first + number) % 7 for number in range((last - first) % 7 + 1)}
    return frozenset(found)


def _timezone(value: Any) -> Any:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, OSError, TypeError, ValueError):
        known = near(str(value), available_timezones())
        raise fault("is not a time zone", known if "?" in known else "write for example Europe/Berlin") from None


def _beginning(value: Any) -> Any:
    return _local(value, timedelta())


def _ending(value: Any) -> Any:
    return _local(value, timedelta(days=1))


def _local(value: Any, of_a_date: timedelta) -> datetime:
    """The local time; for a date its midnight and so much more."""
    found = _MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise fault("is neither a date nor a local time", _WRITE_A_DATE)
    try:
        day, clock = date.fromisoformat(found[1]), time.fromisoformat(found[2] or "00:00")
    except ValueError:
        raise fault("is a date or a time that does not exist", _WRITE_A_DATE) from None
    if day.year not in _YEARS:
        raise fault("is not in this millennium", _WRITE_A_DATE)
    return datetime.combine(day, clock) + (timedelta() if found[2] else of_a_date)


_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
Part = Annotated[Any, BeforeValidator(_span), WithJsonSchema(_TEXT)]
Zone = Annotated[str, BeforeValidator(_timezone), WithJsonSchema(_TEXT)]
Beginning = Annotated[Any, BeforeValidator(_beginning), WithJsonSchema(_TEXT)]
Ending = Annotated[Any, BeforeValidator(_ending), WithJsonSchema(_TEXT)]


class FreezeShape(Shape):
    """From when to when nothing changes."""

    begins: Beginning = Field(alias="from", description="A date or a local time, for example 2026-12-18.")
    ends: Ending = Field(alias="to", description="A local time, or the last day of it.")
    reason: OptionalText = Field(default=None, description="Why, for those whom it keeps waiting.")

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.ends <= self.begins:
            raise fault("ends before it begins", "write from: the earlier and to: the later")
        return self


class WindowShape(Shape):
    """When an environment may change."""

    timezone: Zone = Field(description="Whose clock counts, for example Europe/Berlin or UTC.")
    allow: Annotated[list[Part], OrEmpty(list)] = Field(
        default=[], description='When it may change, for example "mon-thu 08:00-16:00". Default always.'
    )
    deny: Annotated[list[Part], OrEmpty(list)] = Field(
        default=[], description='When it may not all the same, for example "fri 12:00-24:00".'
    )
    freezes: Annotated[list[FreezeShape], OrEmpty(list)] = Field(
        default=[], description="Dates between which it may not."
    )


def window_of(shape: WindowShape) -> Window:
    """The shape as the value that is counted with."""
    freezes = tuple(Freeze(one.begins, one.ends, one.reason) for one in shape.freezes)
    return Window(shape.timezone, tuple(shape.allow), tuple(shape.deny), freezes)
