"""The journal: appends events durably, and proves that nothing in between was changed. `reader` reads them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Self

from orchestrator.core.envelope import JournalHead
from orchestrator.core.events import Event, EventKind
from orchestrator.core.secrets import Secret
from orchestrator.errors import BrokenJournalError, JournalError, LockedError, RefusedError
from orchestrator.faults import FaultPoint
from orchestrator.journal import migrate
from orchestrator.journal.chain import BEGINNING, COLUMNS, END, TABLE, Row, began, chained, follows, sound, told
from orchestrator.journal.group import Group
from orchestrator.journal.reader import Reader
from orchestrator.journal.store import REBUILD, Question, Store, file_of, location

_LOOKED_AT = 200
"""Events at the end whose chain is checked before anything is added."""


class Journal(Reader):
    """One journal. Opened for reading it creates nothing, and one that does not exist yet reads as empty.

    Every method raises JournalError where the journal cannot be read or written. Safe to share by threads.
    """

    def __init__(self, url: Secret, *, writing: bool = False) -> None:
        super().__init__(_opened(url, create=writing), location(url))
        self._writing = writing
        self._group = Group(self._append)
        try:
            self._prepare(url)
        except BaseException:
            self.close()
            raise

    def _prepare(self, url: Secret) -> None:
        version = migrate.version(self._store, self._where) if self._store else None
        self._by_bytes = version is not None and version >= migrate.BY_BYTES
        if self._writing:
            if version != migrate.KNOWN[-1]:
                migrate.migrate(url, version)
            self._check_end()
        elif version is None:
            self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back; what is read afterwards reads as empty."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def hold(self, run: str, actor: str) -> None:
        """Hold the run until `close`, from before an attempt's first event until after its last.

        So an attempt proves that it lives, to every machine that has this journal. On a server the hold is gone
        with a session that is cut until the next event or question: who lost the run meanwhile learns it from
        `taken_up`. Raises LockedError naming who drives it.
        """
        if self._store is None:
            raise JournalError("the journal was not opened", where=self._where)
        if (holder := self._store.hold(run, f"process {os.getpid()} of {actor}")) is not None:
            mend = f"wait for it with `--wait 60`; see orchestrate locks, orchestrate show {run}"
            raise LockedError(f"driven by {holder}", where=f"run {run}", mend=mend)

    def began(self, run: str) -> None:
        """The run's start is recorded: what fails from now on is taken up by resuming it."""
        if self._store is not None:
            self._store.run = run

    @property
    def lifelines(self) -> tuple[int, ...]:
        """The descriptors that keep the run held as long as any process has one of them open."""
        return self._store.lifelines if self._store is not None else ()

    def record(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """Append the events as one durable transaction; when this returns they survive a power cut.

        What other threads record at the same time may share the transaction. Raises RefusedError, and records
        nothing, where a run is to begin with a sealed plan that another has begun.
        """
        if self._store is None or not self._writing:
            raise JournalError("the journal was opened for reading only", where=self._where)
        beginning = next((e for e in events if e.kind is EventKind.RUN_STARTED and "sealed" in e.body), None)
        given = [told(event) for event in events]
        rows = self._group.record(given) if beginning is None else self._append_once(given, beginning)
        return tuple(replace(event, sequence=row[0]) for event, row in zip(events, rows, strict=True))

    def _append_once(self, given: list[Row], beginning: Event) -> list[Row]:
        """Append what begins a sealed plan's run: only its own transaction can tell that it is the first."""
        plan = str(beginning.body["seal"]), datetime.fromisoformat(beginning.body["sealed"]["created_at"])
        rest, parameters = began(*plan)
        rows = self._append(given, (f"SELECT {COLUMNS} FROM {TABLE} {rest} LIMIT 1", parameters))
        if not rows and (run := self.sealed(*plan)) is not None:
            what = f"run {run.id} of {run.actor} began this plan meanwhile"
            raise RefusedError(what, mend=f"orchestrate {'show' if run.complete else 'resume'} {run.id}")
        return rows

    def _append(self, given: list[Row], unless: Question | None = None) -> list[Row]:
        if self._store is None or not given:
            return []
        if not (rows := self._store.append(partial(chained, given), unless)):
            return []
        sys.audit(FaultPoint.JOURNAL_COMMITTED, rows[-1][0], rows[-1][-1])
        return rows

    def head(self) -> JournalHead:
        """How many events there are, and the digest of the last."""
        rows = self._store.read(END) if self._store else []
        return JournalHead(*rows[0]) if rows else JournalHead(0, BEGINNING)

    def verify(self) -> tuple[int, str]:
        """Check the whole chain; returns how many events it has and the digest of the last.

        Raises BrokenJournalError naming the first event that is missing or was changed. A tail that was cut off
        cannot be seen from here: `find` a digest that was kept elsewhere.
        """
        count, digest = 0, BEGINNING
        for row in self.rows():
            if not follows(row, count, digest):
                raise self._broken(count + 1)
            count, digest = count + 1, row[-1]
        return count, digest

    def find(self, digest: str) -> int:
        """The sequence of the event whose digest begins so; BrokenJournalError where there is none."""
        rows = self._read("WHERE digest LIKE ?", f"{digest}%")
        if rows:
            return int(rows[0][0])
        what = f"the journal does not hold the head {digest}: its tail was cut off, or it was written anew"
        raise BrokenJournalError(what, where=self._where, mend=f"{REBUILD} --expect {digest}")

    def _check_end(self) -> None:
        """Nothing is added to an end that is not what was written."""
        rows = self._read(f"ORDER BY sequence DESC LIMIT {_LOOKED_AT}")[::-1]
        if not rows:
            return
        first = rows[0][0] if len(rows) == _LOOKED_AT else 1
        whole = sum(1 for _ in sound(rows, first - 1, BEGINNING if first == 1 else rows[0][8]))
        if whole < len(rows):
            raise self._broken(first + whole)


def _opened(url: Secret, *, create: bool) -> Store | None:
    """The journal's database, or None where there is none yet and `create` is False; raises as its store does."""
    if (path := file_of(url)) is not None:
        from orchestrator.journal.sqlite_store import open_sqlite

        return open_sqlite(path, create=create)
    from orchestrator.journal.postgresql_store import PostgresqlStore

    return PostgresqlStore(url)
