"""A run while it runs: one line for each event that a person wants to see, and what is in hand just now."""

from __future__ import annotations

from rich.markup import escape
from rich.text import Text

from orchestrator.core.events import Event, EventKind
from orchestrator.core.plan import Action
from orchestrator.views.text import words


def line(event: Event) -> Text | None:
    """The event as a line; None for one that only the log needs."""
    if (text := _line(event)) is not None:
        text.plain = words.harmless(text.plain)
    return text


def _line(event: Event) -> Text | None:
    body = event.body
    step = f"{event.revision or ''} {body.get('message', '')}".rstrip()
    word = words.applied(body.get("action", Action.UPGRADE))
    match event.kind:
        case EventKind.RUN_STARTED | EventKind.RUN_RESUMED:
            verb = "run" if event.kind is EventKind.RUN_STARTED else "resuming run"
            return Text.assemble(f"{verb} ", (event.run, "bold"))
        case EventKind.STEP_APPLIED:
            return _about(event, f"{body['done']}/{body['of']}  {step}  {body['seconds']} s", word, "green")
        case EventKind.STEP_RECOVERED:
            return _about(event, f"{step}  (was {word}; its outcome had not been recorded)", "recovered", "green")
        case EventKind.STEP_FAILED:
            return _about(event, step, "failed", "red")
        case EventKind.STEP_IN_DOUBT:
            return _about(event, step, "in doubt", "bold red")
        case EventKind.LOCK_WAITING:
            return _about(event, f"for the {body['lock']}: {body['holder']}", "waiting", "yellow")
        case EventKind.STOPPING:
            return Text(str(body.get("message", "")), "yellow")
        case _:
            return None


def in_hand(event: Event) -> str | None:
    """What is being done from this event on, until the next one; None where nothing is."""
    if event.kind is EventKind.STEP_INTENT:
        reverting = "reverting " if event.body.get("action") == Action.DOWNGRADE else ""
        text = f"{event.target}: {reverting}{event.revision} {event.body.get('message', '')}"
        return escape(words.harmless(text))  # rich's spinner reads markup in a plain text
    return None


def _about(event: Event, text: str, word: str, style: str) -> Text:
    return Text.assemble((f"{event.target}  ", "bold"), (f"{word}  ", style), text)
