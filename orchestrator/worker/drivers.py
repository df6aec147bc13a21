"""Sees the connections that are opened past SQLAlchemy, by a driver's own `connect`.

SQLite's are seen before they are made, by Python's audit event `sqlite3.connect`, whoever makes them. After they
are made all drivers' are: the function is wrapped as soon as the driver has been imported. An asynchronous one
cannot be asked where it leads without waiting, so it is told of beforehand. Not seen: other programs.
"""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from .halt import Halt

_FUNCTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "sqlite3": ("sqlite", ("connect",)),
    "sqlite3.dbapi2": ("sqlite", ("connect",)),
    "psycopg2": ("postgresql", ("connect",)),
    "pg8000": ("postgresql", ("connect",)),
    "pg8000.dbapi": ("postgresql", ("connect",)),
    "MySQLdb": ("mysql", ("connect", "Connect", "Connection")),
    "mysql.connector": ("mysql", ("connect", "Connect")),
    "mariadb": ("mysql", ("connect",)),
}
_ASYNCHRONOUS = {"psycopg": "AsyncConnection.connect", "asyncpg": "connect", "aiomysql": "connect"}
_METHODS = {"psycopg": "postgresql", "pymysql.connections": "mysql"}
"""Where every way to connect ends in the method `Connection.connect`."""

_HERE = str(Path(__file__).parent)
_LIBRARIES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}", sysconfig.get_path("stdlib"))
"""What is in the path of every installed package, and of Python's own library."""

Connect = Callable[..., Any]


class Watcher(Protocol):
    """Who is told; what it raises reaches whoever wanted to connect."""

    def opening_file(self, database: Any) -> None:
        """`sqlite3.connect` is about to open this."""

    def opening(self, family: str, arguments: Sequence[Any], options: dict[str, Any]) -> None:
        """A driver is about to connect."""

    def opened(self, connection: Any, family: str) -> None:
        """A driver has connected."""

    def opening_unasked(self, driver: str) -> None:
        """A driver is about to connect that cannot be asked afterwards where it leads."""


class _Present:
    """Passes everything on to whoever watches now: what tells it stays in place for the rest of the process."""

    def __init__(self) -> None:
        self.watcher: Watcher | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.watcher, name)


_present = _Present()


def watch(watcher: Watcher) -> None:
    """Tell the watcher of every connection from here on, in place of who was told before."""
    first, _present.watcher = _present.watcher is None, watcher
    if not first:
        return

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "sqlite3.connect":
            _present.opening_file(arguments[0])

    sys.addaudithook(audit)
    for name in {**_FUNCTIONS, **_METHODS, **_ASYNCHRONOUS}:
        if name in sys.modules:
            _wrap(sys.modules[name], _present)
    sys.meta_path.insert(0, _AfterImport(_present))


def unwatch() -> None:
    """From here on nobody may connect, until there is a watcher again: there is no target to judge by."""
    if _present.watcher is not None:
        _present.watcher = _Nobody()


class _Nobody:
    """Refuses every connection."""

    def __getattr__(self, _name: str) -> Any:
        raise Halt("wrong_database", "refused a connection between two targets")


def called_by_a_library() -> bool:
    """Whether the code that wants to connect is installed, and not the project's own."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    return frame is None or any(place in frame.f_code.co_filename for place in _LIBRARIES)


class _AfterImport(MetaPathFinder):
    """Finds the drivers as Python would, and wraps each when it has been loaded."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in {**_FUNCTIONS, **_METHODS, **_ASYNCHRONOUS}:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        loader: Any = spec.loader if spec is not None else None
        if loader is not None:
            load = loader.exec_module

            def exec_module(module: ModuleType) -> None:
                load(module)
                _wrap(module, self._watcher)

            loader.exec_module = exec_module
        return spec


def _wrap(module: Any, watcher: Watcher) -> None:
    if module.__name__ in _ASYNCHRONOUS:
        _wrap_asynchronous(module, watcher)
    if module.__name__ in _METHODS:
        _wrap_method(module, watcher)
        return
    family, names = _FUNCTIONS.get(module.__name__, ("", ()))
    for name in names:
        setattr(module, name, _told(getattr(module, name), family, watcher))


def _wrap_method(module: Any, watcher: Watcher) -> None:
    family, kind = _METHODS[module.__name__], module.Connection
    method = vars(kind)["connect"]
    if isinstance(method, classmethod):
        kind.connect = classmethod(_told(method.__func__, family, watcher))
        module.connect = kind.connect
    else:
        kind.connect = _told(method, family, watcher)


def _wrap_asynchronous(module: Any, watcher: Watcher) -> None:
    kind, _, name = _ASYNCHRONOUS[module.__name__].rpartition(".")
    owner = getattr(module, kind) if kind else module
    connect = vars(owner)[name].__func__ if kind else getattr(owner, name)

    @functools.wraps(connect)
    def connecting(*args: Any, **kwargs: Any) -> Any:
        watcher.opening_unasked(module.__name__)
        return connect(*args, **kwargs)

    setattr(owner, name, classmethod(connecting) if kind else connecting)


def _told(connect: Connect, family: str, watcher: Watcher) -> Connect:
    @functools.wraps(connect)
    def connecting(*args: Any, **kwargs: Any) -> Any:
        watcher.opening(family, args, kwargs)
        made = connect(*args, **kwargs)
        watcher.opened(args[0] if made is None else made, family)
        return made

    return connecting
