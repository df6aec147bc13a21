"""SQLite: a file is opened, side files are locked. Creates nothing unless a run is about to begin."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlencode

from orchestrator.core.identifiers import identifier
from orchestrator.core.observations import Reading
from orchestrator.core.urls import MEMORY, Address
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.family import (
    Definition,
    driver,
    fingerprint,
    heads_of,
    no_version_column,
    one_line,
    seconds,
    told,
)
from orchestrator.databases.holders import LockSession
from orchestrator.databases.sight import Failure, Sight
from orchestrator.databases.sqlite_locks import SideFileLocks
from orchestrator.errors import ConfigurationError

if TYPE_CHECKING:
    import sqlite3

_OF_THE_DRIVER = {"uri", "timeout", "isolation_level", "detect_types", "check_same_thread", "cached_statements"}
_OBJECTS = (
    "SELECT type, name, tbl_name, sql FROM {schema}.sqlite_master WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'"
)
_COLUMNS = """
SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden
FROM {schema}.sqlite_master AS m, pragma_table_xinfo(m.name, ?) AS c WHERE m.type = 'table'
"""


_OUR_FOLDER = ".orchestrator"


@dataclass(frozen=True, slots=True)
class File:
    """The file that a URL names, and the URI options that decide how it is opened."""

    path: Path
    options: tuple[tuple[str, str], ...] = ()

    @property
    def uri(self) -> str:
        """The URI that opens it and never makes it.

        Not mode=ro: of a database in WAL mode that leaves -wal and -shm files behind, and it cannot read past
        the journal of a writer that was killed. Both were measured with SQLite 3.40.
        """
        return f"file:{quote(str(self.path))}?{urlencode({**dict(self.options), 'mode': 'rw'})}"


def observe(endpoint: Endpoint, address: Address, *, rights: bool = False) -> Sight:  # noqa: ARG001 - asked apart
    """Reads the version table; a missing file is an empty database and stays missing."""
    server = f"SQLite {driver('sqlite3', 'sqlite').sqlite_version}"
    schema = endpoint.version_table_schema or "main"
    file = file_of(address)
    if file is not None and not has_folder(file.path):
        folder = file.path.parent
        return Sight(
            Reading.UNREACHABLE,
            server=server,
            schema=schema,
            detail=f"the directory {folder} does not exist",
            mend=f"mkdir -p {folder}   # or correct the url",
        )
    if file is None or not file.path.exists():
        path = str(file.path) if file else MEMORY
        place = fingerprint("sqlite", path, schema, endpoint.version_table)
        why = "no file yet" if file else "in memory: every connection has its own"
        return Sight(Reading.EMPTY, (), server, place, place, schema, why)
    status = file.path.stat()
    # The identity is the path's, so that a plan made before the first run made the file still fits after it.
    identity = fingerprint("sqlite", file.path, schema, endpoint.version_table)
    instance = fingerprint("sqlite", status.st_dev, status.st_ino, schema, endpoint.version_table)
    with opened(file, endpoint) as connection:
        reading, heads, failure = _read(connection, endpoint, schema)
    detail, mend, _ = told(failure)
    table = identifier(schema, endpoint.version_table)
    return Sight(reading, heads, server, identity, instance, schema, detail, mend, version_table=table)


def definitions(endpoint: Endpoint, address: Address) -> Iterable[Definition]:
    """Tables, columns, indexes, views and triggers as `sqlite_master` and `table_xinfo` tell them."""
    file = file_of(address)
    if file is None or not file.path.exists():
        return
    schema = endpoint.version_table_schema or "main"
    with opened(file, endpoint) as connection:
        for kind, name, table, sql in connection.execute(_OBJECTS.format(schema=identifier(schema))):
            yield Definition(f"{kind} {name}", f"{table} {sql}")
        for table, column, *rest in connection.execute(_COLUMNS.format(schema=identifier(schema)), (schema,)):
            yield Definition(f"column {table}.{column}", repr(rest))


def open_locks(endpoint: Endpoint, address: Address, run_id: str | None) -> LockSession:
    """The locks beside the file; for a run, the file is made if it is missing, so that it has an identity."""
    file = file_of(address)
    if file is None:
        raise ConfigurationError(
            "a database in memory ends with its connection: it cannot be migrated",
            where=str(endpoint.target),
            mend=f"give {endpoint.target.environment} the url of a file, as sqlite:///app.db",
        )
    if run_id is not None:
        if has_folder(file.path):
            file.path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            file.path.touch(exist_ok=False)
    return SideFileLocks(file.path, run_id)


def has_folder(path: Path) -> bool:
    """Whether a file may be made there: elsewhere than in our own folder a missing directory is a wrong path."""
    return path.parent.is_dir() or _OUR_FOLDER in path.parts


def explain(error: Exception, endpoint: Endpoint, address: Address) -> Failure | None:
    """SQLite's errors and the file system's."""
    place = address.database or MEMORY
    sqlite3 = driver("sqlite3", "sqlite")
    denied = Failure(
        Reading.DENIED, f"not permitted to open {place}", f"let this user read and write {place} and its directory"
    )
    if isinstance(error, PermissionError):
        return denied
    if isinstance(error, OSError):
        return Failure(Reading.UNREACHABLE, f"cannot open {place}: {error.strerror or error}", f"look at {place}")
    if not isinstance(error, sqlite3.Error):
        return None
    unreadable = {
        "BUSY": (f"was locked by a writer for {seconds(endpoint.timeouts.connect)}", "try again when it is done"),
        "NOTADB": ("is not a SQLite database", "check the url, or restore the file"),
        "CORRUPT": ("is damaged", "restore the file"),
    }
    # SQLITE_BUSY_RECOVERY and the like tell more than we need.
    kind = getattr(error, "sqlite_errorname", "SQLITE_").split("_")[1]
    if kind in ("CANTOPEN", "READONLY", "PERM", "AUTH"):
        return denied
    cause, mend = unreadable.get(kind, (f"cannot be read: {one_line(error, address)}", f"look at {place}"))
    return Failure(Reading.UNREACHABLE, f"{place} {cause}", mend)


def file_of(address: Address) -> File | None:
    """The file that the URL names; None for a database in memory."""
    # As SQLAlchemy's pysqlite dialect: `file:` is a URI only with `uri=true`, and then takes the other arguments.
    database = address.database or MEMORY
    query = {key: value for key, value in address.query if key not in _OF_THE_DRIVER}
    if database.startswith("file:") and dict(address.query).get("uri", "").lower() in ("true", "1", "yes", "on"):
        path, _, _ = database.removeprefix("file:").partition("?")
        if path.startswith("//"):
            path = f"/{path[2:].partition('/')[2]}"
        if query.pop("mode", None) == "memory" or unquote(path) in ("", MEMORY):
            return None
        return File(_real(unquote(path)), tuple(query.items()))
    return None if database == MEMORY else File(_real(database))


def _real(path: str) -> Path:
    return Path(os.path.realpath(path))


@contextmanager
def opened(file: File, endpoint: Endpoint) -> Iterator[sqlite3.Connection]:
    """A connection to a file that is there, which changes nothing; raises OSError or sqlite3.Error."""
    if not stat.S_ISREG(file.path.stat().st_mode):
        raise OSError(0, "it is not a file")
    connection = driver("sqlite3", "sqlite").connect(file.uri, uri=True, timeout=endpoint.timeouts.connect)
    try:
        connection.execute("PRAGMA query_only = ON")
        yield connection
    finally:
        connection.close()


def _read(
    connection: sqlite3.Connection, endpoint: Endpoint, schema: str
) -> tuple[Reading, tuple[str, ...], Failure | None]:
    rows = connection.execute(_OBJECTS.format(schema=identifier(schema)))
    objects = {name for kind, name, *_ in rows if kind != "index"}
    table = endpoint.version_table
    if table not in objects:
        return (Reading.UNVERSIONED if objects else Reading.EMPTY), (), None
    columns = connection.execute("SELECT name FROM pragma_table_xinfo(?, ?)", (table, schema))
    if ("version_num",) not in columns.fetchall():
        return Reading.UNVERSIONED, (), no_version_column(endpoint)
    rows = connection.execute(f"SELECT version_num FROM {identifier(schema, table)}")
    return Reading.VERSIONED, heads_of(rows), None
