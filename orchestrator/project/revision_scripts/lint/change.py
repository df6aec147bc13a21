"""What rules look at: single changes of a revision, the same whether Alembic, SQL or SQLAlchemy words them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

_VARYING = re.compile(r"\{(?![A-Z][\w.]*\})")


class Kind(StrEnum):
    """What a change does."""

    CREATE_TABLE = "create table"
    DROP_TABLE = "drop table"
    DROP_VIEW = "drop view"
    CREATE_VIEW = "create view"
    DROP_ALL = "drop all"
    """A schema, a database, every table of the models."""
    RENAME_TABLE = "rename table"
    ADD_COLUMN = "add column"
    DROP_COLUMN = "drop column"
    RENAME_COLUMN = "rename column"
    ALTER_TYPE = "alter type"
    RENAME_VALUE = "rename value"
    """Of an enumerated type."""
    SET_NOT_NULL = "set not null"
    CREATE_INDEX = "create index"
    DROP_INDEX = "drop index"
    ADD_FOREIGN_KEY = "foreign key"
    ADD_CHECK = "check constraint"
    ADD_UNIQUE = "unique constraint"
    ADD_PRIMARY_KEY = "primary key"
    ADD_EXCLUDE = "exclude constraint"
    DROP_CONSTRAINT = "drop constraint"
    VALIDATE = "validate constraint"
    LOCK = "lock"
    """A statement that takes a whole table and whose name says so."""
    ACCESS = "access"
    """What takes from others the right to use a table, or to see its rows."""
    UNCHECKED = "unchecked"
    """MySQL looks at no foreign key from here on."""
    OTHER = "other"
    """A change of the schema that no rule is about."""
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"
    TRUNCATE = "truncate"
    LEAVE = "leave"
    """The end of the transaction in the middle of a revision."""
    UNREAD = "unread"
    """What the text does not tell."""


ROWS = frozenset({Kind.INSERT, Kind.UPDATE, Kind.DELETE})
"""What changes rows and not the schema."""
NO_SCHEMA = ROWS | {
    *(Kind.TRUNCATE, Kind.LEAVE, Kind.UNREAD, Kind.VALIDATE, Kind.LOCK, Kind.ACCESS, Kind.UNCHECKED)
}
"""What leaves the schema as it is."""
CONSTRAINTS = frozenset(
    {Kind.ADD_FOREIGN_KEY, Kind.ADD_CHECK, Kind.ADD_UNIQUE, Kind.ADD_PRIMARY_KEY, Kind.ADD_EXCLUDE}
)
_ADDING = CONSTRAINTS | {Kind.ADD_COLUMN}
_UNDOING = frozenset({Kind.DROP_COLUMN, Kind.RENAME_COLUMN, Kind.DROP_CONSTRAINT})


class Trait(StrEnum):
    """What makes a change harmless, or worse."""

    NOT_NULL = "not null"
    DEFAULT = "server default"
    REWRITING = "rewriting"
    """A new column whose values differ from row to row: the table is written anew."""
    CONCURRENTLY = "concurrently"
    NOT_VALID = "not valid"
    USING_INDEX = "using index"
    WHERE = "where"
    WIDER = "wider"
    """A type that holds whatever the old one held, in the same form."""
    REPEATABLE = "repeatable"
    """What does nothing where it was done already."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `name` is that of a column, an index, a constraint, or the words of what was not read.

    `other` is a new name, a new type, or the table that a foreign key refers to; `columns` are source text.
    `outside` is one outside the transaction; `families` are those that it is for.
    """

    kind: Kind
    line: int
    table: str = ""
    name: str = ""
    other: str = ""
    columns: str = ""
    traits: frozenset[Trait] = frozenset()
    outside: bool = False
    families: frozenset[str] = frozenset()

    @property
    def varies(self) -> bool:
        """Whether it names what is computed by more than names of the application: another each time."""
        return _VARYING.search(f"{self.table} {self.name}") is not None


@dataclass(slots=True)
class Known:
    """What the revisions before this change, that are pending with it, made: it is new, and nobody uses it yet."""

    tables: set[str] = field(default_factory=set)
    parts: set[tuple[str, str]] = field(default_factory=set)
    """Columns and constraints with their tables, and indexes, whose table a DROP INDEX does not name."""
    validated: set[str] = field(default_factory=set)

    def after(self, change: Change) -> None:
        """Learn what a change made."""
        match change.kind:
            case Kind.CREATE_TABLE:
                self.tables.add(change.table)
            case Kind.RENAME_TABLE if change.table in self.tables:
                self.tables.add(change.other)
            case Kind.CREATE_INDEX:
                self.parts.add(("", change.name))
            case Kind.RENAME_COLUMN if (change.table, change.name) in self.parts:
                self.parts.add((change.table, change.other))
            case kind if kind in _ADDING:
                self.parts.add((change.table, change.name))
            case Kind.VALIDATE:
                self.validated.add(change.table)

    def is_new(self, change: Change) -> bool:
        """Whether a change is about what these revisions made themselves; not where that may be another."""
        if change.varies:
            return False
        if change.table in self.tables:
            return True
        if change.kind is Kind.DROP_INDEX:
            return ("", change.name) in self.parts
        return change.kind in _UNDOING and (change.table, change.name) in self.parts


@dataclass(frozen=True, slots=True)
class Allowance:
    """A comment that lets a rule's finding pass: on its lines, or in the whole script where they are None.

    It holds until the end of that day. `fault` says why it is none.
    """

    line: int
    rule: str = ""
    reason: str = ""
    until: date = date.min
    lines: tuple[int, int] | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision as it was read: its changes in order, and what its comments allow.

    `where` is its file, `begins` the line of its upgrade, `leaves` whether that leaves the transaction.
    `way_back` is the line and the reason where it cannot be taken back, None where it has a downgrade.
    """

    revision: str
    where: str
    changes: tuple[Change, ...]
    begins: int = 1
    leaves: bool = False
    way_back: tuple[int, str] | None = None
    allowances: tuple[Allowance, ...] = ()

    def of(self, family: str) -> tuple[Change, ...]:
        """The changes that are made on databases of a family."""
        return tuple(change for change in self.changes if not change.families or family in change.families)
