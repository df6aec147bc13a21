"""Which vetoes stand, from what is recorded of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.core.events import Event, EventKind
from orchestrator.core.gates.decisions import Veto


def standing(events: Iterable[Event]) -> dict[str, Veto]:
    """Those that stand after these events, by revision."""
    found: dict[str, Veto] = {}
    for event in events:
        revision, body = str(event.revision), event.body
        found.pop(revision, None)
        if event.kind is EventKind.REVISION_VETOED:
            found[revision] = Veto(revision, str(body.get("reason")), str(body.get("by")), event.at)
    return found
