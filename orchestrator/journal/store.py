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
Question = tuple[str, Sequence[object]]
"""A query and its parameters."""
REBUILD = "restore the journal from a backup; without one: orchestrate journal rebuild --reason '…'"
"""The mend of a broken journal."""


ANOTHER = "or begin another, put it aside or ORCHESTRATE_JOURNAL; it knows of no run, approval or veto of this"
"""What is lost with a journal that is not used any more."""


class RefusedRowError(JournalError):
    """The database takes no such row: too long an actor, or one that is no text. Others can be added."""


class Store(Protocol):
    """One open connection to the journal's database. Statements use `?` for their parameters.

    Safe to share by threads: one at a time is served. Every method raises JournalError. `run` is what has begun
    with it: what fails then is taken up by resuming that.
    """

    run: str | None

    def read(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query."""

    def tables(self) -> frozenset[str]:
        """The names of the journal's tables that exist."""

    def append(self, after: After, unless: Question | None = None) -> list[Row]:
        """Insert what follows the end as one durable transaction, alone among all writers; returns it.

        Nothing is inserted where `unless`, asked in that transaction, finds a row.
        """

    def hold(self, run: str, who: str) -> str | None:
        """Hold the run until `close`; None where that is so now, else who holds it.

        It ends with this process too, once nobody has one of the `lifelines` open. On a server it lasts no longer
        than the session, and is taken again as soon as it can be. Tried once, and never waited for. `who` is what
        others are told.
        """

    @property
    def lifelines(self) -> tuple[int, ...]:
        """The descriptors with which the run that is held would be let go of."""

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


def unusable(where: str, error: Exception, run: str | None = None, *, server: bool = False) -> JournalError:
    """That the journal's database refuses, as an error for people; in the middle of a run where one is named."""
    mended = "once its server answers and takes what is written" if server else "mend it (space, permissions)"
    again = f"orchestrate resume {run}" if run else "the same command again"
    mend = f"{mended}{':' if server else '; then:'} {again}"
    if not (server or run):
        mend += f"\n{ANOTHER}"
    return JournalError(f"the journal cannot be used: {error}", where=where, mend=mend)


def damaged(where: str, error: object) -> BrokenJournalError:
    """That the journal's database is there and is no journal, or no longer one."""
    mend = f"{REBUILD}, or name another: ORCHESTRATE_JOURNAL"
    return BrokenJournalError(f"the journal cannot be used: {error}", where=where, mend=mend)
