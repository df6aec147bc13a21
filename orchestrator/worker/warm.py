"""The warm process: it has imported what every worker needs, and makes one at the parent's word, by fork.

It imports Alembic, SQLAlchemy and the drivers, nothing of the application, opens no connection and starts no
thread: what a worker inherits is what a fresh interpreter would have come to by itself. A worker is made by a
middle process that ends at once, so that the parent, who takes in orphans (PR_SET_CHILD_SUBREAPER), becomes the
worker's own parent: its end is the parent's to see, whatever becomes of this process.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from . import serve

_MODULES = ("seam", "reset")
"""Of this package what a request would import otherwise, with all of Alembic and SQLAlchemy."""
_DRIVERS = (
    *("sqlalchemy.dialects.postgresql", "psycopg", "sqlalchemy.dialects.sqlite", "sqlite3"),
    *("psycopg2", "sqlalchemy.dialects.mysql", "pymysql"),
)
"""What is imported beside, as long as nothing else is to be done; the commonest first."""
_THREADS = Path("/proc/self/task")
_NONE = b"0"
"""The answer where no worker could be made."""


def main(descriptor: int) -> int:
    """Make workers until the parent closes the inherited socket; returns the exit code, in each worker its own.

    A message of one byte brings two descriptors, the worker's channel and where it prints; the answer is its
    process id, 0 where no further process can be started.
    """
    control = socket.socket(fileno=descriptor)
    os.set_inheritable(descriptor, False)
    gc.disable()  # looking for garbage while modules load finds none, and takes an eighth of that time
    for name in _MODULES:
        importlib.import_module("." + name, __package__)
    waiting = list(_DRIVERS)
    while waiting and not _asked(control):
        with suppress(Exception):  # whoever needs one that is missing is told then
            importlib.import_module(waiting.pop(0))
    if not _single_threaded():
        return 1  # a thread of the interpreter's own start-up would be missing in every worker
    _called("orchestrate-wrm")
    gc.freeze()  # pages that are never written to stay shared
    gc.enable()
    while True:
        try:
            word, given, _, _ = socket.recv_fds(control, 1, 2)
        except OSError:
            return 0
        if not word:
            return 0
        if (code := _worker(control, given)) is not None:
            return code


def _asked(control: socket.socket) -> bool:
    return bool(select.select([control], [], [], 0)[0])


def _single_threaded() -> bool:
    if _THREADS.is_dir():
        return len(list(_THREADS.iterdir())) == 1
    return threading.active_count() == 1


def _worker(control: socket.socket, given: Sequence[int]) -> int | None:
    """Fork a worker: here None, once the parent was told; in the worker its exit code."""
    told, telling = os.pipe()
    middle = _forked()
    if middle == 0:
        _called("orchestrate-wkr")
        process = _forked()
        if process == 0:
            os.close(told)
            os.close(telling)
            return _served(control, given)
        os.write(telling, b"%d" % (process or 0))
        os._exit(0)
    for descriptor in (*given, telling):
        os.close(descriptor)
    if middle is not None:
        os.waitpid(middle, 0)  # from here on the worker is the parent's child
    answer = os.read(told, 32)
    os.close(told)
    control.sendall(answer or _NONE)
    return None


def _forked() -> int | None:
    """As `os.fork`; None where the system lets no further process begin."""
    try:
        return os.fork()
    except OSError:
        return None


def _served(control: socket.socket, given: Sequence[int]) -> int:
    """Be a worker: in a session of its own, with the channel where a fresh worker has it."""
    channel, output = given
    os.setsid()
    descriptor = control.detach()
    os.dup2(channel, descriptor, inheritable=False)
    for stream in (1, 2):
        os.dup2(output, stream)
    for spare in (channel, output):
        os.close(spare)
    return serve.main(descriptor)


def _called(name: str) -> None:
    """What `ps` calls this process, where the system lets it say so."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name, encoding="ascii")
