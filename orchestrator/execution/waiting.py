"""Tells that something takes long, and since when: whoever watches a run must not have to guess what it waits for.

What it waits for goes on; nothing is decided here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

_FIRST = 30.0
"""Seconds after which it is told first; then each time that it has lasted twice as long."""


class Patience:
    """How long something has lasted, from when this was made."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._next = _FIRST

    @property
    def left(self) -> float:
        """Seconds until there is something to tell."""
        return max(0.0, self._since + self._next - time.monotonic())

    def over(self) -> float | None:
        """The seconds that it has lasted, where that is to be told now."""
        if self.left:
            return None
        self._next *= 2
        return time.monotonic() - self._since


@contextmanager
def waited_for(tell: Callable[[float], None]) -> Iterator[None]:
    """While what is inside lasts, `tell` is given for how many seconds it has: seldom, and ever more seldom."""
    done = Event()

    def watch() -> None:
        patience = Patience()
        while not done.wait(patience.left):
            if (lasted := patience.over()) is not None:
                with suppress(Exception):  # what cannot be told must not end a run
                    tell(lasted)

    watching = Thread(target=watch, name="waiting", daemon=True)
    watching.start()
    try:
        yield
    finally:
        done.set()
        watching.join()
