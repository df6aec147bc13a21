"""A journal that was lost or is broken is begun anew: what is sound of it is taken over, all of it is put aside.

Nothing is deleted. A file is kept beside the new one, tables under other names. What is written about it is
decided elsewhere.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.core.envelope import JournalHead
from orchestrator.core.events import Event
from orchestrator.core.secrets import Secret
from orchestrator.errors import BrokenJournalError, JournalError, LockedError, RefusedError
from orchestrator.journal import migrate
from orchestrator.journal.chain import BEGINNING, END, INSERT, TABLE, Row, chained, event_of, sound, told
from orchestrator.journal.journal import Journal
from orchestrator.journal.store import file_of, location

if TYPE_CHECKING:
    from sqlalchemy import Connection

_EMPTY = JournalHead(0, BEGINNING)
_SIDE_FILES = ("-journal", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Remains:
    """What can be read of a journal: its sound rows from the first on, and why there are no more.

    `broken` is None where there is no journal at all. `end` is what its last row said when reading began, sound or
    not; None where that cannot be told.
    """

    rows: tuple[Row, ...] = ()
    broken: str | None = None
    end: JournalHead | None = _EMPTY

    @property
    def events(self) -> tuple[Event, ...]:
        """The sound rows as events, up to the first whose kind this version does not know."""
        found: list[Event] = []
        with suppress(ValueError, TypeError):
            found.extend(map(event_of, self.rows))
        return tuple(found)

    @property
    def head(self) -> str:
        """The digest of the last sound row."""
        return str(self.rows[-1][-1]) if self.rows else BEGINNING


def remains(url: Secret, expected: str | None) -> Remains:
    """What is left of a journal that is lost or broken; RefusedError for a sound one.

    One that does not hold the expected head is broken too: all that is there is sound in itself. Raises
    JournalError where it cannot be asked, or a newer tool made it.
    """
    rows: list[Row] = []
    end: JournalHead | None = None
    try:
        with Journal(url) as journal:
            if not journal.exists:
                return Remains()
            end = journal.head()
            rows += sound(journal.rows())
            journal.verify()
            if expected is not None:
                journal.find(expected)
            if not rows:
                return Remains()
    except BrokenJournalError as error:
        return Remains(tuple(rows), error.what, end)
    what = "the journal is sound: there is nothing to rebuild"
    raise RefusedError(
        what, where=location(url), mend="orchestrate journal verify --expect HEAD, with a head kept"
    )


@contextmanager
def alone(url: Secret) -> Iterator[None]:
    """Inside, nobody else rebuilds this journal's file; LockedError where somebody does.

    In PostgreSQL the transaction sees to that.
    """
    path = file_of(url)
    if path is None or not path.parent.exists():
        yield
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockedError("somebody rebuilds this journal just now", where=str(path)) from error
        yield
    finally:
        os.close(folder)


def begin_anew(url: Secret, left: Remains, mark: str, baseline: Callable[[str | None], Event]) -> None:
    """Put aside what is there, under a name that ends with `mark`, and begin anew with the sound rows.

    `baseline` is the event that follows them, given where the earlier journal then is (None: there was none).
    Either all of it is done or nothing. Raises JournalError; LockedError where something was added to a journal in
    PostgreSQL since it was read.
    """
    path = file_of(url)
    if path is None:
        _in_database(url, left, mark, baseline)
    else:
        _in_file(path, left, mark, baseline)


def _in_file(path: Path, left: Remains, mark: str, baseline: Callable[[str | None], Event]) -> None:
    new, aside = path.with_name(f"{path.name}.new"), path.with_name(f"{path.name}.broken-{mark}")
    there = path.exists()
    try:
        for old in (new, *(new.with_name(new.name + side) for side in _SIDE_FILES)):
            old.unlink(missing_ok=True)
        address = Secret(f"sqlite:///{new}")
        Journal(address, writing=True).close()
        with migrate.changing(address) as connection:
            _fill(connection, left, baseline(str(aside) if there else None))
        if there:
            os.link(path, aside, follow_symlinks=False)
            for side in _SIDE_FILES:
                with suppress(FileNotFoundError):
                    path.with_name(path.name + side).rename(aside.with_name(aside.name + side))
        new.replace(path)
        _settle(path.parent)
    except OSError as error:
        raise JournalError(f"the journal cannot be put aside: {error}", where=str(path)) from error


def _settle(folder: Path) -> None:
    """Make the new names survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_GRANTS = """
SELECT 'GRANT ' || string_agg(acl.privilege_type, ', ') || ' ON ' || quote_ident(relname) || ' TO '
       || CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(acl.grantee)) END
FROM pg_class, aclexplode(relacl) AS acl
WHERE relname IN ('{0}', '{1}') AND relkind = 'r' AND pg_table_is_visible(pg_class.oid) AND acl.grantee <> relowner
GROUP BY relname, acl.grantee
"""
_INDEXES = """
SELECT 'ALTER INDEX ' || quote_ident(i.relname) || ' RENAME TO ' || quote_ident(left(i.relname, 30) || '_{0}')
FROM pg_index JOIN pg_class AS i ON i.oid = indexrelid JOIN pg_class AS t ON t.oid = indrelid
WHERE t.relname = '{1}' AND pg_table_is_visible(t.oid)
"""


def _in_database(url: Secret, left: Remains, mark: str, baseline: Callable[[str | None], Event]) -> None:
    suffix = f"broken_{mark.replace('-', '_')}"
    with migrate.changing(url) as connection:
        there = [table for table in (TABLE, migrate.VERSION_TABLE) if _visible(connection, table)]
        _unchanged(connection, left, there, location(url))
        grants = _told(connection, _GRANTS.format(TABLE, migrate.VERSION_TABLE))
        for table in there:
            for rename in _told(connection, _INDEXES.format(suffix, table)):
                connection.exec_driver_sql(rename)
            connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_{suffix}")
        migrate.upgrade(connection)
        for grant in grants:
            connection.exec_driver_sql(grant)
        _fill(connection, left, baseline(f"{TABLE}_{suffix}" if there else None))


def _unchanged(connection: Connection, left: Remains, there: list[str], where: str) -> None:
    """Raise LockedError where somebody added to what was read: it would be put aside without a word."""
    rows = connection.exec_driver_sql(END).all() if TABLE in there else []
    now = JournalHead(*rows[0]) if rows else _EMPTY
    if left.end not in (None, now):
        mend = "wait until no run is at work: orchestrate status; then again"
        raise LockedError("somebody added to the journal while it was read", where=where, mend=mend)


def _visible(connection: Connection, table: str) -> bool:
    return bool(_told(connection, f"SELECT to_regclass('{table}')")[0])


def _told(connection: Connection, query: str) -> list[str]:
    return [row[0] for row in connection.exec_driver_sql(query)]


def _fill(connection: Connection, left: Remains, event: Event) -> None:
    rows = [*left.rows, *chained([told(event)], len(left.rows), left.head)]
    marked = INSERT if connection.dialect.name == "sqlite" else INSERT.replace("?", "%s")
    connection.exec_driver_sql(marked, rows)
