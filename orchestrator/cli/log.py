"""Where the events of a run go: to stderr, for people or for programs, and to the run's own file."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

import structlog

from orchestrator.cli.live import LiveFleet
from orchestrator.core.events import Event, EventKind
from orchestrator.views.events import log_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

    from orchestrator.views.text.fleet import Fleet

_REPEATED = (EventKind.LOCK_WAITING,)
"""Kinds that come again and again while nothing changes; a person is shown the first."""


def _event_first(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {"at": fields.pop("at"), "event": fields.pop("event"), **fields}


def _program_log(stream: TextIO) -> Callable[[Event], None]:
    """One JSON object a line."""
    first = structlog.processors.JSONRenderer(default=str, sort_keys=False)
    logger = structlog.wrap_logger(structlog.WriteLogger(stream), processors=[_event_first, first])

    def write(event: Event) -> None:
        fields = log_line(event)
        logger.info(fields.pop("event"), **fields)

    return write


def _opened(path: str, _flags: int) -> int:
    """A file of our own, for its owner alone; OSError for a link, a pipe, or a file that is another's too."""
    flags = os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    file = os.open(path, flags, 0o600)
    found = os.fstat(file)
    if stat.S_ISREG(found.st_mode) and found.st_nlink <= 1 and found.st_uid == os.geteuid():
        return file
    os.close(file)
    raise OSError(errno.EPERM, "it is another's, or no file", path)


class RunLog:
    """Listens to a run. `folder` gets a file per run, readable by its owner alone, opened at the first event.

    `fleet` is set for a run of many targets, `lines` where its events go to stdout as JSON Lines; then stderr gets
    them only for people. `run` is the id of the run that is being listened to. Several targets, their output and a
    signal are told by threads of their own: one at a time writes.
    """

    def __init__(
        self, folder: Path, console: Console | None, fleet: Fleet | None = None, lines: TextIO | None = None
    ) -> None:
        self._folder = folder
        self._console = console
        self._fleet = LiveFleet(fleet, console) if console is not None and fleet is not None else None
        self._to_stderr = None if console or lines else _program_log(sys.stderr)
        self._to_stdout = _program_log(lines) if lines is not None else None
        self._to_file: Callable[[Event], None] | None = None
        self._file: TextIO | None = None
        self._status: Status | None = None
        self._last: tuple[Any, ...] = ()
        self._lock = Lock()
        self.run = ""

    def __call__(self, event: Event) -> None:
        """Write one event wherever it belongs."""
        with self._lock:
            self.run = event.run
            self._append(event)
            # Where nobody reads any more, or the terminal is gone: no reason to leave a revision half-way.
            try:
                self._tell(event)
            except OSError:
                if self._fleet is not None:
                    self._fleet.close()
                self._to_stderr = self._console = self._fleet = None
            try:
                if self._to_stdout is not None:
                    self._to_stdout(event)
            except OSError:
                self._to_stdout = None

    def _tell(self, event: Event) -> None:
        if self._to_stderr is not None:
            self._to_stderr(event)
        elif self._fleet is not None:
            self._fleet.show(event)
        elif self._console is not None:
            self._show(event, self._console)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._fleet is not None:
            self._fleet.close()
        if self._status is not None:
            self._status.stop()
        if self._file is not None:
            with suppress(OSError):  # a full disk, of which the run was told when it began
                self._file.close()

    def _append(self, event: Event) -> None:
        """Keep the event in the run's file; a full disk there must not stop a run whose journal still works."""
        try:
            if self._to_file is None:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._file = open(  # noqa: SIM115 - how it is opened is the point
                    self._folder / f"{event.run}.jsonl", "a", buffering=1, opener=_opened
                )
                self._to_file = _program_log(self._file)
            self._to_file(event)
        except OSError as error:
            self._to_file = lambda _event: None
            sys.stderr.write(f"warning: the run's log cannot be written: {error}; the journal goes on\n")

    def _show(self, event: Event, console: Console) -> None:
        from orchestrator.views.text import progress

        key = (event.kind, event.target, event.body.get("holder")) if event.kind in _REPEATED else ()
        if (line := progress.line(event)) is not None and (not key or key != self._last):
            console.print(line)
        self._last = key
        if console.is_terminal:
            self._spin(progress.in_hand(event), event, console)

    def _spin(self, in_hand: str | None, event: Event, console: Console) -> None:
        if in_hand is not None:
            if self._status is None:
                self._status = console.status(in_hand)
                self._status.start()
            self._status.update(in_hand)
        elif event.revision is not None and self._status is not None:
            self._status.stop()
            self._status = None
