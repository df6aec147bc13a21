"""A time as programs read it."""

from __future__ import annotations

from datetime import datetime


def timestamp(at: datetime) -> str:
    """The time in ISO 8601, in UTC with a Z."""
    return at.isoformat().replace("+00:00", "Z")
