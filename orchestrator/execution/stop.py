"""Being asked to stop: once, and the revision in hand is finished; twice, and it is cancelled."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from types import FrameType
from typing import Protocol

from orchestrator.errors import Exit

_EXITS = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED, signal.SIGHUP: Exit.TERMINATED}


class Cancellable(Protocol):
    """What a second request ends."""

    def cancel(self) -> None:
        """End it now."""


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
        self._on_request(self._count)
        if self.cancelled:
            for worker in tuple(self._running):
                worker.cancel()

    @contextmanager
    def watching(self, worker: Cancellable) -> Iterator[None]:
        """While inside, a second request cancels the worker."""
        with self._lock:
            self._running.add(worker)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(worker)

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """While inside, SIGINT, SIGTERM and SIGHUP are requests. Only for the main thread."""

        def handle(number: int, _frame: FrameType | None) -> None:
            self.request(_EXITS[signal.Signals(number)])

        before = {number: signal.signal(number, handle) for number in _EXITS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
