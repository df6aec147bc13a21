"""The run lock for as long as a run works on a target, and the patience a database needs after it fell over.

Nothing is judged while somebody may still work in the target: first the run lock must be ours, then the work lock
free. Where the connection that held the run lock is gone, it is taken again before anything is looked at.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from orchestrator.core.events import EventKind
from orchestrator.core.observations import Observation
from orchestrator.core.targets import Target
from orchestrator.databases.locks import Guard, Holder, OnWait, RunLock, acquire, wait_for_work
from orchestrator.errors import LockedError, UnavailableError
from orchestrator.execution.setting import Setting

_ORPHAN_SECONDS = 60.0
"""How long to wait for a server that still works for a run that died, before saying so and giving up."""
_RETURN_SECONDS = 15.0
"""How long a database that fell over may take to come back before its state is called unknown."""
_PAUSE, _LONGEST_PAUSE = 0.2, 2.0

T = TypeVar("T")


class Stopped(Exception):  # noqa: N818 - being asked to stop is no error
    """The run was asked to stop while it waited to begin."""


class TargetLock:
    """The run lock of one target, released at the end of the `with`.

    `kept` is False once it was taken anew, since another run may have had it in between.
    Taking it raises what `acquire` raises, and Stopped where a stop is asked for meanwhile.
    """

    def __init__(self, setting: Setting, target: Target) -> None:
        self._setting = setting
        self._target = target
        self._endpoint = setting.endpoints[target]
        self._begun = False
        self.kept = True
        self._lock = self._acquired()

    @property
    def guard(self) -> Guard:
        """What the worker is told, to prove that it is in the same database and to take the work lock."""
        return self._lock.guard

    def observe(self) -> Observation | None:
        """The target as the session of the lock sees it; None where that cannot tell."""
        return self._lock.observe(self._setting.now)

    def alive(self) -> bool:
        """Whether it is still held."""
        return self._lock.alive()

    def wait_to_begin(self) -> None:
        """Wait for a server that still works for an earlier run; raises Stopped, LockedError, UnavailableError."""
        self._wait_for_work()
        self._begun = True

    def wait_to_judge(self) -> None:
        """Make sure that nobody works in the target any more, taking the run lock again if it was lost.

        Raises LockedError where somebody does, UnavailableError where the database does not come back.
        """
        patiently(self._alone)

    def _alone(self) -> None:
        if not self._lock.alive():
            self.kept = False
            self._lock.release()
            self._lock = self._acquired()
        self._wait_for_work()

    def _acquired(self) -> RunLock:
        wait = 0.0 if self._begun else self._endpoint.timeouts.run_lock_wait
        return acquire(self._endpoint, self._setting.run_id, wait, self._waiting("run lock"))

    def _wait_for_work(self) -> None:
        seconds = max(_ORPHAN_SECONDS, self._endpoint.timeouts.run_lock_wait)
        wait_for_work(self._lock, seconds, self._waiting("work lock"))

    def _waiting(self, lock: str) -> OnWait:
        def tell(holder: Holder | None, left: float) -> None:
            if self._setting.stop.requested and not self._begun:
                raise Stopped
            who = str(holder or "somebody")
            kind = EventKind.LOCK_WAITING
            self._setting.tell(kind, self._target, lock=lock, holder=who, seconds_left=round(left))

        return tell

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()


def patiently(look: Callable[[], T]) -> T:
    """What `look` returns, tried again for a while as long as the database does not answer.

    The server that restarts may also hold the lock of our dead session for an instant.
    """
    end = time.monotonic() + _RETURN_SECONDS
    pause = _PAUSE
    while True:
        try:
            return look()
        except (UnavailableError, LockedError) as error:
            if time.monotonic() + pause > end or error.code == "working":
                raise
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
