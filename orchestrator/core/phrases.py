"""Pieces of a sentence that are made alike everywhere: some names of many, a length of time. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

_NAMED = 5
_UNITS = (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1))


def lasting(seconds: float) -> str:
    """What of it has passed, in its two largest units: `48 s`, `6 h 12 min`, `36 h`, `3 d 2 h`."""
    whole = int(seconds)
    for unit, length, below, smaller in _UNITS:
        if whole >= (2 * length if unit == "d" else length):
            rest = whole % length // smaller
            return f"{whole // length} {unit}" + (f" {rest} {below}" if rest else "")
    return f"{whole} s"


def few(names: Iterable[str], named: int = _NAMED, between: str = ", ") -> str:
    """The first names, and how many more there are."""
    given = iter(names)
    first = list(islice(given, named))
    more = sum(1 for _ in given)
    return between.join(first) + (f" and {more:,} more" if more else "")
