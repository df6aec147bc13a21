"""Makes and changes the journal's own tables, with Alembic: this tool's history is kept as it keeps others'."""

from __future__ import annotations

from pathlib import Path

from orchestrator.core.secrets import Secret
from orchestrator.core.urls import parse
from orchestrator.errors import JournalError
from orchestrator.journal.store import Store, location

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
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    address = make_url(url.reveal())
    if address.get_backend_name() == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    engine = create_engine(address, poolclass=NullPool, hide_parameters=True)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except SQLAlchemyError as error:
        what = f"the journal's tables cannot be made: {getattr(error, 'orig', error)}"
        raise JournalError(what, where=location(url), mend=_mend(parse(url.reveal()))) from error


def _mend(address: object) -> str:
    if getattr(address, "family", None) == "postgresql":
        return "grant CREATE in that schema for the first run; INSERT and SELECT are enough afterwards"
    return "look at the file's permissions and the space left beside it"
