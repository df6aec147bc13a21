"""The proof that env.py connected to the database that was meant, and the lock that lives while it works.

Beside the run lock the parent's session holds a lock whose key it drew at random, the proof. On env.py's own
connection the same lock is tried: it must be refused. Granted means another database, a clone, or a pooler in
between that fakes session locks. The run lock would not do: its key is the same in every database, where another
run may hold it. Names, URLs and server fingerprints do not prove this; the lock does, on MySQL together with the
database's name, since its locks are the server's (SQLite: the same device and inode).
Then the work lock is taken on this connection, where the server keeps it as long as it works for it, also
after this process was killed. Nothing here changes anything in the database.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import text

from .halt import Halt

_FAMILIES = {"postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite"}
_ATTEMPTS = 4
_BLINK = 0.02
"""Seconds between attempts at a file lock."""
_held_files: dict[tuple[int, int], int] = {}
"""By device and inode, open for the rest of the process: closing one would give its work lock away."""


def admit(connection: Any, expected: dict[str, Any]) -> None:
    """Let env.py's connection in, or raise Halt; `expected` is what the parent's run lock says of the target."""
    family = _FAMILIES.get(connection.dialect.name, connection.dialect.name)
    if family != expected["family"]:
        raise Halt("wrong_database", f"env.py connected to {family}, the target is {expected['family']}")
    {"postgresql": _postgresql, "mysql": _mysql, "sqlite": _sqlite}[family](connection, expected)


def _postgresql(connection: Any, expected: dict[str, Any]) -> None:
    proof, work = int(expected["proof_key"]), int(expected["work_key"])
    database = _one(connection, "SELECT current_database()")
    if _one(connection, f"SELECT pg_try_advisory_lock(CAST({proof} AS bigint))"):
        _one(connection, f"SELECT pg_advisory_unlock(CAST({proof} AS bigint))")
        raise Halt("wrong_database", _elsewhere(f"database {database!r}"))
    if _one(connection, "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'"):
        raise Halt("read_only", f"database {database!r} is a standby or read-only for this role")
    _same_schema(connection, expected)
    if not _one(connection, f"SELECT pg_try_advisory_lock(CAST({work} AS bigint))"):
        raise Halt("work_locked", "the server still works for an earlier run in this database")


_HOME = """
SELECT coalesce(
  (SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relname = :table AND pg_catalog.pg_table_is_visible(c.oid)),
  current_schema())
"""


def _same_schema(connection: Any, expected: dict[str, Any]) -> None:
    """Refuse where this session's search path leads to another version table than the parent's session saw."""
    wanted = expected["home"]
    if wanted is None:
        return
    found = connection.execute(text(_HOME), {"table": expected["version_table"]}).scalar()
    if found != wanted:
        raise Halt(
            "version_table",
            f"env.py works in schema {found!r}, but the version table was looked for in {wanted!r}",
        )


def _mysql(connection: Any, expected: dict[str, Any]) -> None:
    database = _one(connection, "SELECT DATABASE()")
    proof = {"name": expected["proof_name"]}
    if database != expected["database"]:
        raise Halt("wrong_database", _elsewhere(f"database {database!r}"))
    if connection.execute(text("SELECT GET_LOCK(:name, 0)"), proof).scalar() != 0:
        connection.execute(text("SELECT RELEASE_LOCK(:name)"), proof)
        raise Halt("wrong_database", _elsewhere(f"database {database!r}"))
    if _one(connection, "SELECT @@global.read_only"):
        raise Halt("read_only", f"the server of database {database!r} is read-only")
    key = hashlib.sha256(f"{database}\0{expected['token']}".encode()).hexdigest()[:40]
    if _one(connection, f"SELECT GET_LOCK('orchestrate_work_{key}', 0)") != 1:
        raise Halt("work_locked", "the server still works for an earlier run in this database")


def _sqlite(connection: Any, expected: dict[str, Any]) -> None:
    rows = connection.execute(text("PRAGMA database_list")).fetchall()
    path = next((row[2] for row in rows if row[1] == "main"), "")
    if not path:
        raise Halt("wrong_database", _elsewhere("a SQLite database in memory"))
    found = Path(path).stat()
    if (found.st_dev, found.st_ino) != (expected["device"], expected["inode"]):
        raise Halt("wrong_database", _elsewhere(f"the file {path}"))
    if not _held(expected["work_lock"]):
        _lock_file(expected)


def _held(path: str) -> bool:
    """Whether this process has this file locked: env.py may configure twice, and a second descriptor conflicts."""
    with suppress(FileNotFoundError):
        status = os.lstat(path)
        return (status.st_dev, status.st_ino) in _held_files
    return False


def _lock_file(expected: dict[str, Any]) -> None:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(expected["work_lock"], flags, 0o600)
    if not _locked_soon(descriptor):
        os.close(descriptor)
        raise Halt("work_locked", "another process still works in this file for an earlier run")
    since = datetime.now(timezone.utc).isoformat(timespec="seconds")
    said = {"run": expected["run"], "who": expected["who"], "pid": os.getpid(), "since": since}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(said).encode(), 0)
    status = os.fstat(descriptor)
    _held_files[status.st_dev, status.st_ino] = descriptor


def _locked_soon(descriptor: int) -> bool:
    """Lock the file; one who only asks whether it is locked holds it for an instant."""
    for attempt in range(_ATTEMPTS):
        time.sleep(_BLINK if attempt else 0)
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False


def _elsewhere(place: str) -> str:
    return f"env.py connected to {place}, which is not the target's database (or a pooler stands in between)"


def _one(connection: Any, statement: str) -> Any:
    return connection.execute(text(statement)).scalar()
