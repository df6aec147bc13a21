"""Programs that environments.yaml names: each is run without a shell, in a group of its own, with a deadline.

The program's own end counts, not that of its output: what it left in the background may hold the pipe open.
What it left in its group is ended with it; what made itself a session of its own, a daemon, is left alone. Where
this process is killed another sees to that: the kernel's own way, PR_SET_PDEATHSIG, would end the program alone.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from typing import Self

_CHUNK = 8192
_PIPE = 64 * 1024
"""Bytes that a pipe holds (Linux, macOS)."""
_ATTEMPTS, _BLINK = 100, 0.01
"""How often, and after how many seconds each, a killed program is asked whether it has ended."""


_WATCHDOG = """
import os, sys
group = sys.stdin.buffer.readline()
group and (sys.stdin.buffer.read(1) or os.killpg(int(group), 9))
"""
"""Is told a process group in a line, and ends it where it is told nothing more: who told has ended mutely."""


class Program:
    """A running program, ended with the block that it is used in; raises OSError where it cannot be run.

    `variables` are all that it finds in its environment, None for those of this process; `errors` says whether
    what it prints as errors is read with the rest. With `lifelines` it is ended where this process is killed, too,
    and these descriptors stay open until it is.
    """

    def __init__(
        self,
        argv: Sequence[str],
        directory: Path,
        *,
        variables: Mapping[str, str] | None = None,
        errors: bool = False,
        lifelines: Sequence[int] | None = None,
    ) -> None:
        self._watchdog = _watchdog(lifelines) if lifelines is not None else None
        try:
            self._process = subprocess.Popen(
                argv,
                cwd=directory,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if errors else subprocess.DEVNULL,
                start_new_session=True,
            )
        except BaseException:
            self._dismiss_watchdog()
            raise
        # Killed just before this it would leave the program alone: of a process in a session of its own nobody can
        # know the group earlier, unless code ran between fork and exec, which threads forbid.
        self._tell_watchdog(b"%d\n" % self._process.pid)
        self._lock = Lock()
        self._ended, self._ending = os.pipe()
        self._end = Thread(target=self._await_end, daemon=True)
        self._end.start()

    def output(self, seconds: float) -> Iterator[bytes]:
        """What it prints, as it comes, until it ends; TimeoutError where it has not within so many seconds."""
        deadline = time.monotonic() + seconds
        assert self._process.stdout is not None
        stream, waiting = self._process.stdout.fileno(), select.poll()  # select.select knows no number above 1023
        for descriptor in (stream, self._ended):
            waiting.register(descriptor, select.POLLIN)
        while True:
            left = deadline - time.monotonic()
            ready = {descriptor for descriptor, _ in waiting.poll(max(0.0, left) * 1000)}
            if self._ended in ready:
                yield from _rest(stream)
                return
            if left <= 0 or not ready:
                raise TimeoutError
            if chunk := os.read(stream, _CHUNK):
                yield chunk
            else:
                waiting.unregister(stream)

    def kill(self) -> None:
        """End it and what it started, from any thread."""
        with self._lock, suppress(ProcessLookupError, PermissionError):
            if self._process.returncode is None:  # once it is reaped its number may be another's
                os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> int:
        """End what is left of it; its exit code, negative for a signal."""
        self.kill()
        self._end.join()
        self._tell_watchdog(b".")  # while the number is still the program's own
        with self._lock:
            code = self._process.wait()
        self._reap_what_it_left()
        return code

    def _tell_watchdog(self, word: bytes) -> None:
        if self._watchdog is not None and self._watchdog.stdin is not None:
            with suppress(OSError):
                self._watchdog.stdin.write(word)

    def _dismiss_watchdog(self) -> None:
        if self._watchdog is not None:
            self._watchdog.communicate()

    def _await_end(self) -> None:
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)  # its number stays its own
        else:
            self._process.wait()
        os.close(self._ending)

    def _reap_what_it_left(self) -> None:
        """Where this process adopts orphans, those of the group are its own to reap."""
        with suppress(ChildProcessError):
            for _ in range(_ATTEMPTS):
                if os.waitpid(-self._process.pid, os.WNOHANG)[0] == 0:
                    time.sleep(_BLINK)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.end()
        os.close(self._ended)
        self._dismiss_watchdog()
        if self._process.stdout is not None:
            self._process.stdout.close()


def _watchdog(lifelines: Sequence[int]) -> subprocess.Popen[bytes]:
    """It lives in a session of its own, so that what ends this process does not end it as well."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _WATCHDOG],
        bufsize=0,
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=lifelines,
        start_new_session=True,
    )


def _rest(stream: int) -> Iterator[bytes]:
    """What a pipe holds now; no more than that, since somebody may go on writing for ever."""
    waiting = select.poll()
    waiting.register(stream, select.POLLIN)
    for _ in range(_PIPE // _CHUNK):
        if not waiting.poll(0) or not (chunk := os.read(stream, _CHUNK)):
            return
        yield chunk
