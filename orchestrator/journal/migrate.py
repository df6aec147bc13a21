"""Makes and changes the journal's own tables, with Alembic: this tool's history is kept as it keeps others'."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.core.secrets import Secret
from orchestrator.core.urls import parse
from orchestrator.errors import JournalError
from orchestrator.journal.store import APPEND_LOCK, BUSY_SECONDS, Store, connect_postgresql, location

if TYPE_CHECKING:
    from sqlalchemy import Engine

VERSION_TABLE = "orchestrate_journal_version"
KNOWN = ("0001",)
"""Every schema version this tool can read, oldest first; the last is the one it writes."""


def version(store: Store) -> str | None:
    """The journal's schema version, or None for a journal that has no tables yet.

    Raises JournalError for one that a newer tool has made.
    """
    if VERSION_TABLE not in store.tables():
        return None
    rows = store.read(f"SELECT version_num FROM {VERSION_TABLE}")
    found = str(rows[0][0]) if rows else None
    if found is not None and found not in KNOWN:
        what = f"the journal has schema version {found}, made by a newer orchestrate; this one knows {KNOWN[-1]}"
        raise JournalError(what, mend="pip install --upgrade orchestrate-alembic")
    return found


def migrate(url: Secret) -> None:
    """Bring the journal's tables to the newest version; raises JournalError where that fails."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy.exc import SQLAlchemyError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        with _engine(url).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({APPEND_LOCK})")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except SQLAlchemyError as error:
        what = f"the journal's tables cannot be made: {getattr(error, 'orig', error)}"
        raise JournalError(what, where=location(url), mend=_mend(parse(url.reveal()))) from error


def _engine(url: Secret) -> Engine:
    """Whoever comes first makes all of it in one transaction, and the others wait for that one."""
    from sqlalchemy import create_engine, event
    from sqlalchemy.engine import make_url
    from sqlalchemy.pool import NullPool

    address = make_url(url.reveal())
    if address.get_backend_name() == "postgresql":
        return create_engine(
            "postgresql+psycopg://",
            creator=lambda: connect_postgresql(url, autocommit=False),
            poolclass=NullPool,
            hide_parameters=True,
        )
    arguments = {"timeout": BUSY_SECONDS, "isolation_level": None}
    engine = create_engine(address, poolclass=NullPool, hide_parameters=True, connect_args=arguments)
    # Left alone, sqlite3 would commit each CREATE TABLE by itself: a kill in between would leave half a journal.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _mend(address: object) -> str:
    if getattr(address, "family", None) == "postgresql":
        return "grant CREATE in that schema for the first run; INSERT and SELECT are enough afterwards"
    return "look at the file's permissions and the space left beside it"
