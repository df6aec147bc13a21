"""Looks after one target while a worker is at it: is the run lock ours, who keeps it waiting, what lasts long?

The first is seen without a word to the server. The second is asked on a connection of its own, which is opened
only for a revision that takes its time: neither the run lock's session nor the worker's is disturbed. Decides
nothing: whether a further step may start is asked elsewhere, before each.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from threading import Condition, Thread
from types import TracebackType
from typing import Self

from orchestrator.core.events import EventKind
from orchestrator.core.targets import Target
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.locks import Blocker, onlooker
from orchestrator.execution.setting import Setting
from orchestrator.execution.waiting import Patience

_PAUSE = 1.0
"""Seconds after which a revision is looked after, and then between two looks."""
_SHORTEST_PAUSE = 0.1
_PARTING = 1.0
"""Seconds to wait for a question that is on its way when the watch ends."""

Question = Callable[[], tuple[Blocker, ...]]


class Watch:
    """Looks after a target's revisions, and env.py around them, in a thread that lives as long as the `with`.

    From `begun` until `ended` that is a revision, with its locks; else env.py, of which only is told how long it
    lasts. `alive` tells whether the run lock is held. `blockers` are who kept the latest revision waiting, as last
    seen.
    """

    def __init__(self, setting: Setting, target: Target, alive: Callable[[], bool]) -> None:
        self._setting = setting
        self._target = target
        self._alive = alive
        self._endpoint = setting.endpoints[target]
        self._pause = _pause(self._endpoint)
        self._change = Condition()
        self._revision: str | None = None
        self._patience = Patience()
        self._closed = False
        self._lost = False
        self._told: tuple[Blocker, ...] = ()
        self._thread = Thread(target=self._run, name=f"watch {target}", daemon=True)
        self.blockers: tuple[Blocker, ...] = ()

    def begun(self, revision: str) -> None:
        """The revision is in hand."""
        self._turn(revision)

    def ended(self) -> None:
        """Nothing is in hand any more."""
        self._turn(None)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._change:
            self._closed = True
            self._change.notify()
        self._thread.join(_PARTING)

    def _turn(self, revision: str | None) -> None:
        with self._change:
            self._revision, self._patience = revision, Patience()
            if revision is not None:
                self.blockers = self._told = ()
            self._change.notify()

    def _run(self) -> None:
        with ExitStack() as connection:
            question: Question | None = None
            given_up: str | None = None
            while self._due():
                revision = self._revision
                try:
                    self._look_at_time(revision)
                    if revision is None:
                        continue
                    self._look_at_lock(revision)
                    if revision == given_up:
                        continue
                    question = question or connection.enter_context(onlooker(self._endpoint))
                    self._look_at_blockers(revision, question())
                except Exception:  # noqa: BLE001  what cannot be looked at or told must not end a run
                    connection.close()
                    question, given_up = None, revision

    def _due(self) -> bool:
        """Wait until a revision was in hand for a pause, or env.py has lasted long; False when the watch ends."""
        with self._change:
            while not self._closed:
                if not self._change.wait(self._patience.left if self._revision is None else self._pause):
                    return True
        return False

    def _look_at_time(self, revision: str | None) -> None:
        if (lasted := self._patience.over()) is not None:
            what = f"revision {revision}" if revision is not None else "env.py"
            self._setting.tell(EventKind.WAITING, self._target, waiting_for=what, seconds=round(lasted))

    def _look_at_lock(self, revision: str) -> None:
        if self._lost or self._alive():
            return
        with self._change:
            if self._closed:  # one that was given up is not lost
                return
        self._setting.tell(EventKind.RUN_LOCK_LOST, self._target, revision)
        self._lost = True

    def _look_at_blockers(self, revision: str, found: tuple[Blocker, ...]) -> None:
        with self._change:
            if self._closed or self._revision != revision or found == self._told:
                return
            self._told = found
            self.blockers = found or self.blockers
        if found:
            told = {"blocked_by": named(found), "blockers": recorded(found)}
            self._setting.tell(EventKind.TABLE_LOCK_WAITING, self._target, revision, **told)


def named(blockers: tuple[Blocker, ...]) -> str:
    """The blockers, for a sentence."""
    return ", ".join(map(str, blockers))


def recorded(blockers: tuple[Blocker, ...]) -> list[dict[str, object]]:
    """The blockers as an event has them."""
    return [
        {
            "session": one.session,
            "role": one.role,
            "application": one.application,
            "since": one.since.isoformat() if one.since else None,
            "certain": one.certain,
        }
        for one in blockers
    ]


def _pause(endpoint: Endpoint) -> float:
    """Short enough to see who is in the way before the revision gives up waiting."""
    limit = endpoint.timeouts.table_lock
    return _PAUSE if limit is None else min(_PAUSE, max(limit / 2, _SHORTEST_PAUSE))
