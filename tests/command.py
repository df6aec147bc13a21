"""The real command, run as a person's shell runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.forked import Forked, serves


@dataclass(frozen=True, slots=True)
class Completed:
    """What a run of the command left behind."""

    args: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.stdout)

    def __str__(self) -> str:
        return (
            f"orchestrate {' '.join(self.args)} → exit {self.returncode}\n"
            f"--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"
        )


class Command:
    """`orchestrate` in a subprocess, in `directory` unless told otherwise."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._started: list[subprocess.Popen[str]] = []

    def __call__(
        self,
        *args: object,
        cwd: Path | None = None,
        env: Mapping[str, str | None] | None = None,
        input: str | None = None,  # noqa: A002 — the name subprocess.run has
        check: bool = False,
        timeout: float = 60,
    ) -> Completed:
        """Run to the end; `env` is laid over the environment, None takes a name away.

        Raises AssertionError with all output when it takes longer than `timeout` seconds, or when `check` is
        asked for and it exits with anything but 0.
        """
        process = self.start(
            *args, cwd=cwd, env=env, stdin=subprocess.DEVNULL if input is None else subprocess.PIPE
        )
        try:
            stdout, stderr = process.communicate(input, timeout)
        except subprocess.TimeoutExpired:
            kill_group(process)
            stdout, stderr = process.communicate()
            raise AssertionError(
                f"still running after {timeout} s\n{_completed(process, stdout, stderr)}"
            ) from None
        completed = _completed(process, stdout, stderr)
        assert not check or completed.returncode == 0, str(completed)
        return completed

    def start(
        self,
        *args: object,
        cwd: Path | None = None,
        env: Mapping[str, str | None] | None = None,
        stdin: int = subprocess.DEVNULL,
    ) -> subprocess.Popen[str]:
        """Start in a process group of its own, output in pipes; what still runs when the test ends is killed."""
        wanted = {**os.environ, **(env or {})}
        given = {name: value for name, value in wanted.items() if value is not None}
        start = Forked if serves(given) else partial(subprocess.Popen, text=True, start_new_session=True)
        process = start(
            [sys.executable, "-m", "orchestrator", *map(str, args)],
            cwd=cwd or self.directory,
            env=given,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._started.append(process)
        return process

    def close(self) -> None:
        """Kill what is left."""
        for process in self._started:
            if process.poll() is None:
                kill_group(process)
                process.communicate()


def kill_group(process: subprocess.Popen[str], signal_: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to the process and all it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal_)


def _completed(process: subprocess.Popen[str], stdout: str, stderr: str) -> Completed:
    args: Any = process.args
    return Completed(tuple(args[3:]), process.returncode, stdout, stderr)
