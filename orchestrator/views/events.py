"""Events as JSON values: a line of the log, and the whole as the journal has it. Add fields, never rename one."""

from __future__ import annotations

from typing import Any

from orchestrator.core.events import Event
from orchestrator.views.times import timestamp

_JOURNAL_ONLY = ("plan", "catalog", "executed", "identities")
"""Parts of an event that nobody reads line by line: what resuming, a preview and gates need."""


def log_line(told: Event) -> dict[str, Any]:
    """One event as a line of the log: flat, and without what only the journal needs."""
    about = {"target": str(told.target) if told.target else None, "revision": told.revision}
    return {
        "at": timestamp(told.at),
        "event": str(told.kind),
        "run": told.run,
        "actor": told.actor,
        **{key: value for key, value in about.items() if value is not None},
        **{key: value for key, value in told.body.items() if key not in _JOURNAL_ONLY},
    }


def event(told: Event) -> dict[str, Any]:
    """One event, whole, as the journal has it."""
    return {
        "sequence": told.sequence,
        "at": timestamp(told.at),
        "event": str(told.kind),
        "run": told.run,
        "actor": told.actor,
        "target": str(told.target) if told.target else None,
        "revision": told.revision,
        "body": dict(told.body),
    }
