"""A run while it runs: one line for each event that a person wants to see, and what is in hand just now."""

from __future__ import annotations

from datetime import timedelta

from rich.markup import escape
from rich.text import Text

from orchestrator.core.events import Event, EventKind
from orchestrator.core.plan import Action
from orchestrator.views.text import around, words


def line(event: Event) -> Text | None:
    """The event as a line; None for one that only the log needs."""
    if event.body.get("recorded") is False:
        what = f"{event.target or ''} {str(event.kind).replace('_', ' ')} {event.revision or ''}".strip()
        if "of" in event.body and "environment" in event.body:
            what += f": {event.body['environment']}, wave {event.body['number']} of {event.body.get('of')}"
        return Text(f"NOT RECORDED in the journal: {what}", "bold red")
    return _line(event)


def _line(event: Event) -> Text | None:
    body = event.body
    step = f"{event.revision or ''} {body.get('message', '')}".rstrip()
    word = words.applied(body.get("action", Action.UPGRADE))
    match event.kind:
        case EventKind.RUN_STARTED | EventKind.RUN_RESUMED:
            verb = "run" if event.kind is EventKind.RUN_STARTED else "resuming run"
            return Text.assemble(f"{verb} ", (event.run, "bold"))
        case EventKind.STEP_APPLIED:
            took = "completed by hand" if body.get("by_hand") else f"{body['seconds']} s"
            return _about(event, f"{body['done']}/{body['of']}  {step}  {took}", word, "green")
        case EventKind.STEP_RECOVERED:
            return _about(event, f"{step}  (was {word}; its outcome had not been recorded)", "recovered", "green")
        case EventKind.STEP_FAILED:
            return _about(event, step, "failed", "red")
        case EventKind.STEP_IN_DOUBT:
            return _about(event, step, "in doubt", "bold red")
        case EventKind.TARGET_FINISHED if body.get("begun") is False:
            return _about(event, str(body.get("reason", "")).removeprefix(f"{event.target}: "), "failed", "red")
        case EventKind.WAVE_FINISHED:
            return Text.assemble((f"{body['environment']}  ", "bold"), words.wave(body))
        case EventKind.WAVE_PAUSED:
            text = f"the next wave begins in {words.lasting(body['seconds'])}"
            return Text.assemble((f"{body['environment']}  ", "bold"), text)
        case EventKind.STOPPING:
            return Text(str(body.get("message", "")), "yellow")
        case _:
            return _about_locks(event)


def _about_locks(event: Event) -> Text | None:
    body = event.body
    match event.kind:
        case EventKind.STEP_RETRIED:
            when = f"retry {body['retry']} of {body['of']} in {body['seconds']} s"
            return _about(event, f"{event.revision}  {when}: {body['reason']}", "met a lock", "yellow")
        case EventKind.WAITING:
            lasting, since = words.lasting(body["seconds"]), event.at - timedelta(seconds=body["seconds"])
            text = f"for {body['waiting_for']} since {since:%H:%M:%S} UTC, {lasting} by now: "
            return _about(event, f"{text}Ctrl-C stops after it, a second one ends it", "waiting", "yellow")
        case EventKind.LOCK_WAITING:
            text = f"for the {body['lock']}, up to {body['seconds_left']} s: {body['holder']}"
            return _about(event, text, "waiting", "yellow")
        case EventKind.TABLE_LOCK_WAITING:
            return _about(event, f"for a table lock: blocked by {body['blocked_by']}", "waiting", "yellow")
        case EventKind.RUN_LOCK_LOST:
            text = f"with its connection; {event.revision} goes on, and no further revision is begun"
            return _about(event, text, "run lock lost", "bold red")
        case _:
            return around.line(event)


def in_hand(event: Event) -> str | None:
    """What is being done from this event on, until the next one; None where nothing is."""
    if event.kind is EventKind.STEP_INTENT:
        reverting = "reverting " if event.body.get("action") == Action.DOWNGRADE else ""
        return _escaped(f"{event.target}: {reverting}{event.revision} {event.body.get('message', '')}")
    if event.kind is EventKind.LOCK_WAITING:
        lock, left = event.body["lock"], event.body["seconds_left"]
        return _escaped(f"{_whose(event)}: waiting for the {lock}, {left} s more")
    if event.kind in (EventKind.TABLE_LOCK_WAITING, EventKind.RUN_LOCK_LOST):
        return _escaped(f"{event.target}: {event.revision}")
    return None


def _escaped(text: str) -> str:
    return escape(text)  # rich's spinner reads markup in a plain text


def _about(event: Event, text: str, word: str, style: str) -> Text:
    return Text.assemble((f"{_whose(event)}  ", "bold"), (f"{word}  ", style), text)


def _whose(event: Event) -> str:
    return str(event.target or event.body.get("environment") or f"run {event.run}")
