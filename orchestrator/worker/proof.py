"""Tells of a driver's own connection whether it leads to the target, and makes one read-only.

What proves it is explained in `guard.py`. Here it is asked below SQLAlchemy, right after connecting, where no
transaction is anybody's yet: each question ends with a rollback, and the connection is left as it was found.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

FAMILIES = {"postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite"}
"""The family of a SQLAlchemy dialect by its name."""
_MODULES = (
    ("postgresql", re.compile(r"psycopg|pg8000|postgresql", re.IGNORECASE)),
    ("mysql", re.compile(r"mysql|mariadb", re.IGNORECASE)),
    ("sqlite", re.compile(r"sqlite|sqlcipher", re.IGNORECASE)),
)
_WHERE = {
    "postgresql": """SELECT 'postgresql database ' || quote_literal(current_database()) || ' at '
        || coalesce(host(inet_server_addr()) || ':' || inet_server_port(), 'a local socket')""",
    "mysql": """SELECT CONCAT('mysql database ', QUOTE(COALESCE(DATABASE(), '')),
        ' at ', @@hostname, ':', @@port)""",
}
_READ_ONLY = {
    "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = 1",
}


def family_of(connection: Any) -> str:
    """The family of a driver's connection, by the modules its class comes from; else the class's own module."""
    modules: list[str] = [kind.__module__ for kind in connection.__class__.__mro__ if kind is not object]
    for module in modules:
        for family, pattern in _MODULES:
            if pattern.search(module):
                return family
    return modules[0]


def is_target(connection: Any, family: str, expected: dict[str, Any]) -> bool:
    """Whether this connection leads to the target that the parent holds the proof in."""
    if family != expected["family"]:
        return False
    if family == "sqlite":
        return is_target_file(_path(connection), expected)
    try:
        return _refused_the_proof(connection, family, expected)
    finally:
        connection.rollback()


def in_memory(connection: Any, family: str) -> bool:
    """Whether this is a SQLite database that is gone with its connection."""
    return family == "sqlite" and not _path(connection)


def where(connection: Any, family: str) -> str:
    """Where it leads, for people: never a user, never a password."""
    if family == "sqlite":
        return f"the file {_path(connection)}"
    place = f"a {family} database"
    with suppress(Exception):
        place = str(_scalar(connection, _WHERE[family])) if family in _WHERE else place
        connection.rollback()
    return place


def make_read_only(connection: Any, family: str) -> None:
    """Have the server refuse every change on this connection; committed, or a rollback would take it back."""
    ask(connection, _READ_ONLY[family])
    connection.commit()


def file_of(database: Any) -> str:
    """The file that `sqlite3.connect` is asked for, links followed; nothing for a database in memory."""
    text = os.fsdecode(database)
    if text.startswith("file:"):
        parts = urlsplit(text)
        query = parse_qs(parts.query)
        if query.get("mode") == ["memory"] or query.get("vfs") == ["memdb"]:
            return ""
        text = unquote(parts.path)
    return "" if text in ("", ":memory:") else os.path.realpath(text)


def is_target_file(path: str, expected: dict[str, Any]) -> bool:
    """Whether the file is the target's: same device and inode, or the same path while there is none."""
    if expected["family"] != "sqlite" or not path:
        return False
    try:
        status = Path(path).stat()
    except OSError:
        return os.path.realpath(path) == os.path.realpath(str(expected["path"]))
    return bool((status.st_dev, status.st_ino) == (expected["device"], expected["inode"]))


def _refused_the_proof(connection: Any, family: str, expected: dict[str, Any]) -> bool:
    if family == "postgresql":
        key = f"CAST({int(expected['proof_key'])} AS bigint)"
        # A row means that it was granted; what a row looks like is up to whoever made the connection.
        if not ask(connection, f"SELECT 1 WHERE pg_try_advisory_lock({key})"):
            return True
        ask(connection, f"SELECT pg_advisory_unlock({key})")
        return False
    name = expected["proof_name"]
    if _scalar(connection, "SELECT DATABASE()") != expected["database"]:
        return False
    if _scalar(connection, f"SELECT GET_LOCK('{name}', 0)") == 0:
        return True
    ask(connection, f"SELECT RELEASE_LOCK('{name}')")
    return False


def _path(connection: Any) -> str:
    rows = [tuple(row) for row in ask(connection, "PRAGMA database_list")]
    return str(next((row[2] for row in rows if row[1] == "main"), "") or "")


def _scalar(connection: Any, statement: str) -> Any:
    row = ask(connection, statement)[0]
    # A row is a tuple, a dictionary or a driver's own record, which is both; some cursors give bare values.
    values = row.values() if hasattr(row, "values") else row
    return values if isinstance(values, (str, bytes, int)) or values is None else next(iter(values))


def ask(connection: Any, statement: str) -> list[Any]:
    """All rows of a statement on a driver's own connection, as the driver makes them; ends no transaction."""
    cursor = connection.cursor()
    try:
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []
    finally:
        cursor.close()
