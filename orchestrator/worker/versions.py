"""What this worker runs on; it is recorded, since versions can change what a revision does."""

from __future__ import annotations

import os
import platform
import sqlite3
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import alembic
import sqlalchemy


def versions(dialect: Any) -> dict[str, str]:
    """What `ran_on` says, and this process's id."""
    return {**ran_on(dialect), "process": str(os.getpid())}


def ran_on(dialect: Any | None) -> dict[str, str]:
    """The versions of Python, Alembic and SQLAlchemy; the driver's name and version where one was used."""
    found = {
        "python": platform.python_version(),
        "alembic": alembic.__version__,
        "sqlalchemy": sqlalchemy.__version__,
    }
    return found if dialect is None else {**found, "driver": dialect.driver, "driver_version": _version(dialect)}


def _version(dialect: Any) -> str:
    """SQLite's own version for its drivers; for others the package's, since a module may tell another's."""
    if dialect.name == "sqlite":
        return sqlite3.sqlite_version
    if (packaged := _packaged(dialect.driver)) is not None:
        return packaged
    return str(getattr(getattr(dialect, "dbapi", None), "__version__", "unknown")).partition(" ")[0]


@cache
def _packaged(name: str) -> str | None:
    """The package's version, None without such a package; read once, for every target of this process."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
