"""What is told to a webhook of an event of a run. Pure: who is told, and the words; nothing is sent here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.core.events import Event, EventKind
from orchestrator.core.plan import Plan
from orchestrator.core.secrets import Secret

VERSION = 1
EVENTS = (
    EventKind.RUN_STARTED,
    EventKind.RUN_RESUMED,
    EventKind.RUN_FINISHED,
    EventKind.WAVE_STARTED,
    EventKind.WAVE_FINISHED,
    EventKind.TARGET_STARTED,
    EventKind.TARGET_FINISHED,
    EventKind.STEP_INTENT,
    EventKind.STEP_APPLIED,
    EventKind.STEP_RECOVERED,
    EventKind.STEP_RETRIED,
    EventKind.STEP_FAILED,
    EventKind.STEP_IN_DOUBT,
    EventKind.STEP_RESOLVED,
    EventKind.ENVIRONMENT_VERIFIED,
    EventKind.HOOK_FINISHED,
    EventKind.STOPPING,
)
"""Those of a run that a webhook may ask for; what env.py prints and what it executes is none of them."""
USUAL = (EventKind.RUN_STARTED, EventKind.RUN_RESUMED, EventKind.RUN_FINISHED)
"""Those that are told where the file names none."""
LARGEST = 200_000
"""Bytes of a payload; a run that fails on thousands of targets has a reason for each."""
_UNTOLD = ("plan", "catalog", "executed", "statements", "identities")
"""Parts of an event that resuming, reports and gates need."""
_NO_MARKUP = str.maketrans("<>", "()")
"""Chats read `<!channel>` as a command."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Who is told: the URL, which may be a secret, the events, and what their deliveries are signed with."""

    url: Secret
    events: frozenset[EventKind] = frozenset(USUAL)
    secret: Secret | None = None

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What of it must not be shown."""
        return (self.url,) if self.secret is None else (self.url, self.secret)


def payload(event: Event, plan: Mapping[str, Any] | None) -> dict[str, Any]:
    """The event as JSON values; `plan` is what `summary` says of the run's, None where it is not known."""
    told = {key: value for key, value in event.body.items() if key not in _UNTOLD}
    return {
        "schema_version": VERSION,
        "event": str(event.kind),
        "text": _text(event, plan),
        "at": event.at.isoformat().replace("+00:00", "Z"),
        "run": event.run,
        "actor": event.actor,
        "target": str(event.target) if event.target else None,
        "revision": event.revision,
        "plan": plan,
        "body": told if _fits(told) else {"cut": True},
    }


def _fits(told: Mapping[str, Any]) -> bool:
    return len(json.dumps(told)) <= LARGEST


def summary(plan: Plan) -> dict[str, Any]:
    """What a run carries out, in a few JSON values."""
    return {
        "command": plan.command,
        "kind": str(plan.kind),
        "environments": list(plan.environments),
        "targets": sum(bool(target.steps) for target in plan.targets),
        "steps": plan.steps,
        "fingerprint": plan.fingerprint,
    }


def _text(event: Event, plan: Mapping[str, Any] | None) -> str:
    """A sentence for people, without what scripts or databases said."""
    outcome, environment = str(event.body.get("outcome", "")), str(event.body.get("environment", ""))
    about = (event.revision, str(event.target) if event.target else "", environment, outcome.replace("_", " "))
    said = (plan["command"] if plan else None, str(event.kind).replace("_", " "), *about)
    return f"{': '.join(filter(None, said))} (run {event.run} by {event.actor})".translate(_NO_MARKUP)
