"""Webhooks are told by real HTTP, and never hold up who tells them."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from threading import Event as Signal

import pytest

from orchestrator.core.events import Event, EventKind
from orchestrator.core.secrets import Redactor, Secret
from orchestrator.core.webhooks import Webhook
from orchestrator.operations import webhooks
from orchestrator.operations.webhooks import Webhooks
from tests.receiver import Delivery, receiving

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
ENDED = Event(EventKind.RUN_FINISHED, NOW, "r1", "ann@work", body={"outcome": "failed", "reason": "has hunter2x"})
BEGUN = Event(EventKind.RUN_STARTED, NOW, "r1", "ann@work")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "_PAUSES", (0.0, 0.0))


def _tell(*events: Event, hook: Webhook) -> list[str]:
    """Tell the events; what a person is warned of."""
    warned: list[str] = []
    with Webhooks([hook], None, Redactor(["hunter2x"]).value, warned.append) as told:
        for event in events:
            told(event)
    return warned


def test_a_delivery_is_signed_masked_and_tried_again_as_the_same() -> None:
    """A server that is not ready gets the same bytes, id and signature again; a secret in an event is masked."""
    answers = iter([500, 429, 204])
    with receiving(lambda _: next(answers)) as receiver:
        hook = Webhook(Secret(f"{receiver.url}/hook"), secret=Secret("k3y"))
        assert _tell(ENDED, hook=hook) == []
    first, *again = receiver.taken
    assert [one.raw for one in again] == [first.raw] * 2
    assert {one.headers["X-Orchestrate-Delivery"] for one in again} == {first.headers["X-Orchestrate-Delivery"]}
    signature = "sha256=" + hmac.new(b"k3y", first.raw, hashlib.sha256).hexdigest()
    assert (first.headers["X-Orchestrate-Signature"], first.headers["X-Orchestrate-Event"]) == (
        signature,
        "run_finished",
    )
    assert first.body["body"]["reason"] == "has ***"


@pytest.mark.parametrize(("status", "tries"), [(302, 1), (404, 1), (503, 3)])
def test_what_is_not_taken_is_told_once_without_the_address(status: int, tries: int) -> None:
    """No redirect is followed; what is the sender's fault is not tried again; the path may be a secret."""
    with receiving(lambda _: status) as receiver:
        warned = _tell(BEGUN, ENDED, hook=Webhook(Secret(f"{receiver.url}/T0KEN")))
    name = receiver.url.removeprefix("http://")
    assert warned == [f"webhook {name}: 2 events of this run could not be delivered: HTTP {status}"]
    assert [one.path for one in receiver.taken] == ["/T0KEN"] * 2 * tries


def test_nobody_waits_for_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events are handed over while the first answer is still out, and the end waits no longer than it may."""
    monkeypatch.setattr(webhooks, "PATIENCE", 0.2)
    answer, warned = Signal(), list[str]()

    def late(_: Delivery) -> int:
        answer.wait(30)
        return 204

    with receiving(late) as receiver:
        hook = Webhook(Secret(receiver.url))
        with Webhooks([hook], None, lambda value: value, warned.append) as told:
            for event in (BEGUN, ENDED, ENDED):
                told(event)
            assert not answer.is_set()
        answer.set()
    assert "3 events of this run could not be delivered" in warned[0]


def test_a_server_that_is_not_there_and_an_event_nobody_asked_for() -> None:
    """Nothing listens: a warning with the reason. An event that is not asked for is not delivered."""
    with receiving() as gone:
        assert _tell(Event(EventKind.STEP_APPLIED, NOW, "r1", "ann"), hook=Webhook(Secret(gone.url))) == []
    assert gone.taken == []
    (warning,) = _tell(ENDED, hook=Webhook(Secret(gone.url)))
    assert "1 event of this run could not be delivered: ConnectionRefusedError" in warning
