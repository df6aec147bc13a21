"""Which vetoes stand, as the journal tells: for the gates and for `status`."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.core.events import Event, EventKind
from orchestrator.core.gates.evidence import Veto
from orchestrator.journal.journal import Journal


def standing(journal: Journal) -> dict[str, Veto]:
    """The vetoes that stand, by revision; raises JournalError."""
    return vetoes_of(journal.of_kinds(EventKind.REVISION_VETOED, EventKind.VETO_LIFTED))


def vetoes_of(events: Iterable[Event]) -> dict[str, Veto]:
    """Those that stand after these events, by revision."""
    found: dict[str, Veto] = {}
    for event in events:
        revision = str(event.revision)
        found.pop(revision, None)
        if event.kind is EventKind.REVISION_VETOED:
            body = event.body
            found[revision] = Veto(revision, str(body.get("reason")), str(body.get("by")), event.at)
    return found
