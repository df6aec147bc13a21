"""Being asked to stop, without processes: who is told, who is cancelled, whatever comes when."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress

from orchestrator.errors import Exit
from orchestrator.execution.stop import Stop
from tests.crash.scene import wait_until


class Counted:
    """Counts how often it was cancelled."""

    def __init__(self) -> None:
        self.cancelled = 0

    def cancel(self) -> None:
        """One more."""
        self.cancelled += 1


def test_once_and_twice() -> None:
    """The first request cancels nobody, the second everybody who is being watched."""
    counts: list[int] = []
    stop, worker = Stop(counts.append), Counted()
    with stop.watching(worker):
        stop.request()
        assert (stop.requested, stop.cancelled, worker.cancelled) == (True, False, 0)
        stop.request()
        assert (stop.cancelled, worker.cancelled) == (True, 1)
    stop.request()
    assert worker.cancelled == 1
    assert counts == [1, 2, 3]


def test_who_comes_too_late_is_cancelled_too() -> None:
    """A worker that starts just after the second request is cancelled at once."""
    stop, worker = Stop(), Counted()
    stop.request()
    stop.request()
    with stop.watching(worker):
        assert worker.cancelled == 1


def test_a_teller_that_fails_does_not_prevent_the_cancelling() -> None:
    """Also where nobody can be told any more, the second request cancels."""

    def broken(_count: int) -> None:
        raise BrokenPipeError

    stop, worker = Stop(broken), Counted()
    with stop.watching(worker):
        for _ in range(2):
            with suppress(BrokenPipeError):
                stop.request()
        assert worker.cancelled == 1


def test_a_teller_that_fails_on_a_signal_does_not_prevent_the_cancelling() -> None:
    """When telling the first signal fails, the second one still cancels."""

    def broken(_count: int) -> None:
        raise BrokenPipeError

    stop, worker = Stop(broken), Counted()
    with stop.on_signals(), stop.watching(worker):
        os.kill(os.getpid(), signal.SIGINT)
        wait_until(lambda: stop.requested, "the first signal")
        os.kill(os.getpid(), signal.SIGINT)
        wait_until(lambda: worker.cancelled == 1, "the worker to be cancelled")


def test_signals_are_told_one_after_the_other() -> None:
    """Signals that arrive while one is being told do not disturb it; everything is as before afterwards."""
    told: list[tuple[int, str]] = []
    busy = threading.Lock()

    def tell(count: int) -> None:
        assert busy.acquire(blocking=False)
        told.append((count, threading.current_thread().name))
        busy.release()

    stop = Stop(tell)
    before = signal.getsignal(signal.SIGINT)
    with stop.on_signals():
        for count in range(1, 21):
            os.kill(os.getpid(), signal.SIGTERM)
            wait_until(lambda count=count: len(told) == count, "it to be told")
    assert told == [(count, "stop") for count in range(1, 21)]
    assert stop.exit is Exit.TERMINATED
    assert signal.getsignal(signal.SIGINT) is before
    assert not [thread for thread in threading.enumerate() if thread.name == "stop"]


def test_a_signal_that_came_to_another_thread() -> None:
    """A signal is followed up though another thread than the waiting main thread got it."""
    stop = Stop()
    with stop.on_signals():
        other = threading.Thread(target=lambda: signal.pthread_kill(threading.get_ident(), signal.SIGINT))
        other.start()
        finished = threading.Lock()
        finished.acquire()
        threading.Thread(
            target=lambda: (wait_until(lambda: stop.requested, "the signal"), finished.release())
        ).start()
        assert finished.acquire(timeout=30), "the main thread waits as it does while targets run"
        other.join()
    assert stop.exit is Exit.INTERRUPTED


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    """Under nohup, where SIGHUP is ignored from the start, it asks for nothing, and the others still do."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        stop = Stop()
        with stop.on_signals():
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGINT)
            wait_until(lambda: stop.requested, "the signal that is not ignored")
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert stop.exit is Exit.INTERRUPTED
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
