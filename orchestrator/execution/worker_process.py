"""One child process on the project's own Python, and the conversation with it.

The URL goes over an inherited socket, never in argv or the environment. The child leads a process group of its
own, so that Ctrl-C at the terminal reaches the parent alone. When the parent dies the socket closes, and the
worker ends after the revision in hand: a revision is not torn apart without need.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread, Timer
from typing import IO, TYPE_CHECKING, Any, Protocol

from orchestrator.errors import ConfigurationError, UnavailableError
from orchestrator.execution.protocol import GARBLED, LONGEST, Message, garbled, heard

if TYPE_CHECKING:
    from orchestrator.project.configuration import AlembicProject

WORKER = Path(__file__).resolve().parent.parent / "worker"
"""What an interpreter runs to be a worker."""
GRACE_SECONDS = 5.0
"""How long a process may take to end when it should."""

_LONGEST_LINE = 64 * 1024
"""Bytes of a printed line that are passed on: a program may print without ever ending the line."""
_ANSWERS = {"scripts": "loaded", "try": "tried", "render": "rendered"}
"""What a worker says to a request that has one answer."""

OnOutput = Callable[[str], None]


class Process(Protocol):
    """A child of this process. `pid` is its own until `wait` has returned."""

    @property
    def pid(self) -> int:
        """Its number, which is its group's too."""

    def wait(self) -> int:
        """Reap it, waiting for its end; its exit code, negative for a signal. Asked once where there is waitid."""


class Worker:
    """A running worker, and its end of the conversation. `on_output` is given each line that it printed.

    `served` counts the targets that it has done with; `kept` says that it may serve another.
    """

    def __init__(self, process: Process, channel: socket.socket, output: IO[bytes], on_output: OnOutput) -> None:
        self._process = process
        self._socket = channel
        self._lines = channel.makefile("rb")
        self._on_output = on_output
        self._mark: str | None = None
        self._marked = Event()
        self._exit: int | None = None
        self._lock = Lock()
        self._reader = Thread(target=self._read_output, args=(output,), daemon=True)
        self._reader.start()
        self._end = Thread(target=self._await_end, daemon=True)
        self._end.start()
        self.served = 0
        self.kept = False

    @property
    def pid(self) -> int:
        """Its process id; another's may have it once it was closed."""
        return self._process.pid

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

    def serve(self, on_output: OnOutput) -> dict[str, str]:
        """Have what it prints from here on go to `on_output`; returns what a request must hold to be marked."""
        self._on_output = on_output
        self._mark = secrets.token_hex(8)
        self._marked.clear()
        return {"mark": self._mark}

    def ready(self) -> bool:
        """After the last word about a marked request: whether it may serve another, with all it printed heard."""
        self._socket.settimeout(GRACE_SECONDS)
        message = next(self.messages(), None)
        if message is None or message["say"] != "ready" or message.get("trace") is not None:
            return False
        self._socket.settimeout(None)
        self.served += 1
        return self._marked.wait(GRACE_SECONDS)

    def cancel(self) -> None:
        """Have the worker cancel the revision in hand and roll back; kill it if that takes too long."""
        self._signal(signal.SIGTERM)
        self._end.join(GRACE_SECONDS)
        if self._end.is_alive():
            self._signal(signal.SIGKILL)

    def close(self) -> int:
        """Let the worker end and return its exit code, negative for a signal; one that hangs is killed."""
        with contextlib.suppress(OSError):
            self._lines.close()
        self._socket.close()
        self._end.join(GRACE_SECONDS)
        if self._end.is_alive():
            self._signal(signal.SIGKILL)
            self._end.join()
        self._reader.join(GRACE_SECONDS)
        return self._exit or 0

    def _signal(self, number: int) -> None:
        """Signal the worker and what it started; once it is reaped its number may be another's."""
        with self._lock, contextlib.suppress(ProcessLookupError):
            if self._exit is None:
                os.killpg(self._process.pid, number)

    def _await_end(self) -> None:
        """Reap the process at its end, and end the conversation with it: what it forked may hold the other end.

        What the worker said before is still read.
        """
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)  # its number stays its own
        else:
            self._process.wait()
        with self._lock:
            self._exit = self._process.wait()
            with contextlib.suppress(ChildProcessError):  # what it started and left, where we adopt orphans
                while os.waitpid(-self._process.pid, os.WNOHANG)[0]:
                    pass
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _read_output(self, stream: IO[bytes]) -> None:
        blank = False
        with stream:
            for line in _bounded(stream):
                text = line.decode(errors="replace").rstrip("\n")
                if text and text == self._mark:
                    blank = False  # the mark comes after a line's end of its own
                    self._marked.set()
                    continue
                if blank:
                    self._pass_on("")
                blank = not text
                if text:
                    self._pass_on(text)
        if blank:
            self._pass_on("")

    def _pass_on(self, line: str) -> None:
        # Whatever is wrong with whoever listens: a pipe that nobody empties would stop the worker.
        with contextlib.suppress(Exception):
            self._on_output(line)


def start(project: AlembicProject, variables: Mapping[str, str], on_output: OnOutput) -> Worker:
    """A worker in a fresh interpreter.

    Raises ConfigurationError where the project's interpreter or working directory cannot be used, UnavailableError
    where no process can be started.
    """
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = _start(project, variables, theirs.fileno())
    except OSError as error:
        ours.close()
        if error.errno in (errno.EAGAIN, errno.ENOMEM):
            raise no_further_process() from error
        where = f"projects.{project.name}"
        what = f"the project's Python cannot be started: {error}"
        mend = f"set projects.{project.name}.python to an interpreter that has Alembic"
        raise ConfigurationError(what, where=where, mend=mend) from error
    if process.stdout is None:
        raise LookupError("what it prints was asked for")
    return Worker(process, ours, process.stdout, on_output)


def no_further_process() -> UnavailableError:
    """The system is at its limit of processes, or of memory."""
    mend = "lower waves.parallel, or raise the limit of processes (ulimit -u; pids.max of the container)"
    return UnavailableError("no further process can be started here", mend=mend)


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
    on_output: OnOutput,
) -> Answer:
    """One request to a worker of its own, which is ended after that many seconds; raises as `start`."""
    worker = start(project, variables, on_output)
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
        [project.python, str(WORKER), str(descriptor)],
        cwd=project.working_directory,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(descriptor,),
        start_new_session=True,
    )
