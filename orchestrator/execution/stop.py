"""Being asked to stop: once, and the revision in hand is finished; twice, and it is cancelled."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Lock, Thread
from types import FrameType
from typing import Protocol

from orchestrator.errors import Exit

_EXITS = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED, signal.SIGHUP: Exit.TERMINATED}


class Cancellable(Protocol):
    """What a second request ends."""

    def cancel(self) -> None:
        """End it now; called from a thread of its own, and may take a while."""


class Stop:
    """Whether and how a run was asked to stop. `on_request` is told how often it has been asked by now."""

    def __init__(self, on_request: Callable[[int], None] = lambda _count: None) -> None:
        self._on_request = on_request
        self._count = 0
        self._running: set[Cancellable] = set()
        self._lock = Lock()
        self.exit: Exit | None = None

    @property
    def requested(self) -> bool:
        """Whether no further step may start."""
        return self._count > 0

    @property
    def cancelled(self) -> bool:
        """Whether what runs was ended as well."""
        return self._count > 1

    def request(self, exit_code: Exit = Exit.INTERRUPTED) -> None:
        """Ask to stop; from the second time on, cancel what is running."""
        self._count += 1
        self.exit = self.exit or exit_code
        self._follow_up(self._count)

    @contextmanager
    def watching(self, worker: Cancellable) -> Iterator[None]:
        """While inside, a second request cancels the worker; also one that was made just before."""
        with self._lock:
            self._running.add(worker)
        if self.cancelled:
            worker.cancel()
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(worker)

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """While inside, SIGINT, SIGTERM and SIGHUP are requests. Only for the main thread.

        A signal handler may interrupt anything, also itself, so it only counts; a thread tells and cancels.
        """
        counts: SimpleQueue[int | None] = SimpleQueue()

        def handle(number: int, _frame: FrameType | None) -> None:
            self._count += 1
            self.exit = self.exit or _EXITS[signal.Signals(number)]
            counts.put(self._count)

        teller = Thread(target=self._follow_ups, args=(counts,), name="stop", daemon=True)
        teller.start()
        before = {number: signal.signal(number, handle) for number in _EXITS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            counts.put(None)
            teller.join()

    def _follow_ups(self, counts: SimpleQueue[int | None]) -> None:
        while (count := counts.get()) is not None:
            # Nobody may be there to be told any more; the next signal must be followed up all the same.
            with suppress(Exception):
                self._follow_up(count)

    def _follow_up(self, count: int) -> None:
        try:
            self._on_request(count)
        finally:
            if count > 1:
                self._cancel()

    def _cancel(self) -> None:
        with self._lock:
            running = tuple(self._running)
        threads = [Thread(target=worker.cancel, daemon=True) for worker in running]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
