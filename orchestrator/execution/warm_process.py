"""The parent's end of a warm process: it has imported what a project's workers need, and forks them.

A worker that it forks becomes this process's own child (PR_SET_CHILD_SUBREAPER, Linux): its end and its exit code
are seen here, and a signal to it cannot meet another process, also when the warm process is gone.
"""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock

from orchestrator.execution.worker_process import WORKER, OnOutput, Worker, no_further_process

_PR_SET_CHILD_SUBREAPER = 36
"""Of <linux/prctl.h>; since Linux 3.4."""
_PATIENCE_SECONDS = 60.0
"""How long its imports may take; nothing of the project is among them."""


@cache
def adopts_orphans() -> bool:
    """Make this process the parent of what its children leave behind; whether the system lets it."""
    try:
        return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


@dataclass(frozen=True, slots=True)
class _Adopted:
    """A worker that the warm process forked."""

    pid: int

    def wait(self) -> int:
        """Reap it, waiting for its end; asked once, by the thread that watches the worker."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class WarmProcess:
    """A warm process of a project, begun by this; its imports go on while other things are done.

    `made` counts the workers that it forked.
    Raises OSError where that Python cannot be started in that directory.
    """

    def __init__(self, python: str, directory: Path) -> None:
        ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        self.key = python, directory
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [python, str(WORKER), str(theirs.fileno()), "warm"],
                    cwd=directory,
                    env={**os.environ, "PYTHONUNBUFFERED": "1"},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                )
        except OSError:
            ours.close()
            raise
        ours.settimeout(_PATIENCE_SECONDS)
        self._control = ours
        self.made = 0
        self._lock = Lock()

    def worker(self, variables: Mapping[str, str], on_output: OnOutput) -> Worker | None:
        """A forked worker that has these variables beside those of this process; None where none can be had.

        Then this warm process is of no use any more. Raises UnavailableError where no process can be started.
        """
        ours, theirs = socket.socketpair()
        read, write = os.pipe()
        pid = None
        try:
            pid = self._fork(theirs.fileno(), write)
        finally:
            theirs.close()
            os.close(write)
            if pid is None:
                ours.close()
                os.close(read)
        if pid is None:
            return None
        worker = Worker(_Adopted(pid), ours, os.fdopen(read, "rb"), on_output)
        if variables:
            worker.send({"do": "variables", "variables": dict(variables)})
        return worker

    def _fork(self, channel: int, output: int) -> int | None:
        try:
            with self._lock:
                socket.send_fds(self._control, [b"f"], [channel, output])
                answer = self._control.recv(32)
        except OSError:
            return None
        if answer == b"0":
            raise no_further_process()
        self.made += bool(answer)
        return int(answer) if answer else None

    def close(self) -> None:
        """End it; its workers go on. It holds nothing that would need an end in order."""
        with self._lock:
            self._control.close()
            self._process.kill()
            self._process.wait()
