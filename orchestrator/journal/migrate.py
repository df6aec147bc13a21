"""Makes and changes the journal's own tables, with Alembic: this tool's history is kept as it keeps others'."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.core.secrets import Secret
from orchestrator.core.urls import parse
from orchestrator.errors import JournalError, install
from orchestrator.journal.chain import TABLE
from orchestrator.journal.store import Store, damaged, location

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

VERSION_TABLE = "orchestrate_journal_version"
KNOWN = ("0001", "0002", "0003", "0004")
"""Every schema version this tool can read and write, oldest first; the last is the one it makes."""
BY_BYTES = "0004"
"""The version since which the journal has an index of the bytes that ran."""


def version(store: Store, where: str) -> str | None:
    """The journal's schema version, or None for a journal that has no tables yet.

    Raises JournalError for one that a newer tool has made, BrokenJournalError where one of its tables is gone.
    """
    present = store.tables() & {VERSION_TABLE, TABLE}
    if not present:
        return None
    rows = store.read(f"SELECT version_num FROM {VERSION_TABLE}") if VERSION_TABLE in present else []
    if not rows or TABLE not in present:
        raise damaged(where, f"{TABLE if rows else VERSION_TABLE} is gone or empty")
    found = str(rows[0][0])
    if found not in KNOWN:
        what = f"the journal has schema version {found}, made by a newer orchestrate; this one knows {KNOWN[-1]}"
        raise JournalError(what, where=where, mend=install("a newer orchestrate"))
    return found


def migrate(url: Secret, found: str | None) -> None:
    """Bring the journal's tables from the version found to the newest; raises JournalError where that fails.

    Tables that are there are written as they are by a role that may not change them: each known version can be.
    """
    try:
        with changing(url) as connection:
            upgrade(connection)
    except JournalError as error:
        cause = getattr(error.__cause__, "orig", None)
        if found is None or getattr(cause, "sqlstate", None) != _INSUFFICIENT_PRIVILEGE:
            raise


_INSUFFICIENT_PRIVILEGE = "42501"
_LOCK_NOT_AVAILABLE = "55P03"


@contextmanager
def changing(url: Secret) -> Iterator[Connection]:
    """A connection for changes to the tables: one transaction, alone among all writers; raises JournalError."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with _engine(url).begin() as connection:
            if connection.dialect.name == "postgresql":
                from orchestrator.journal.postgresql_store import begin_writing

                for statement in begin_writing():
                    connection.exec_driver_sql(statement)
            yield connection
    except SQLAlchemyError as error:
        raise _refused(url, getattr(error, "orig", error)) from error


def upgrade(connection: Connection) -> None:
    """Make the tables, or bring them to the newest version, inside the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _engine(url: Secret) -> Engine:
    """Whoever comes first makes all of it in one transaction, and the others wait for that one."""
    from sqlalchemy import create_engine, event
    from sqlalchemy.engine import make_url
    from sqlalchemy.pool import NullPool

    address = make_url(url.reveal())
    if address.get_backend_name() == "postgresql":
        from orchestrator.journal.postgresql_store import connect_postgresql

        return create_engine(
            "postgresql+psycopg://",
            creator=lambda: connect_postgresql(url, autocommit=False),
            poolclass=NullPool,
            hide_parameters=True,
        )
    from orchestrator.journal.sqlite_store import BUSY_SECONDS

    arguments = {"timeout": BUSY_SECONDS, "isolation_level": None}
    engine = create_engine(address, poolclass=NullPool, hide_parameters=True, connect_args=arguments)
    # Left alone, sqlite3 would commit each CREATE TABLE by itself: a kill in between would leave half a journal.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _refused(url: Secret, error: object) -> JournalError:
    """What the database refused, as an error for people."""
    what, mend = f"the journal's tables cannot be made: {error}", _mend(parse(url.reveal()))
    if getattr(error, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
        from orchestrator.journal.postgresql_store import LOCK_SECONDS

        what = f"the journal's tables cannot be made: somebody kept them locked for {LOCK_SECONDS} seconds"
        mend = "look who, in pg_locks and pg_stat_activity of that database; then again"
    return JournalError(what, where=location(url), mend=mend)


def _mend(address: object) -> str:
    if getattr(address, "family", None) == "postgresql":
        return "type it once as a role that owns the tables; INSERT and SELECT are enough afterwards"
    return "look at the file's permissions and the space left beside it"
