"""The fields of `locks` in JSON. Programs rely on every name: add, never rename or remove."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.core.locks import Held, Leftover, TargetLocks
from orchestrator.core.run import Run
from orchestrator.views.times import timestamp

WriteRun = Callable[[Run], Mapping[str, Any]]


def locks(found: TargetLocks, run: WriteRun) -> dict[str, Any]:
    """The locks of one target, each null where it is free; `run` writes a run as every document has it."""
    return {
        "run_lock": _held(found.run_lock, run),
        "work_lock": _held(found.work_lock, run),
        "revision": found.in_hand,
        "mend": found.mend,
    }


def leftover(found: Leftover | None) -> dict[str, Any] | None:
    """What works in a target without a driver; null where nothing does."""
    return {"run_id": found.run, "session": found.session, "pid": found.pid, "mend": found.mend} if found else None


def _held(lock: Held | None, run: WriteRun) -> dict[str, Any] | None:
    if lock is None:
        return None
    return {
        "run": lock.run,
        "who": lock.who,
        "pid": lock.pid,
        "session": lock.session,
        "since": timestamp(lock.since) if lock.since else None,
        "on_this_machine": lock.here,
        "process_alive": lock.alive,
        "running": lock.running,
        "statement": lock.statement,
        "recorded": run(lock.recorded) if lock.recorded else None,
    }
