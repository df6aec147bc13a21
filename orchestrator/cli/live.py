"""A run of many targets on stderr: one line that moves on a terminal, else a line now and then."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from orchestrator.core import events
    from orchestrator.views.text.fleet import Fleet

_SELDOM = timedelta(seconds=5)
"""Between two lines of progress where nothing can be drawn over."""
_REDRAWN = 4
"""Times a second that the moving line is drawn; events may come a thousand times as often."""


class LiveFleet:
    """Shows a fleet's events. The moving line is drawn by a thread of its own."""

    def __init__(self, fleet: Fleet, console: Console) -> None:
        self._fleet = fleet
        self._console = console
        self._live: Live | None = None
        self._counting = Lock()
        self._closed = Event()
        self._drawing = Thread(target=self._redraw, name="live", daemon=True)
        self._latest: datetime | None = None

    def show(self, event: events.Event) -> None:
        """Take an event in and tell what it deserves; OSError where nobody reads any more."""
        with self._counting:
            line = self._fleet.after(event)
        if line is not None:
            self._console.print(line)
        if self._console.is_terminal:
            self._draw()
        elif self._latest is None or event.at - self._latest >= _SELDOM:
            if self._latest is not None:
                self._console.print(self._text(event.at), soft_wrap=True)
            self._latest = event.at

    def _draw(self) -> None:
        from rich.live import Live

        if self._live is None:
            self._live = Live(
                console=self._console,
                get_renderable=lambda: self._text(datetime.now(UTC)),
                auto_refresh=False,  # rich's own thread would end in a traceback where the terminal is gone
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
            self._drawing.start()

    def _redraw(self) -> None:
        with suppress(OSError):
            while self._live is not None and not self._closed.wait(1 / _REDRAWN):
                self._live.refresh()

    def _text(self, now: datetime) -> Text:
        with self._counting:
            return self._fleet.text(now)

    def close(self) -> None:
        """Take the moving line away."""
        self._closed.set()
        if self._drawing.is_alive():
            self._drawing.join()
        if self._live is not None:
            with suppress(OSError):
                self._live.stop()
