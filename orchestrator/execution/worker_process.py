"""One child process on the project's own Python, and the conversation with it.

The URL goes over an inherited socket, never in argv or the environment. The child leads a process group of its
own, so that Ctrl-C at the terminal reaches the parent alone. When the parent dies the socket closes, and the
worker ends after the revision in hand: a revision is not torn apart without need.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread, Timer
from typing import IO, Any

from orchestrator.errors import ConfigurationError
from orchestrator.execution.protocol import GARBLED, LONGEST, Message, garbled, heard
from orchestrator.project.configuration import AlembicProject

_WORKER = Path(__file__).resolve().parent.parent / "worker"
_GRACE_SECONDS = 5.0

_LONGEST_LINE = 64 * 1024
"""Bytes of a printed line that are passed on: a program may print without ever ending the line."""
_ANSWERS = {"scripts": "loaded", "try": "tried"}
"""What a worker says to a request that has one answer."""


class Worker:
    """A running worker. `on_output` is given each line that the project's code printed.

    Raises ConfigurationError where the project's interpreter or working directory cannot be used.
    """

    def __init__(
        self, project: AlembicProject, variables: Mapping[str, str], on_output: Callable[[str], None]
    ) -> None:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = _start(project, variables, theirs.fileno())
        except OSError as error:
            ours.close()
            where = f"projects.{project.name}"
            what = f"the project's Python cannot be started: {error}"
            mend = f"set projects.{project.name}.python to an interpreter that has Alembic"
            raise ConfigurationError(what, where=where, mend=mend) from error
        self._socket = ours
        self._lines = ours.makefile("rb")
        self._reader = Thread(target=self._read_output, args=(on_output,), daemon=True)
        self._reader.start()
        Thread(target=self._hang_up_at_its_end, daemon=True).start()

    def send(self, message: Mapping[str, Any]) -> None:
        """Tell the worker; one that is gone is noticed by `messages`."""
        with contextlib.suppress(OSError):
            self._socket.sendall(json.dumps(message).encode() + b"\n")

    def messages(self) -> Iterator[Message]:
        """What the worker says, until it ends or cannot be understood; a line cut off by its death is none."""
        with contextlib.suppress(OSError):
            while (message := heard(self._lines.readline(LONGEST + 1))) is not None:
                yield message
                if message.get("code") == GARBLED:
                    return

    def cancel(self) -> None:
        """Have the worker cancel the revision in hand and roll back; kill it if that takes too long."""
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)

    def close(self) -> int:
        """Let the worker end and return its exit code, negative for a signal; one that hangs is killed."""
        self._lines.close()
        self._socket.close()
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()
        self._reader.join(_GRACE_SECONDS)
        return self._process.returncode

    def _signal(self, number: int) -> None:
        """Signal the worker and what it started; once it is reaped its number may be another's."""
        with contextlib.suppress(ProcessLookupError):
            if self._process.poll() is None:
                os.killpg(self._process.pid, number)

    def _hang_up_at_its_end(self) -> None:
        """End the conversation with the process: a program that env.py forked may hold the other end open.

        What the worker said before is still read.
        """
        self._process.wait()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _read_output(self, on_output: Callable[[str], None]) -> None:
        stream = self._process.stdout
        if stream is None:
            return
        with stream:
            for line in _bounded(stream):
                # Whatever is wrong with whoever listens: a pipe that nobody empties would stop the worker.
                with contextlib.suppress(Exception):
                    on_output(line.decode(errors="replace").rstrip("\n"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker said to one request, None where it ended without a word; whether it was ended as too slow."""

    message: Message | None
    exit_code: int
    late: bool


def ask(
    project: AlembicProject,
    variables: Mapping[str, str],
    request: Mapping[str, Any],
    *,
    seconds: float,
    on_output: Callable[[str], None],
) -> Answer:
    """One request to a worker of its own, which is ended after that many seconds; raises as `Worker`."""
    worker = Worker(project, variables, on_output)
    late = Event()

    def expire() -> None:
        late.set()
        worker.cancel()

    patience = Timer(seconds, expire)
    patience.start()
    try:
        worker.send(request)
        message = next(worker.messages(), None)
    finally:
        patience.cancel()
        exit_code = worker.close()
    if message is not None and message["say"] not in ("failed", _ANSWERS[request["do"]]):
        message = garbled(f"it answers {message['say']!r}")
    return Answer(message, exit_code, late.is_set())


def _bounded(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines; of one that is too long as much as ends at a blank, so that no secret in it is torn apart."""
    while line := stream.readline(_LONGEST_LINE):
        if line.endswith(b"\n") or len(line) < _LONGEST_LINE:
            yield line
            continue
        kept, _, left = line.rpartition(b" ")
        cut = len(left)
        while rest := stream.readline(_LONGEST_LINE):
            cut += len(rest)
            if rest.endswith(b"\n"):
                break
        yield kept + b" ... (%d bytes of this line are left out)" % cut


def _start(project: AlembicProject, variables: Mapping[str, str], descriptor: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [project.python, str(_WORKER), str(descriptor)],
        cwd=project.working_directory,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(descriptor,),
        start_new_session=True,
    )
