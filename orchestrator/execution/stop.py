"""Being asked to stop: once, and the revision in hand is finished; twice, and it is cancelled."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Event, Lock, Thread
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
        self._no_more = Event()
        self.exit: Exit | None = None

    @property
    def requested(self) -> bool:
        """Whether no further step may start."""
        return self._no_more.is_set()

    @property
    def asked(self) -> bool:
        """Whether that is because somebody asked for it."""
        return self._count > 0

    @property
    def cancelled(self) -> bool:
        """Whether what runs was ended as well."""
        return self._count > 1

    def request(self, exit_code: Exit = Exit.INTERRUPTED) -> None:
        """Ask to stop; from the second time on, cancel what is running."""
        self._count += 1
        self._no_more.set()
        self.exit = self.exit or exit_code
        try:
            self._on_request(self._count)
        finally:
            if self.cancelled:
                self._cancel()

    def halt(self) -> None:
        """Let no further step start, though nobody asked for it: what is in hand is finished."""
        self._no_more.set()

    def wait(self, seconds: float) -> None:
        """Return after so many seconds, or as soon as no further step may start."""
        self._no_more.wait(seconds)

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

        One that is ignored stays ignored: `nohup` means that SIGHUP shall end nothing.

        A Python signal handler would not do: it runs in the main thread, which may have gone back to waiting when
        the signal came to another thread, and it may interrupt itself. The number comes through a socket instead.
        """
        numbers, wakeup = socket.socketpair()
        wakeup.setblocking(False)
        teller = Thread(target=self._follow_ups, args=(numbers,), name="stop", daemon=True)
        teller.start()
        with ExitStack() as undo:
            for close in (numbers.close, teller.join, wakeup.close):
                undo.callback(close)
            # Before the first and until after the last of ours, or a signal in between would be lost.
            earlier = signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
            undo.callback(signal.set_wakeup_fd, earlier)
            for number, before in {number: signal.getsignal(number) for number in _EXITS}.items():
                if before not in (signal.SIG_IGN, None):
                    undo.callback(signal.signal, number, before)
                    signal.signal(number, _unmoved)
            yield

    def _follow_ups(self, numbers: socket.socket) -> None:
        while number := numbers.recv(1):
            # Nobody may be there to be told any more; the next signal must be followed up all the same.
            with suppress(Exception):
                self.request(_EXITS[signal.Signals(number[0])])

    def _cancel(self) -> None:
        with self._lock:
            running = tuple(self._running)
        threads = [Thread(target=worker.cancel, daemon=True) for worker in running]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _unmoved(_number: int, _frame: FrameType | None) -> None:
    """Keeps the signal from its default; what follows it is done elsewhere."""
