"""What lasts long is told, ever more seldom, whoever is told and whatever they do with it."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.core.events import EventKind
from orchestrator.core.secrets import Redactor
from orchestrator.execution import waiting
from orchestrator.execution.calls import Call, Caller
from orchestrator.execution.stop import Stop
from orchestrator.execution.watch import Watch
from tests.databases.builders import endpoint


def test_what_lasts_is_told_each_time_that_it_has_lasted_twice_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """After half a minute first; a night long it is told a dozen times, and never before it is due."""
    clock = [1000.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: clock[0])
    patience, told = waiting.Patience(), []
    for _second in range(8 * 3600):
        clock[0] += 1
        if (lasted := patience.over()) is not None:
            told.append(lasted)
        assert patience.left > 0
    assert told == [30 * 2**times for times in range(10)]


def test_a_program_that_hangs_is_told_of_and_ended_by_hand(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A listener that raises keeps nobody from being told again, and two requests to stop end it."""
    monkeypatch.setattr(waiting, "_FIRST", 0.01)
    stop, told = Stop(), []

    def hear(call: Call, seconds: float) -> None:
        told.append((call.name, seconds > 0))
        if len(told) == 1:
            raise RuntimeError("the log is full")
        stop.request()
        stop.request()

    caller = Caller(tmp_path, Redactor([]), stop, lambda *_: None, waiting=hear)
    with pytest.raises(Exception, match="before was cancelled"):
        caller.run(Call("before", ["sleep", "600"], 600, "prod", "orchestrate resume"))
    assert told[:2] == [("before", True)] * 2


def test_env_py_and_a_revision_that_last_are_told_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first revision it is env.py that is waited for, then the revision, then env.py again."""
    monkeypatch.setattr(waiting, "_FIRST", 0.01)
    heard, expected = threading.Event(), ["env.py"]

    def tell(kind: EventKind, *_: object, waiting_for: str = "", **_body: object) -> None:
        if kind is EventKind.WAITING and waiting_for == expected[0]:
            heard.set()

    prod = endpoint("postgresql://nobody@127.0.0.1:1/shop")
    prod = replace(prod, timeouts=replace(prod.timeouts, table_lock=0.1))
    setting: Any = SimpleNamespace(endpoints={prod.target: prod}, tell=tell)
    with Watch(setting, prod.target, alive=lambda: True) as watch:
        assert heard.wait(60)
        for expected[0], turn in (("revision a2", lambda: watch.begun("a2")), ("env.py", watch.ended)):
            heard.clear()
            turn()
            assert heard.wait(60)
