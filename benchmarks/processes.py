"""What processes cost, from the kernel's own books: processor time of a command and of a server, peaks of memory.

Linux only (/proc). What a command leaves to live on is waited for, so that its processor time is counted too; the
wall time is the command's own.
"""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER, linux/prctl.h
_EACH = 0.2


def adopt_orphans() -> None:
    """From now on grandchildren whose parent ended become children of this process, and their time is counted."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def used_by_children() -> float:
    """Seconds of processor time, user and system, of all that ended and was waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def wait_for_orphans(known: set[int], patience: float = 10.0) -> None:
    """Wait for every child that was not known before; TimeoutError where one lives on for `patience` seconds."""
    until = time.monotonic() + patience
    while left := children(os.getpid()) - known:
        for pid in left:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        if time.monotonic() > until:
            raise TimeoutError(f"still there after the command ended: {sorted(left)}")
        time.sleep(0.002)


def children(pid: int) -> set[int]:
    """The process ids of its children, whichever of its threads started them."""
    found: set[int] = set()
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found.update(int(word) for word in path.read_text().split())
    return found


def used_by_server(pid: int | None) -> float:
    """Seconds of processor time of a server: of its first process, of those that ended and of those that live."""
    if pid is None:
        return 0.0
    return (_times(pid, 11, 15) + sum(_times(child, 11, 13) for child in children(pid))) / _TICK


def _times(pid: int, first: int, last: int) -> int:
    """Ticks: fields of /proc/PID/stat after the name: 11 user, 12 system, 13 and 14 of children that ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(field) for field in fields[first:last])


@dataclass
class Peaks:
    """The highest resident memory in MiB, as the kernel notes it (VmHWM): of a command, of any below it."""

    parent: float = 0.0
    worker: float = 0.0
    workers_at_once: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    def look(self, pid: int) -> None:
        """Look once."""
        self.parent = max(self.parent, _peak(pid))
        below = descendants(pid)
        self.workers_at_once = max(self.workers_at_once, len(below))
        self.worker = max([self.worker, *map(_peak, below)])

    def watch(self, pid: int) -> None:
        """Look five times a second until told that it is over."""
        while not self._over.wait(_EACH):
            self.look(pid)

    def end(self) -> None:
        """It is over."""
        self._over.set()


def descendants(pid: int) -> set[int]:
    """All processes below this one."""
    found = children(pid)
    return found.union(*(descendants(child) for child in found))


def _peak(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def watched(process: subprocess.Popen[bytes]) -> Iterator[Peaks]:
    """The peaks of a command while it runs."""
    peaks = Peaks()
    thread = threading.Thread(target=peaks.watch, args=(process.pid,), daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        peaks.end()
        thread.join()
