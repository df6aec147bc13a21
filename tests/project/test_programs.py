"""What becomes of a program when the process that runs it is killed: real processes, really killed."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from orchestrator.project.programs import Program
from tests.crash.scene import gone, wait_until

_KILLED = """
import fcntl, os, signal, sys
from pathlib import Path
from orchestrator.project.programs import Program

lock = os.open("lock", os.O_CREAT | os.O_RDWR, 0o600)
fcntl.flock(lock, fcntl.LOCK_EX)
says = "sleep 600 & echo $$ $! >> pids; setsid sleep 600 & echo $! >> pids; mv pids told; wait"
program = Program(["sh", "-c", says], Path(), lifelines={lifelines})
while not os.path.exists("told"):
    pass
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(folder: Path, lifelines: str) -> tuple[list[int], int]:
    """The program with what it has in its group, and the daemon that it left, once their parent was killed."""
    source = _KILLED.format(lifelines=lifelines)
    ended = subprocess.run([sys.executable, "-c", source], cwd=folder, timeout=120, check=False)
    assert ended.returncode == -signal.SIGKILL
    *group, daemon = map(int, (folder / "told").read_text().split())
    assert len(group) == 2
    return group, daemon


def free(folder: Path) -> bool:
    """Whether nobody has the lock any more that the killed process had."""
    with (folder / "lock").open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_the_watchdog_is_dismissed_by_a_program_that_ends_before_it_looks() -> None:
    """The group and the word that it has ended may come to it in one piece."""
    with Program(["true"], Path(), lifelines=()) as program:
        watchdog = program._watchdog
        assert watchdog is not None
        watchdog.send_signal(signal.SIGSTOP)
        program.end()
        watchdog.send_signal(signal.SIGCONT)
    assert watchdog.returncode == 0


@pytest.mark.parametrize("guarded", [True, False])
def test_a_program_ends_with_whoever_runs_it(tmp_path: Path, *, guarded: bool) -> None:
    """Killed with -9, it takes the program's whole group with it, and what shows that it lives is held until then.

    A daemon goes on, and so does a program that nobody guards.
    """
    group, daemon = killed(tmp_path, "[lock]" if guarded else "None")
    try:
        assert not gone(daemon)
        if guarded:
            wait_until(lambda: free(tmp_path), "the lock to be let go of")
            wait_until(lambda: all(map(gone, group)), "the program and its child to be gone")
        assert [gone(pid) for pid in (*group, daemon)] == [guarded, guarded, False]
        assert free(tmp_path)
    finally:
        for pid in (*group, daemon):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
