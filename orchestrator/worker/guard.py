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
import stat
import time
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import text

from .halt import Halt
from .proof import FAMILIES, is_target_file

_ATTEMPTS = 4
_BLINK = 0.02
"""Seconds between attempts at a file lock."""
_PRIMARY = "give the URL of the primary server"
_held_files: dict[tuple[int, int], int] = {}
"""By device and inode, open for the rest of the process: closing one would give its work lock away."""
_own_sessions: set[int] = set()
"""The server's numbers of the sessions that this process took the work lock with: it is not in its own way."""


def admit(connection: Any, expected: dict[str, Any], context: Any) -> None:
    """Let env.py's connection in, or raise Halt; `expected` is what the parent's run lock says of the target.

    `context` is Alembic's, which says where env.py keeps its revisions.
    """
    family = FAMILIES.get(connection.dialect.name, connection.dialect.name)
    if family != expected["family"]:
        raise Halt("wrong_database", f"env.py connected to {family}, the target is {expected['family']}")
    {"postgresql": _postgresql, "mysql": _mysql, "sqlite": _sqlite}[family](connection, expected, context)


def _postgresql(connection: Any, expected: dict[str, Any], context: Any) -> None:
    proof, work = int(expected["proof_key"]), int(expected["work_key"])
    greeted = _greeted_as(connection)
    asked = _ASKED.format(proof=proof, greeted="pg_backend_pid()" if greeted is None else int(greeted))
    found = connection.execute(text(asked), {"table": context.version_table}).one()
    database, session, direct, granted, standby, read_only, home = found
    if not direct:
        what = f"env.py reaches database {database!r} through a connection pooler: locks taken there hold nothing"
        raise Halt("pooler", what)
    if granted:
        _one(connection, f"SELECT pg_advisory_unlock(CAST({proof} AS bigint))")
        raise Halt("wrong_database", _elsewhere(f"database {database!r}"))
    if standby:
        raise Halt("read_only", f"database {database!r} is on a standby", _PRIMARY)
    if read_only:
        role = _one(connection, "SELECT quote_ident(current_user)")
        mend = f"ALTER ROLE {role} RESET default_transaction_read_only (or ALTER DATABASE, where it is set there)"
        raise Halt("read_only", f"env.py's session in database {database!r} is read-only", mend)
    _same_place(context, expected, home)
    if _one(connection, f"SELECT pg_try_advisory_lock(CAST({work} AS bigint))"):
        _own_sessions.add(session)
    elif not _own_sessions & set(connection.execute(text(_HOLDERS), {"key": work}).scalars()):
        raise Halt("work_locked", "the server still works for an earlier run in this database")


def _greeted_as(connection: Any) -> int | None:
    """The server process that whoever answered gave at the connection's beginning; None where no driver tells.

    A server gives its own; a pooler, which shares a few of them, gives one of its making.
    """
    driver: Any = getattr(connection.connection, "driver_connection", None)
    pid: int | None = getattr(getattr(driver, "info", None), "backend_pid", None)  # psycopg, psycopg2
    return driver.get_server_pid() if hasattr(driver, "get_server_pid") else pid  # asyncpg


_HOME = """
SELECT coalesce(
  (SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relname = :table AND pg_catalog.pg_table_is_visible(c.oid)),
  current_schema())
"""
_ASKED = f"""
SELECT current_database(), pg_backend_pid(), pg_backend_pid() = {{greeted}},
  CASE WHEN pg_backend_pid() = {{greeted}} THEN pg_try_advisory_lock(CAST({{proof}} AS bigint)) END,
  pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', ({_HOME})
"""
"""All at once: each statement takes SQLAlchemy longer than the server. Behind a pooler no lock is tried."""
_HOLDERS = """
SELECT pid FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
  AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  AND classid::bigint = (CAST(:key AS bigint) >> 32) & 4294967295
  AND objid::bigint = CAST(:key AS bigint) & 4294967295
"""
"""The server's sessions that hold an advisory lock with a bigint key, which is shown there in two halves."""


def let_go() -> None:
    """Forget the target: its work lock is free with this, where it was not with the connection."""
    for descriptor in _held_files.values():
        os.close(descriptor)
    _held_files.clear()
    _own_sessions.clear()


def place(context: Any) -> str | None:
    """The schema that env.py's version table is in, or would be made in: as it says, or as its session decides."""
    schema: str | None = context.version_table_schema
    if schema is None and context.connection is not None:
        family = FAMILIES.get(context.connection.dialect.name)
        if family == "sqlite":
            return "main"
        home = text(_HOME).bindparams(table=context.version_table)
        schema = context.connection.execute(home if family == "postgresql" else text("SELECT DATABASE()")).scalar()
    return schema


def _same_place(context: Any, expected: dict[str, Any], home: str | None) -> None:
    """Refuse where env.py keeps its revisions in another table than the one that was read.

    Schemas are compared by where they lead: what one side names, the other may take from the session (`home`
    here, `expected["home"]` there).
    """
    schema = expected["version_table_schema"] or expected["home"]
    wanted = (schema, expected["version_table"])
    found = (context.version_table_schema or home, context.version_table)
    if found == wanted or (schema is None and found[1] == wanted[1] and context.version_table_schema is None):
        return
    if expected.get("schema") is not None and found[1] == wanted[1]:
        raise Halt("tenant", _of_another(expected["schema"], schema, found[0]))
    names = [".".join(part for part in pair if part) for pair in (found, wanted)]
    keys = ("version_table_schema", "version_table")
    write = ", ".join(f"{key}: {name}" for key, name, other in zip(keys, found, wanted) if name != other)
    what = f"env.py keeps its revisions in table {names[0]}, not in {names[1]}"
    if context.version_table_schema is None and found[1] == wanted[1]:
        what = f"env.py works in schema {home!r}, but the version table was looked for in {schema!r}"
    raise Halt("version_table", what, write)


def _of_another(tenant: str, wanted: str | None, found: str | None) -> str:
    if found is None:
        return f"env.py's session has no schema: {tenant!r} does not exist, or its role may not use it"
    return f"env.py works in schema {found!r}: it was not told its tenant, whose version table is in {wanted!r}"


def _mysql(connection: Any, expected: dict[str, Any], context: Any) -> None:
    database = _one(connection, "SELECT DATABASE()")
    proof = {"name": expected["proof_name"]}
    if database != expected["database"]:
        raise Halt("wrong_database", _elsewhere(f"database {database!r}"))
    if connection.execute(text("SELECT GET_LOCK(:name, 0)"), proof).scalar() != 0:
        connection.execute(text("SELECT RELEASE_LOCK(:name)"), proof)
        raise Halt("wrong_database", _elsewhere(f"database {database!r}"))
    if _one(connection, "SELECT @@global.read_only"):
        raise Halt("read_only", f"the server of database {database!r} is read-only", _PRIMARY)
    _same_place(context, expected, database)
    name = "orchestrate_work_" + hashlib.sha256(f"{database}\0{expected['token']}".encode()).hexdigest()[:40]
    session = _one(connection, "SELECT CONNECTION_ID()")
    if _one(connection, f"SELECT GET_LOCK('{name}', 0)") == 1:
        _own_sessions.add(session)
    elif _one(connection, f"SELECT IS_USED_LOCK('{name}')") not in _own_sessions:
        raise Halt("work_locked", "the server still works for an earlier run in this database")


def _sqlite(connection: Any, expected: dict[str, Any], context: Any) -> None:
    rows = connection.execute(text("PRAGMA database_list")).fetchall()
    path = next((row[2] for row in rows if row[1] == "main"), "")
    if not path:
        raise Halt("wrong_database", _elsewhere("a SQLite database in memory"))
    if not is_target_file(path, expected):
        raise Halt("wrong_database", _elsewhere(f"the file {path}"))
    _same_place(context, expected, "main")
    if not _held(expected["work_lock"]):
        _lock_file(expected)


def _held(path: str) -> bool:
    """Whether this process has this file locked: env.py may configure twice, and a second descriptor conflicts."""
    with suppress(FileNotFoundError):
        status = os.lstat(path)
        return (status.st_dev, status.st_ino) in _held_files
    return False


def _lock_file(expected: dict[str, Any]) -> None:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    descriptor = os.open(expected["work_lock"], flags, 0o600)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        os.close(descriptor)
        raise Halt("lock_file", f"the lock file {expected['work_lock']} is a link or no file, and was not touched")
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
