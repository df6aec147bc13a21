"""Who may drive a target, and who is really working in it.

The run lock is this process's, on a connection of its own; the work lock is taken by the worker on env.py's
connection and lives as long as the server works for it, also after every client was killed. A new run needs
both: the first taken, the second seen free. Locks are tried again and again, never waited for in the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from types import TracebackType
from typing import Self

from orchestrator.core.observations import Observation
from orchestrator.databases.connect import Access, access, explained
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.family import seconds
from orchestrator.databases.holders import Blocker, Guard, Holder, LockSession
from orchestrator.databases.probe import observation
from orchestrator.errors import LockedError

__all__ = [
    "FIRST_PAUSE",
    "LONGEST_PAUSE",
    "Blocker",
    "Guard",
    "Holder",
    "OnWait",
    "RunLock",
    "acquire",
    "ending",
    "holders",
    "onlooker",
    "proof",
    "run_lock_holder",
    "wait_for_work",
    "work_lock_holder",
]

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Seconds between two attempts at a lock: between the first two, and what that doubles up to."""
_ENDINGS = {
    "postgresql": "SELECT pg_terminate_backend({pid})",
    "mysql": "KILL {pid}",
    "sqlite": "kill {pid}",
}
_UNKNOWN = Holder(None, "somebody who is gone by now", None, None)
OnWait = Callable[[Holder | None, float], None]
"""Told at each vain attempt who is in the way, and for how many seconds more it will be tried."""


def _unheard(_holder: Holder | None, _left: float) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True)
class _Patience:
    """How long to wait in seconds, whom to tell at each vain attempt, and how time passes."""

    wait: float
    on_wait: OnWait
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]


class RunLock:
    """The run lock of one target, held until `release`, the end of the `with`, or the end of this process."""

    def __init__(self, to: Access, session: LockSession) -> None:
        self._to = to
        self._session = session
        self._one_at_a_time = Lock()
        self._lost = False

    @property
    def endpoint(self) -> Endpoint:
        """Whose lock this is."""
        return self._to.endpoint

    @property
    def guard(self) -> Guard:
        """What the worker is told, to prove that it is in the same database and to take the work lock."""
        return self._session.guard

    def attempt(self) -> bool:
        """Try once to take it; `acquire` does."""
        with self._one_at_a_time, explained(self._to):
            return self._session.try_run()

    def run_holder(self) -> Holder | None:
        """Who has it now; None where nobody does. Raises UnavailableError."""
        with self._one_at_a_time, explained(self._to):
            return self._session.run_holder()

    def alive(self) -> bool:
        """Whether it is still held; once lost it stays lost. Cheap, and may be asked from another thread."""
        with self._one_at_a_time:
            self._lost = self._lost or not self._session.alive()
            return not self._lost

    def observe(self, now: Callable[[], datetime]) -> Observation | None:
        """The target as the lock's own session sees it, which is not env.py's; None where that cannot tell."""
        at = now()
        with self._one_at_a_time, suppress(Exception):  # a look on a connection of its own tells what is wrong
            if not self._lost and (sight := self._session.sight()) is not None:
                return observation(self.endpoint.target, at, self._to.address.family or "", sight)
        return None

    def work_holder(self) -> Holder | None:
        """Whose session has the work lock now; None where it is free. Raises UnavailableError."""
        with self._one_at_a_time, explained(self._to):
            return self._session.work_holder()

    def release(self) -> None:
        """Give it up; a second time does nothing."""
        with self._one_at_a_time:
            self._lost = True
            self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def acquire(
    endpoint: Endpoint,
    run_id: str,
    wait: float = 0.0,
    on_wait: OnWait = _unheard,
    *,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> RunLock:
    """Takes the target's run lock, trying for `wait` seconds; makes the file of a SQLite database without one.

    Raises LockedError naming the holder, UnavailableError where the database does not let us (`pooler` and
    `standby` are codes of it), ConfigurationError for a URL that leads nowhere.
    """
    to = access(endpoint)
    with explained(to):
        session = to.family.open_locks(endpoint, to.address, run_id)
    lock = RunLock(to, session)
    try:
        holder = _vainly(lock.attempt, lock.run_holder, _Patience(wait, on_wait, sleep, monotonic))
    except BaseException:
        lock.release()
        raise
    if holder is None:
        return lock
    lock.release()
    raise _driven(endpoint, holder, wait)


@contextmanager
def proof(endpoint: Endpoint) -> Iterator[Guard]:
    """The guard of a target without its run lock: it proves where a connection leads, and turns no run away.

    Creates nothing; raises UnavailableError, or ConfigurationError for a URL that leads nowhere.
    """
    to = access(endpoint)
    with explained(to):
        session = to.family.open_locks(endpoint, to.address, None)
    with closing(session):
        with explained(to):
            session.prove()
        yield session.guard


def run_lock_holder(endpoint: Endpoint) -> Holder | None:
    """Who drives the target now; None where nobody does. Takes and creates nothing; raises UnavailableError."""
    return _asked(endpoint, lambda session: session.run_holder())


def work_lock_holder(endpoint: Endpoint) -> Holder | None:
    """Whose session works in the target now; None where none does. Takes and creates nothing."""
    return _asked(endpoint, lambda session: session.work_holder())


def holders(endpoint: Endpoint) -> tuple[Holder | None, Holder | None]:
    """Who drives the target, and whose session works in it. Takes and creates nothing; raises UnavailableError."""
    to = access(endpoint)
    with explained(to), closing(_asking(to)) as session:
        return session.run_holder(), session.work_holder()


@contextmanager
def onlooker(endpoint: Endpoint) -> Iterator[Callable[[], tuple[Blocker, ...]]]:
    """A connection of its own on which to ask, again and again, who is in the way of the session that works.

    It is in no transaction between the questions, and takes no lock. Each may raise UnavailableError.
    """
    to = access(endpoint)
    with explained(to), closing(_asking(to)) as session:
        yield session.blockers


def ending(endpoint: Endpoint, session: int) -> str:
    """What ends a session of the target's server, or on SQLite a process: to be typed by a person."""
    return _ENDINGS[access(endpoint).address.family or ""].format(pid=session)


def wait_for_work(
    lock: RunLock,
    wait: float = 0.0,
    on_wait: OnWait = _unheard,
    *,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Returns when no session works in the target any more; LockedError naming it after `wait` seconds.

    A server goes on with a statement whose client was killed: its outcome must not be judged, nor another
    revision begun, before it is done.
    """
    patience = _Patience(wait, on_wait, sleep, monotonic)
    holder = _vainly(lambda: lock.work_holder() is None, lock.work_holder, patience)
    if holder is not None:
        raise _worked_in(lock.endpoint, holder)


def _asked(endpoint: Endpoint, question: Callable[[LockSession], Holder | None]) -> Holder | None:
    to = access(endpoint)
    with explained(to), closing(_asking(to)) as session:
        return question(session)


def _asking(to: Access) -> LockSession:
    return to.family.open_locks(to.endpoint, to.address, None)


def _vainly(
    attempt: Callable[[], bool], holder: Callable[[], Holder | None], patience: _Patience
) -> Holder | None:
    """None as soon as the attempt succeeds, or who was in the way when patience ended."""
    end = patience.monotonic() + patience.wait
    pause = FIRST_PAUSE
    while not attempt():
        found = holder()
        left = end - patience.monotonic()
        if left <= 0:
            return found or _UNKNOWN
        patience.on_wait(found, left)
        patience.sleep(min(pause, left))
        pause = min(pause * 2, LONGEST_PAUSE)
    return None


def _driven(endpoint: Endpoint, holder: Holder, wait: float) -> LockedError:
    waited = f" (waited {seconds(wait)})" if wait else ""
    return LockedError(
        f"driven by {holder}{waited}",
        where=str(endpoint.target),
        mend="`orchestrate locks` shows what it does; `--wait 60` queues behind it",
    )


def _worked_in(endpoint: Endpoint, holder: Holder) -> LockedError:
    session = f" (session {holder.pid})" if holder.pid is not None else ""
    since = f", busy since {holder.since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if holder.since else ""
    end = f", or end it: {ending(endpoint, holder.pid)}" if holder.pid is not None else ""
    return LockedError(
        f"the server still works for an earlier run: {holder.who}{session}{since}",
        where=str(endpoint.target),
        mend=f"wait for it with `--wait 60`{end}",
        code="working",
    )
