"""The worker protocol, both ways: whatever one end says, the other ends with a named outcome."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator.core.observations import Observation, Reading
from orchestrator.core.plan import Step
from orchestrator.core.targets import Target
from orchestrator.execution import conversation, failures, protocol, trial
from orchestrator.execution.leftovers import leftovers
from orchestrator.execution.worker_process import Answer
from orchestrator.worker import serve
from orchestrator.worker.channel import Channel, ParentGone
from orchestrator.worker.halt import Halt
from tests.fuzz.values import QUICK, VALUES, spoilt
from tests.views.samples import NOW

STEPS = (Step("r1", "d1"), Step("r2", "d2"))
LEFT = {"kept": [["r1", "CREATE TABLE t"]], "wrote": ["r1"]}
SOUND: Mapping[str, Mapping[str, Any]] = {
    "admitted": {"deferred": False, "versions": {"python": "3"}},
    "intent": {"revision": "r1", "autocommit": False},
    "committed": {"revision": "r1"},
    "failed": {"code": "revision_failed", "message": "no", "revision": "r1", "where": "a:1", **LEFT},
    "finished": {"deferred": False, **LEFT},
    "tried": {
        "connections": [[True, "p"]],
        "configured": True,
        "failure": None,
        "ran_on": {"python": "3"},
        "version_table": "v",
        "version_table_schema": None,
        "place": "main",
        "read": {"variables": ["A"], "options": [], "x_arguments": [], "attributes": []},
    },
    "loaded": {"scripts": {"a.py": {"revision": "r1"}}},
}
MESSAGES = st.sampled_from(sorted(SOUND)).flatmap(
    lambda say: spoilt(dict(SOUND[say])).map(
        lambda fields: {**(fields if isinstance(fields, dict) else {}), "say": say}
    )
)
LINES = MESSAGES.map(lambda message: json.dumps(message).encode() + b"\n")
HOSTILE = st.binary(max_size=40) | VALUES.map(lambda value: json.dumps(value).encode() + b"\n")


class Puppet:
    """A worker that says what it is told to."""

    def __init__(self, lines: list[bytes]) -> None:
        self._lines = lines

    def send(self, message: Mapping[str, Any]) -> None:
        """Hears nothing."""

    def close(self) -> int:
        """Was killed by a signal that has no name."""
        return -40

    def messages(self) -> Any:
        """As the real one: up to the first that is none."""
        for line in self._lines:
            message = protocol.heard(line)
            if message is None:
                return
            yield message
            if message.get("code") == protocol.GARBLED:
                return


class Listener:
    """Keeps what it was told; knows no revision but the planned ones."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.committed_: list[str] = []

    def admitted(self, message: Mapping[str, Any]) -> None:
        """Relies on what a target's run relies on."""
        assert isinstance(message["deferred"], bool)
        assert all(isinstance(text, str) for text in message["versions"].values())

    def intent(self, revision: str, *, autocommit: bool) -> bool:
        """Notes it."""
        assert isinstance(autocommit, bool)
        self.begun.append(revision)
        return True

    def committed(self, revision: str) -> None:
        """Notes it."""
        self.committed_.append(revision)


@QUICK
@given(st.lists(LINES | HOSTILE, max_size=8))
@example([b'{"say": "intent", "revision": "r1", "autocommit": false}\n'])
@example([json.dumps({"say": "admitted", **SOUND["admitted"]}).encode() + b"\n"] * 2 + [b"[" * 100_000 + b"\n"])
def test_whatever_a_worker_says_its_conversation_has_a_named_end(lines: list[bytes]) -> None:
    """No message makes the parent begin a revision out of order, believe what was not begun, or fall."""
    listener: Any = Listener()
    puppet: Any = Puppet(lines)
    order = protocol.Order(step.revision for step in STEPS)
    final = conversation._last_word(puppet, {"steps": [{"revision": s.revision} for s in STEPS]}, listener, order)
    assert order.untouched is not bool(listener.begun)
    assert final["say"] in ("failed", "finished", "stopped", "died")
    assert listener.begun == ["r1", "r2"][: len(listener.begun)]
    assert set(listener.committed_) <= set(listener.begun)
    assert all(
        isinstance(final.get(name, ""), str) for name in ("code", "message", "where", "statement", "traceback")
    )
    conversation._details(final)
    sentence = failures._sentence(final) if final["say"] == "failed" else failures._death(final.get("exit", 1))
    assert isinstance(sentence, str)
    observation = Observation(Target("dev"), Reading.VERSIONED, NOW, family="mysql")
    left = leftovers(STEPS[0], final, (), observation)
    assert not (left.clean and final.get("code") == protocol.GARBLED)


@QUICK
@given(MESSAGES, st.booleans())
def test_whatever_a_trial_is_answered_it_is_a_trial(message: dict[str, Any], late: bool) -> None:
    """A message of any shape is a trial's answer, or is refused before it becomes one."""
    heard = protocol.heard(json.dumps(message).encode() + b"\n")
    assert heard is not None
    if heard["say"] in ("tried", "failed"):
        told = trial._trial(trial._ended(Answer(heard, 0, late)))
        assert told.failure is None or isinstance(told.failure.message, str)


def test_what_is_too_long_is_no_message() -> None:
    """A message longer than the bound is told as such, whether its line has ended or not."""
    for end in (b"", b"\n"):
        said = protocol.heard(b" " * protocol.LONGEST + b"1" + end)
        assert said is not None
        assert "too long" in said["message"]


@QUICK
@given(HOSTILE)
@example(b"{}\n")
@example(b'{"do": "upgrade"}\n')
@example(b'{"do": "try", "guard": 5}\n')
@example(b'{"do": "scripts", "files": [5]}\n')
@example(b'{"do": "scripts", "files": ["/nowhere.py"]}\n')
@example(b"[" * 100_000 + b"\n")
def test_whatever_a_parent_asks_a_worker_answers_or_ends(line: bytes) -> None:
    """No request ends a worker with anything but an answer, a refusal in words, or its end with its parent."""
    ours, theirs = socket.socketpair()
    with ours:
        ours.settimeout(60)
        channel = Channel(theirs.detach())
        ours.sendall(line)
        ours.shutdown(socket.SHUT_WR)
        ended = False
        try:
            request = channel.hear()
            ended = request is None
            if request is not None:
                serve._answer(channel, request)
        except ParentGone:
            ended = True
        except Halt as halt:
            serve._halted(channel, halt)
        channel._lines.close()
        channel._socket.close()
        said = ours.makefile("rb").readline()
    assert ended == (said == b"")
    if said:
        assert (protocol.heard(said) or {}).get("code") != protocol.GARBLED or json.loads(said)[
            "code"
        ] == "garbled"
        assert json.loads(said)["say"] in ("failed", "loaded")


def test_a_death_is_named_by_any_signal() -> None:
    """Also by one of the real-time signals, which have no names."""
    assert "signal 40" in failures._death(-40)
    assert "SIGKILL" in failures._death(-9)
