"""What one target could leave to the next in the same process: put back as it was, or the process is given up.

A worker serves several targets only where env.py and the scripts import nothing of an application (the parent
reads that), and env.py and the scripts are loaded anew for each. What else a run of env.py may change is listed
here, each as something to put back or something that is only noticed; whoever notices a trace ends the worker.
"""

from __future__ import annotations

import gc
import locale
import logging
import os
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.pool import Pool
from sqlalchemy.schema import MetaData, Table

from . import drivers

_SIGNALS = tuple(
    number
    for number in (getattr(signal, name, None) for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGALRM", "SIGUSR1"))
    if number is not None
)
_HEARD = (Engine, Dialect, Pool, Table, MetaData, Mapper, Session)
"""The classes whose events code listens to for all of their objects at once."""
_KNOWN = {"_orchestrate_worker", "alembic", "sqlalchemy", "mako", "markupsafe", "typing_extensions", "greenlet"}
_DRIVERS = {
    "psycopg",
    "psycopg_binary",
    "psycopg_c",
    "psycopg2",
    "pymysql",
    "MySQLdb",
    "mysql",
    "mariadb",
    "pg8000",
}
_DRIVERS |= {"scramp", "asn1crypto", "dateutil", "six"}
"""Packages that a process may import while it works for a target and stay as good as new."""


class Baseline:
    """The process as it was before its first target."""

    def __init__(self) -> None:
        self._path, self._arguments = list(sys.path), list(sys.argv)
        self._finders = _finders()
        self._streams = sys.stdin, sys.stdout, sys.stderr
        self._hooks = sys.excepthook, sys.displayhook
        self._variables, self._directory = dict(os.environ), Path.cwd()
        self._umask = _umask()
        self._signals = {number: signal.getsignal(number) for number in _SIGNALS}
        self._warnings = list(warnings.filters)
        self._loggers = {logger: _state(logger) for logger in _loggers()}
        self._last_resort, self._disabled = logging.lastResort, logging.root.manager.disable
        self._modules = set(sys.modules)
        self._locale, self._timeout = locale.setlocale(locale.LC_ALL), socket.getdefaulttimeout()
        self._limit = sys.getrecursionlimit()
        self._listeners = _listeners()
        self._open = _open_files()

    def restore(self) -> str | None:
        """Put everything back; what cannot be is returned in a word, and the process must serve nobody else."""
        self._put_back()
        for _ in range(2):  # a connection that nobody has goes back to its pool, and is closed with that
            gc.collect()
        gc.freeze()  # what is left is not looked through again after the next target
        return next(self._traces(), None)

    def _put_back(self) -> None:
        sys.path[:], sys.argv[:] = self._path, self._arguments
        sys.stdin, sys.stdout, sys.stderr = self._streams
        sys.excepthook, sys.displayhook = self._hooks
        for name in set(os.environ) - set(self._variables):
            del os.environ[name]
        os.environ.update(self._variables)
        os.chdir(self._directory)
        os.umask(self._umask)
        for number, does in self._signals.items():
            signal.signal(number, does)
        warnings.filters[:] = self._warnings  # type: ignore[index]
        with suppress(AttributeError):
            warnings._filters_mutated()  # type: ignore[attr-defined]
        self._put_loggers_back()
        socket.setdefaulttimeout(self._timeout)
        sys.setrecursionlimit(self._limit)

    def _put_loggers_back(self) -> None:
        logging.lastResort, logging.root.manager.disable = self._last_resort, self._disabled
        for logger in _loggers():
            # One that was made since is as any is made: it may be a library's, loaded with this target.
            level, handlers, filters, propagate, disabled = self._loggers.get(logger, _NEW)
            if logger.level != level:  # setting it empties what all loggers remember
                logger.setLevel(level)
            logger.handlers[:], logger.filters[:] = handlers, filters
            logger.propagate, logger.disabled = propagate, disabled

    def _traces(self) -> Iterator[str]:
        if _open_files() - self._open:
            yield "an open file or connection"
        if threading.active_count() > 1:
            yield "a thread"
        if _has_children():
            yield "a process"
        if foreign := sorted(name for name in set(sys.modules) - self._modules if not _of_a_library(name)):
            yield f"the module {foreign[0]}"
        if self._finders != _finders():
            yield "a way to find modules"
        if locale.setlocale(locale.LC_ALL) != self._locale:
            yield "a locale"
        if any(count > self._listeners.get(name, 0) for name, count in _listeners().items()):
            yield "a listener to all of SQLAlchemy"


_NEW: tuple[int, list[Any], list[Any], bool, bool] = (logging.NOTSET, [], [], True, False)


def _state(logger: logging.Logger) -> tuple[int, list[Any], list[Any], bool, bool]:
    return logger.level, list(logger.handlers), list(logger.filters), logger.propagate, logger.disabled


def _loggers() -> list[logging.Logger]:
    made = logging.root.manager.loggerDict.values()
    return [logging.root, *(logger for logger in made if isinstance(logger, logging.Logger))]


def _finders() -> tuple[list[Any], list[Any]]:
    """Who finds modules; the one of ours that waits for drivers stays for the rest of the process."""
    return [one for one in sys.meta_path if type(one).__module__ != drivers.__name__], list(sys.path_hooks)


def _open_files() -> set[str]:
    """The numbers of this process's open files, the one that lists them left out."""
    return {path.name for path in Path("/proc/self/fd").iterdir() if os.path.lexists(path)}


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _has_children() -> bool:
    """Whether this process has a child, or one to reap: programs that env.py started and did not wait for."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def _of_a_library(name: str) -> bool:
    top = name.partition(".")[0]
    return top in _KNOWN | _DRIVERS or top in getattr(sys, "stdlib_module_names", ())


def _listeners() -> dict[str, int]:
    """How many listen to each event of a class as a whole, by class and event."""
    return {place: sum(map(len, listened._clslevel.values())) for place, listened in _events().items()}


@lru_cache(maxsize=1)
def _events() -> dict[str, Any]:
    """Each event of a class, by class and event: SQLAlchemy makes them once, with the class."""
    found: dict[str, Any] = {}
    for kind in _HEARD:
        dispatch: Any = getattr(kind, "dispatch")  # noqa: B009 - typed as an instance's alone
        for name in dir(dispatch._events):
            listened: Any = getattr(dispatch, name, None) if not name.startswith("_") else None
            if hasattr(listened, "_clslevel"):
                found[f"{kind.__name__}.{name}"] = listened
    return found
