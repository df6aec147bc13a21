"""What one probe saw at one time. A fact, never an opinion: what it means is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.core.targets import Target

if TYPE_CHECKING:
    from orchestrator.core.inspection import Lack


class Reading(StrEnum):
    """How far a probe came."""

    VERSIONED = "versioned"
    """The version table is there and was read; it may hold no row."""
    EMPTY = "empty"
    """No version table, and no table in the schema."""
    UNVERSIONED = "unversioned"
    """No version table, but the schema has tables."""
    HIDDEN = "hidden"
    """There is a version table that this role cannot see or read."""
    DENIED = "denied"
    """The server answered and did not let this role in."""
    UNREACHABLE = "unreachable"
    """No server answered, or the server has no such database."""

    @property
    def answered(self) -> bool:
        """Whether the database let this role in."""
        return self not in (Reading.DENIED, Reading.UNREACHABLE)

    @property
    def readable(self) -> bool:
        """Whether the heads are known."""
        return self in (Reading.VERSIONED, Reading.EMPTY)


def another(one: str | None, two: str | None) -> bool:
    """Whether these are identities of two databases; of one that is not known nothing is said."""
    return None not in (one, two) and one != two


@dataclass(frozen=True, slots=True)
class Observation:
    """One target as one probe saw it.

    `heads` are the rows of the version table, sorted. `identity` tells this database from others and is stable
    over restarts; `instance` adds what only this running server has, so two observations with the same
    `instance` are one database. `schema` is where the version table is, or would be made. `encrypted` is None
    where nothing leaves this machine, or nobody answered. `barriers` are what would keep a revision from being
    recorded; None where that was not asked. `absent` says that the server answered and has no such database or
    schema. `version_table` is the one that was read, as SQL names it from any session of this database.
    """

    target: Target
    reading: Reading
    at: datetime
    heads: tuple[str, ...] = ()
    family: str = ""
    server: str = ""
    identity: str | None = None
    instance: str | None = None
    schema: str | None = None
    encrypted: bool | None = None
    detail: str | None = None
    mend: str | None = None
    barriers: tuple[Lack, ...] | None = None
    absent: bool = False
    version_table: str | None = None

    @property
    def missing(self) -> bool:
        """Whether it is not there, and no run makes it."""
        return self.absent and not self.reading.readable

    @property
    def adoptable(self) -> bool:
        """Whether it has tables and no version table, nor anything else of that name."""
        return self.reading is Reading.UNVERSIONED and self.detail is None

    @property
    def transactional(self) -> bool:
        """Whether this database undoes a failed revision, DDL included (Alembic's `impl.transactional_ddl`)."""
        return self.family == "postgresql"

    @property
    def schema_tells(self) -> bool:
        """Whether an unchanged schema proves that a revision whose process died left nothing.

        On SQLite: DDL within a transaction does not end it, and what a dead process changed in one is undone.
        """
        return self.family == "sqlite"
