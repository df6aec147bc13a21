"""An exception in words: what happened, in which file and line, without the parameters of a statement."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Any

_SHOWN = 500
_DRIVERS = {
    *("psycopg", "psycopg2", "psycopg2cffi", "pg8000", "asyncpg"),
    *("pymysql", "MySQLdb", "mysql", "mariadb", "asyncmy", "sqlite3", "sqlcipher3", "pysqlcipher3"),
}
"""The packages whose own exceptions, met past SQLAlchemy, are a database's too."""
_LIBRARIES = (os.sep + "site-packages" + os.sep, os.sep + "lib" + os.sep + "python", "<frozen", "<string>")


def describe(error: BaseException) -> dict[str, Any]:
    """The error as fields for the parent: `message`, `where` (file:line in the project), `statement`, `traceback`.

    `error_code` is the database's own: a SQLSTATE, MySQL's number, SQLite's name; None for any other error.
    SQLAlchemy's own text repeats the bound parameters, which may be anybody's data; the driver's is taken.
    """
    cause = getattr(error, "orig", None) or error
    return {
        "message": f"{type(cause).__name__}: {cause}".strip().rstrip(":"),
        "where": _where(error),
        "error_code": _code(cause) if _of_a_database(error) else None,
        "statement": _statement(error),
        "traceback": "".join(traceback.format_list(traceback.extract_tb(error.__traceback__))),
    }


def _of_a_database(error: BaseException) -> bool:
    """Whether a database said it. SQLAlchemy is not imported: a project that lacks it is to be told so."""
    kinds = type(error).__mro__
    wrapped = any((kind.__module__, kind.__name__) == ("sqlalchemy.exc", "DBAPIError") for kind in kinds)
    return wrapped or not _DRIVERS.isdisjoint(kind.__module__.partition(".")[0] for kind in kinds)


def _code(cause: BaseException) -> str | None:
    """What each driver calls it: MySQL's have a number first, pg8000 a mapping, older Pythons none for SQLite."""
    first = getattr(cause, "errno", None) or next(iter(cause.args), None)
    if isinstance(first, int):
        return str(first)
    found = first.get("C") if isinstance(first, dict) else None
    for name in ("sqlstate", "pgcode", "sqlite_errorname"):
        found = found or getattr(cause, name, None)
    if found is None and "database is locked" in str(cause):
        return "SQLITE_BUSY"
    return str(found) if found else None


def _statement(error: BaseException) -> str | None:
    statement = getattr(error, "statement", None)
    if not isinstance(statement, str):
        return None
    line = " ".join(statement.split())
    return line if len(line) <= _SHOWN else line[:_SHOWN] + "…"


def _where(error: BaseException) -> str | None:
    """The innermost place in the project's own files, where a person would look first."""
    here = str(Path(__file__).resolve().parent)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith(here) and not any(part in frame.filename for part in _LIBRARIES):
            return f"{os.path.relpath(frame.filename)}:{frame.lineno}"
    return None
