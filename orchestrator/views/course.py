"""What happened to a run as a whole, an event a row: begun, waves, checks, people's words, its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from orchestrator.core.events import Event, EventKind
from orchestrator.views.page import Cell, Tone
from orchestrator.views.text import around, many, words

_BAD = ("failed", "in_doubt", "refused")


def course(events: Iterable[Event]) -> Iterator[tuple[Cell, Cell, Cell]]:
    """Time, who, and what, of each."""
    for event in events:
        yield Cell(f"{event.at:%Y-%m-%d %H:%M:%S}", Tone.TIME), Cell(event.actor), Cell(_told(event), _tone(event))


def _tone(event: Event) -> Tone:
    body = event.body
    bad = body.get("passed") is False or body.get("outcome") in _BAD or body.get("verify") == "failed"
    return Tone.BAD if bad or body.get("failed") else Tone.PLAIN


def _told(event: Event) -> str:
    body = event.body
    match event.kind:
        case EventKind.RUN_STARTED:
            return f"begun: {body.get('command', '')}"
        case EventKind.RUN_RESUMED:
            return "taken up again"
        case EventKind.RUN_FINISHED:
            failures = many.few(list(dict.fromkeys(body.get("failures", {}).values())))
            because = _because(body) or (f": {failures}" if failures else "")
            return f"ended: {str(body.get('outcome', '')).replace('_', ' ')}{because}"
        case EventKind.WAVE_STARTED:
            return f"{body.get('environment')}: begun: {words.wave(body)}"
        case EventKind.WAVE_FINISHED:
            return f"{body.get('environment')}: ended: {words.wave(body)}"
        case EventKind.STEP_RESOLVED:
            found = str(body.get("verdict", "")).replace("_", " ")
            return f"{event.target}: a person said of {event.revision}: {found}{_because(body)}"
        case kind:
            return around.named(event) or str(kind).replace("_", " ") + _because(body)


def _because(body: Any) -> str:
    return f": {body['reason']}" if body.get("reason") else ""
