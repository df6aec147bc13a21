"""The journal: appends events durably, reads them back, and proves that nothing in between was changed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import chain
from types import TracebackType
from typing import Self

from orchestrator.core.baseline import superseded
from orchestrator.core.envelope import JournalHead
from orchestrator.core.events import NO_RUN, Event, EventKind
from orchestrator.core.run import Run, fold
from orchestrator.core.secrets import Secret
from orchestrator.core.step_record import StepRecord, after
from orchestrator.core.targets import Target
from orchestrator.errors import BrokenJournalError, JournalError, UsageError
from orchestrator.faults import FaultPoint
from orchestrator.journal import migrate
from orchestrator.journal.chain import (
    BEGINNING,
    COLUMNS,
    END,
    TABLE,
    Row,
    chained,
    event_of,
    finishes,
    follows,
    sound,
    told,
)
from orchestrator.journal.group import Group
from orchestrator.journal.store import REBUILD, Store, file_of, location

_PIECE = 1000
"""Rows that are read at once where all of them are."""
_LOOKED_AT = 200
"""Events at the end whose chain is checked before anything is added."""


class Journal:
    """One journal. Opened for reading it creates nothing, and one that does not exist yet reads as empty.

    Every method raises JournalError where the journal cannot be read or written. Safe to share by threads.
    """

    def __init__(self, url: Secret, *, writing: bool = False) -> None:
        self._where = location(url)
        self._writing = writing
        self._group = Group(self._append)
        self._store: Store | None = _opened(url, create=writing)
        try:
            self._prepare(url)
        except BaseException:
            self.close()
            raise

    def _prepare(self, url: Secret) -> None:
        version = migrate.version(self._store, self._where) if self._store else None
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

    @property
    def exists(self) -> bool:
        """Whether there is a journal."""
        return self._store is not None

    def record(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """Append the events as one durable transaction; when this returns they survive a power cut.

        What other threads record at the same time may share the transaction.
        """
        if self._store is None or not self._writing:
            raise JournalError("the journal was opened for reading only", where=self._where)
        rows = self._group.record([told(event) for event in events])
        return tuple(replace(event, sequence=row[0]) for event, row in zip(events, rows, strict=True))

    def _append(self, given: list[Row]) -> list[Row]:
        if self._store is None or not given:
            return []
        rows = self._store.append(partial(chained, given))
        sys.audit(FaultPoint.JOURNAL_COMMITTED, rows[-1][0], rows[-1][-1])
        return rows

    def events(self, run: str) -> tuple[Event, ...]:
        """Everything recorded of one run, in order; empty for an unknown run."""
        return tuple(map(self._event, self._read("WHERE run = ? ORDER BY sequence", run)))

    def of_kinds(self, *kinds: EventKind) -> tuple[Event, ...]:
        """Every event of these kinds, of all runs and of none, in order."""
        marks = ", ".join("?" * len(kinds))
        return tuple(map(self._event, self._read(f"WHERE kind IN ({marks}) ORDER BY sequence", *kinds)))

    def since(self, run: str) -> tuple[Event, ...]:
        """Everything recorded from the start of that run on, of all runs, in order; empty for an unknown run."""
        start = f"(SELECT MIN(sequence) FROM {TABLE} WHERE run = ?)"
        return tuple(map(self._event, self._read(f"WHERE sequence >= {start} ORDER BY sequence", run)))

    def run(self, run_id: str) -> Run:
        """One run as the journal tells it; UsageError where there is none of that id whose start it has."""
        if (run := self._told(run_id)) is None:
            raise UsageError(f"there is no run {run_id!r} in {self._where}", mend="orchestrate runs")
        return run

    def step(self, run_id: str, target: Target, revision: str) -> StepRecord | None:
        """What is recorded of one step of a run; None where nothing is. Reads nothing of other targets."""
        rows = self._read("WHERE target = ? AND run = ? ORDER BY sequence", target, run_id)
        record = None
        for event in map(self._event, rows):
            if event.revision == revision:
                record = after(event, record)
        return record

    def _told(self, run_id: str, target: Target | None = None) -> Run | None:
        """One run; None where there is none, or only the rest of one that went on over a baseline.

        With a target the events of others are left out.
        """
        if target is None:
            return self._folded(map(self._event, self._pieces("run = ?", run_id)))
        rows = self._read("WHERE run = ? AND target IS NULL", run_id)
        rows += self._read("WHERE target = ? AND run = ?", target, run_id)
        return self._folded(map(self._event, sorted(rows)))

    def _folded(self, events: Iterable[Event]) -> Run | None:
        """As `_told`, of these events of one run."""
        told = iter(events)
        if (first := next(told, None)) is None:
            return None
        try:
            return fold(chain((first,), told))
        except (ValueError, KeyError, TypeError) as error:
            if self._cut_off(first):
                return None
            raise self._broken(first.sequence) from error

    def _cut_off(self, first: Event) -> bool:
        """Whether it is no run's start: its run began in a journal put aside, or it belongs to none."""
        if first.run == NO_RUN:
            return True
        earlier = "WHERE kind = ? AND sequence < ? LIMIT 1"
        started = first.kind is EventKind.RUN_STARTED
        return not started and bool(self._read(earlier, EventKind.JOURNAL_REBUILT, first.sequence))

    def runs(self, limit: int = 20) -> tuple[Run, ...]:
        """The latest runs and baselines, the newest first."""
        latest = f"WHERE kind IN (?, ?) ORDER BY sequence DESC LIMIT {int(limit)}"
        rows = self._read(latest, EventKind.RUN_STARTED, EventKind.JOURNAL_REBUILT)
        return tuple(self.run(str(row[3])) for row in rows)

    def last_runs(self) -> dict[Target, Run]:
        """For every target that a run has begun to work on, the latest such run, or the baseline after it."""
        latest = f"WHERE sequence IN (SELECT MAX(sequence) FROM {TABLE} GROUP BY target)"
        left: dict[str, list[Row]] = {}
        for row in self._read(latest):
            if row[5] is not None:
                left.setdefault(str(row[3]), []).append(row)
        runs = ((self._left(name, rows), rows) for name, rows in left.items())
        last = {Target.parse(str(row[5])): run for run, rows in runs if run is not None for row in rows}
        rebuilt = self._read("WHERE kind = ? ORDER BY sequence DESC LIMIT 1", EventKind.JOURNAL_REBUILT)
        return superseded(last, self.run(str(rebuilt[0][3]))) if rebuilt else last

    def _left(self, run_id: str, latest: Sequence[Row]) -> Run | None:
        """One run, for the targets whose latest events these are; of those that it finished no more is read.

        A fleet has ten thousand of them, each with as many events as it had revisions.
        """
        finished = {Target.parse(row[5]): self._at(row) for row in latest if finishes(row)}
        others = [str(row[5]) for row in latest if not finishes(row)]
        if not finished or len(others) > _PIECE:
            return self._told(run_id)
        wanted = [*self._read("WHERE run = ? AND target IS NULL", run_id)]
        for name in others:
            wanted += self._read("WHERE target = ? AND run = ?", name, run_id)
        wanted += self._read("WHERE run = ? ORDER BY sequence DESC LIMIT 1", run_id)
        told = {row[0]: row for row in wanted}
        run = self._folded(self._event(told[sequence]) for sequence in sorted(told))
        return run.with_finished(finished) if run is not None else None

    def rows(self) -> Iterator[Row]:
        """Every row as it is stored, in order, as far as they can be read."""
        return self._pieces("1 = 1")

    def _pieces(self, which: str, *parameters: object) -> Iterator[Row]:
        """The rows for which that holds, in order and a thousand at a time, as far as they can be read."""
        last, size = -(2**63), _PIECE
        while True:
            try:
                rest = f"WHERE {which} AND sequence > ? ORDER BY sequence LIMIT {size}"
                piece = self._read(rest, *parameters, last)
            except BrokenJournalError:
                if size == 1:
                    raise
                size = 1
                continue
            yield from piece
            if len(piece) < size:
                return
            last = piece[-1][0]

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

    def news(self, target: Target, known: Run | None) -> Run | None:
        """The latest run on the target, where it tells what `known` does not and has not left the target settled.

        Of others it tells nothing. None also where nothing is open or in doubt. Cheap where all is well: asked for
        every target of a run.
        """
        rows = self._read("WHERE target = ? ORDER BY sequence DESC LIMIT 1", str(target))
        if not rows:
            return None
        last = self._event(rows[0])
        if known is not None and known.id == last.run:
            return self._told(last.run, target) if (last.sequence or 0) > known.last_sequence else None
        settled = last.kind is EventKind.TARGET_FINISHED and last.body.get("result") != "in_doubt"
        return None if settled else self._told(last.run, target)

    def _check_end(self) -> None:
        """Nothing is added to an end that is not what was written."""
        rows = self._read(f"ORDER BY sequence DESC LIMIT {_LOOKED_AT}")[::-1]
        if not rows:
            return
        first = rows[0][0] if len(rows) == _LOOKED_AT else 1
        whole = sum(1 for _ in sound(rows, first - 1, BEGINNING if first == 1 else rows[0][8]))
        if whole < len(rows):
            raise self._broken(first + whole)

    def _event(self, row: Row) -> Event:
        try:
            return event_of(row)
        except (ValueError, TypeError) as error:
            raise self._broken(row[0]) from error

    def _at(self, row: Row) -> datetime:
        try:
            return datetime.fromisoformat(row[1])
        except (ValueError, TypeError) as error:
            raise self._broken(row[0]) from error

    def _broken(self, place: object) -> BrokenJournalError:
        what = f"the journal is broken at event {place}: it was changed or removed after it was written"
        return BrokenJournalError(what, where=self._where, mend=REBUILD)

    def _read(self, rest: str, *parameters: object) -> list[Row]:
        if self._store is None:
            return []
        values = [value if isinstance(value, int) else str(value) for value in parameters]
        return self._store.read(f"SELECT {COLUMNS} FROM {TABLE} {rest}", values)


def _opened(url: Secret, *, create: bool) -> Store | None:
    """The journal's database, or None where there is none yet and `create` is False; raises as its store does."""
    if (path := file_of(url)) is not None:
        from orchestrator.journal.sqlite_store import open_sqlite

        return open_sqlite(path, create=create)
    from orchestrator.journal.postgresql_store import PostgresqlStore

    return PostgresqlStore(url)
