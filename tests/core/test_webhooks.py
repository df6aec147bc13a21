"""What a webhook is told of an event."""

from __future__ import annotations

from datetime import UTC, datetime

from orchestrator.core.events import Event, EventKind
from orchestrator.core.targets import Target
from orchestrator.core.webhooks import EVENTS, LARGEST, payload, summary
from tests.views.samples import PLAN

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_a_payload_holds_the_event_and_what_the_run_is_about() -> None:
    """Who, what, when, on which target, for which plan; never the plan itself nor a catalogue."""
    body = {"message": "Create orders", "catalog": {"t": 1}, "plan": {"much": 1}, "identities": {"prod": "x1"}}
    told = payload(Event(EventKind.STEP_APPLIED, NOW, "r1", "ann@work", Target("prod"), "b2", body), summary(PLAN))
    assert told == {
        "schema_version": 1,
        "event": "step_applied",
        "text": "orchestrate rollout --through prod: step applied: b2: prod (run r1 by ann@work)",
        "at": "2026-07-01T12:00:00Z",
        "run": "r1",
        "actor": "ann@work",
        "target": "prod",
        "revision": "b2",
        "plan": {
            "command": "orchestrate rollout --through prod",
            "kind": "rollout",
            "environments": ["test", "prod"],
            "targets": 4,
            "steps": 7,
            "fingerprint": PLAN.fingerprint,
        },
        "body": {"message": "Create orders"},
    }


def test_the_sentence_commands_no_chat_and_says_how_it_ended() -> None:
    """A tenant's name in the text mentions no channel; the outcome stands in words."""
    ended = Event(EventKind.RUN_FINISHED, NOW, "r1", "ann@work", body={"outcome": "in_doubt"})
    assert payload(ended, None)["text"] == "run finished: in doubt (run r1 by ann@work)"
    named = Event(EventKind.STEP_FAILED, NOW, "r1", "<!channel>@work", Target("prod"), "b2")
    assert "<" not in payload(named, None)["text"]


def test_a_body_that_is_too_large_is_left_out() -> None:
    """Thousands of failures do not make a payload that no receiver takes."""
    large = {"failures": {f"prod@{n}": "x" * 200 for n in range(LARGEST // 200)}}
    assert payload(Event(EventKind.RUN_FINISHED, NOW, "r1", "ann", body=large), None)["body"] == {"cut": True}


def test_what_scripts_print_is_told_to_nobody() -> None:
    """Output and statements may hold rows, and are no events that a webhook may ask for."""
    assert {EventKind.OUTPUT, EventKind.STEP_STATEMENT}.isdisjoint(EVENTS)
