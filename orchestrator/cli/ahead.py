"""Begins, before a command's own modules are loaded, the warm process that its workers will be forked from.

Its imports take as long as all that a command does until it needs a worker, so the two go on side by side. What is
not known yet is taken as it usually is: the project's Python is this one, its directory is this one. Where that
turns out wrong the process is ended unused. Nothing of a project is run or read here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.execution.warm_process import WarmProcess

_COMMANDS = {"promote", "rollout", "resume", "rollback", "adopt"}
"""Those that run revisions."""
_NOT_WITH = ("--help", "-h", "--dry-run", "--config", "-c")
_begun: list[WarmProcess] = []
"""The one that was begun, until somebody takes it."""


@contextmanager
def begun(arguments: Sequence[str]) -> Iterator[None]:
    """While inside, a warm process is there to be taken, if the command line is of a command that wants one."""
    if _wanted(arguments):
        _begin()
    try:
        yield
    finally:
        if (left := taken()) is not None:
            left.close()


def taken() -> WarmProcess | None:
    """The warm process that was begun, once; whoever takes it ends it."""
    return _begun.pop() if _begun else None


def _wanted(arguments: Sequence[str]) -> bool:
    elsewhere = "ORCHESTRATE_CONFIG" in os.environ
    unlike = any(word.partition("=")[0] in _NOT_WITH for word in arguments)
    return not (elsewhere or unlike) and not _COMMANDS.isdisjoint(arguments[:1])


def _begin() -> None:
    from orchestrator.execution.warm_process import WarmProcess, adopts_orphans

    if adopts_orphans():
        with suppress(OSError):
            _begun.append(WarmProcess(sys.executable, Path.cwd()))
