"""Locks for databases that are files: `flock` on files beside them, which the kernel frees with their process.

The database's own locks would not do: they would stop env.py, and they come and go with its transactions. The
side files are never deleted, since a file that is gone can be locked by two.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestrator.databases.holders import Blocker, Guard, Holder, here
from orchestrator.errors import UnavailableError

_NO_FILE = (errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.EISDIR)
"""How `open` refuses a symbolic link (BSD: EMLINK), a pipe or socket that nobody reads, a directory."""
_ATTEMPTS = 4
_BLINK = 0.02
"""Seconds between attempts: one who only asks holds the lock for an instant, which must not turn a run away."""


class SideFileLocks:
    """The two locks of one database file. Without `run_id` it only asks, and no file is made."""

    def __init__(self, path: Path, run_id: str | None) -> None:
        self._path = path
        self._run_file = Path(f"{path}.orchestrate-run.lock")
        self._work_file = Path(f"{path}.orchestrate-work.lock")
        self._run_id = run_id
        self._held: int | None = None
        self._identity = _identity(path)

    @property
    def guard(self) -> Guard:
        """Device and inode of the database: two paths to one file are one database."""
        device, inode = self._identity or (0, 0)
        paths = {"path": str(self._path), "work_lock": str(self._work_file)}
        return Guard("sqlite", {"device": device, "inode": inode, **paths})

    def try_run(self) -> bool:
        """Take the run lock if it is free."""
        file = _opened(self._run_file, os.O_RDWR | os.O_CREAT)
        if not _locked_soon(file) or _identity(self._run_file) != _identity_of(file):
            os.close(file)
            return False
        self._held = file
        os.ftruncate(file, 0)
        os.pwrite(file, json.dumps(self._introduction()).encode(), 0)
        return True

    def prove(self) -> None:
        """The file is its own proof."""

    def run_holder(self) -> Holder | None:
        """Who wrote itself into the locked file."""
        return _holder(self._run_file)

    def work_holder(self) -> Holder | None:
        """Whose worker has the work lock."""
        return _holder(self._work_file)

    def blockers(self) -> tuple[Blocker, ...]:
        """Nobody: SQLite does not tell who has a database locked."""
        return ()

    def sight(self) -> None:
        """A lock on a file beside the database has no connection to it."""

    def alive(self) -> bool:
        """Whether lock file and database are still the same files: a replaced one is not locked."""
        return (
            self._held is not None
            and _identity(self._run_file) == _identity_of(self._held)
            and _identity(self._path) == self._identity
        )

    def close(self) -> None:
        """Unlock by closing the file."""
        held, self._held = self._held, None
        if held is not None:
            os.close(held)

    def _introduction(self) -> dict[str, Any]:
        since = datetime.now(tz=UTC).isoformat(timespec="seconds")
        return {"run": self._run_id, "who": here(), "pid": os.getpid(), "since": since}


def _opened(path: Path, flags: int) -> int:
    """The side file; UnavailableError for a link, a pipe, or one name of several: the file may be another's."""
    try:
        file = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in _NO_FILE:
            raise
        raise _not_ours(path) from error
    status = os.fstat(file)
    if stat.S_ISREG(status.st_mode) and status.st_nlink <= 1:
        return file
    os.close(file)
    raise _not_ours(path)


def _not_ours(path: Path) -> UnavailableError:
    what = f"the lock file {path.name} is a link or no file, and was not touched"
    return UnavailableError(what, where=str(path.parent), mend=f"find out who made it, then remove it: {path}")


def _locked_soon(file: int) -> bool:
    for attempt in range(_ATTEMPTS):
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if attempt < _ATTEMPTS - 1:
            time.sleep(_BLINK)
    return False


def _holder(path: Path) -> Holder | None:
    try:
        file = _opened(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        return _introduced(os.pread(file, 4096, 0))
    finally:
        os.close(file)


def _introduced(text: bytes) -> Holder:
    try:
        said = json.loads(text)
        since = datetime.fromisoformat(said["since"])
        return Holder(said["run"], str(said["who"]), int(said["pid"]), since)
    except (ValueError, KeyError, TypeError):
        return Holder(None, "an unnamed process", None, None)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _identity_of(file: int) -> tuple[int, int]:
    status = os.fstat(file)
    return status.st_dev, status.st_ino
