"""A person at a terminal: the command on a pseudo-terminal, with what they type."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_LIMIT = 60.0
"""Seconds after which nobody waits any longer."""

Answer = str | Callable[[], str]


def type_in(
    *args: str, cwd: Path, env: Mapping[str, str | None], answers: Mapping[str, Answer] | None = None
) -> tuple[int, str, str]:
    """Run the command on a terminal; `answers` gives for a prompt's text what is typed there, once.

    An answer may be a function that gives it, which is called when the prompt is there.
    Returns the exit code, the screen as plain text, and the screen with its escape sequences.
    """
    ours, theirs = pty.openpty()
    wanted = {**os.environ, "TERM": "xterm", "COLUMNS": "120", **env}
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestrator", *args],
        cwd=cwd,
        env={name: value for name, value in wanted.items() if value is not None},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - Ctrl-C shall reach it
    )
    os.close(theirs)
    try:
        raw = _converse(ours, dict(answers or {}))
        return process.wait(_LIMIT), _plain(raw), raw
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _converse(ours: int, answers: dict[str, Answer]) -> str:
    seen, end = "", time.monotonic() + _LIMIT
    while time.monotonic() < end:
        if not select.select([ours], [], [], 1)[0]:
            continue
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux says EIO once the other end is closed
            return seen
        if not piece:
            return seen
        seen += piece.decode(errors="replace")
        for prompt in [prompt for prompt in answers if prompt in _plain(seen)]:
            answer = answers.pop(prompt)
            os.write(ours, (answer() if callable(answer) else answer).encode())
    raise AssertionError(f"still running after {_LIMIT} s; the screen:\n{_plain(seen)}")


def _plain(raw: str) -> str:
    return _ESCAPES.sub("", raw).replace("\r\n", "\n")
