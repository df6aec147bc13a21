"""The two databases a journal may live in, behind the few things a journal needs of either.

Plain drivers: `status` reads the journal, and must not pay for an ORM. The tables themselves are made and
changed by Alembic, in `migrate.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from orchestrator.core.secrets import Secret
from orchestrator.core.urls import MEMORY, parse
from orchestrator.errors import BrokenJournalError, ConfigurationError, JournalError
from orchestrator.journal.chain import Row

After = Callable[[int, str], list[Row]]
"""The rows to append, given the last sequence and digest."""
REBUILD = "restore the journal from a backup; without one: orchestrate journal rebuild --reason '…'"
"""The mend of a broken journal."""


class RefusedRowError(JournalError):
    """The database takes no such row: too long an actor, or one that is no text. Others can be added."""


class Store(Protocol):
    """One open connection to the journal's database. Statements use `?` for their parameters.

    Safe to share by threads: one at a time is served. Every method raises JournalError.
    """

    def read(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query."""

    def tables(self) -> frozenset[str]:
        """The names of the journal's tables that exist."""

    def append(self, after: After) -> list[Row]:
        """Insert what follows the end as one durable transaction, alone among all writers; returns it."""

    def close(self) -> None:
        """Give the connection back."""


def location(url: Secret) -> str:
    """Where a journal is, for people: a path, or server and database."""
    address = parse(url.reveal())
    return address.shown if address else "the journal's URL"


def file_of(url: Secret) -> Path | None:
    """The file of a journal in SQLite, None for one in PostgreSQL.

    Raises ConfigurationError for a URL that is neither.
    """
    address = parse(url.reveal())
    match address.family if address else None:
        case "sqlite" if address is not None and address.database not in (None, "", MEMORY):
            return Path(str(address.database)).absolute()
        case "postgresql":
            return None
        case _:
            mend = "journal: sqlite:///.orchestrator/journal.db, or a postgresql:// URL"
            raise ConfigurationError(
                "a journal lives in a SQLite file or in PostgreSQL", where="journal", mend=mend
            )


def refused_row(where: str, error: Exception) -> RefusedRowError:
    """That the journal's database takes no such row, as an error for people."""
    mend = "an actor has 200 characters at most, a revision 100, a target 300, all of them valid UTF-8"
    return RefusedRowError(f"the journal takes no such event: {error}", where=where, mend=mend)


def unusable(where: str, error: Exception) -> JournalError:
    """That the journal's database refuses, as an error for people."""
    mend = "mend it (space, permissions) or put it aside, or name another: ORCHESTRATE_JOURNAL; then again"
    return JournalError(f"the journal cannot be used: {error}", where=where, mend=mend)


def damaged(where: str, error: object) -> BrokenJournalError:
    """That the journal's database is there and is no journal, or no longer one."""
    mend = f"{REBUILD}, or name another: ORCHESTRATE_JOURNAL"
    return BrokenJournalError(f"the journal cannot be used: {error}", where=where, mend=mend)
