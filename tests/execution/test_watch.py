"""What looks after a target while a revision is in hand outlives whoever is told."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.core.events import EventKind
from orchestrator.execution.watch import Watch
from tests.databases.builders import endpoint


def test_a_listener_that_raises_does_not_end_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """That the run lock is lost counts as told once a listener heard it, and no thread dies of one that raises."""
    died: list[object] = []
    monkeypatch.setattr(threading, "excepthook", died.append)
    told: list[EventKind] = []
    heard = threading.Event()

    def tell(kind: EventKind, *_: object) -> None:
        told.append(kind)
        if len(told) == 1:
            raise RuntimeError("the log is full")
        heard.set()

    prod = endpoint("postgresql://nobody@127.0.0.1:1/shop")
    prod = replace(prod, timeouts=replace(prod.timeouts, table_lock=0.1))
    setting: Any = SimpleNamespace(endpoints={prod.target: prod}, tell=tell)
    with Watch(setting, prod.target, alive=lambda: False) as watch:
        watch.begun("a2")
        assert heard.wait(60)
    assert (told, died) == ([EventKind.RUN_LOCK_LOST] * 2, [])
