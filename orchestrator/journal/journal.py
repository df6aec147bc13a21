"""The journal: appends events durably, reads them back, and proves that nothing in between was changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock
from types import TracebackType
from typing import Any, Self

from orchestrator.core.events import Event, EventKind
from orchestrator.core.run import Run, fold
from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.errors import JournalError, UsageError
from orchestrator.journal import migrate
from orchestrator.journal.store import Row, Store, location, open_store

_COLUMNS = "sequence, at, kind, run, actor, target, revision, body, previous, digest"
_INSERT = f"INSERT INTO orchestrate_events ({_COLUMNS}) VALUES ({', '.join('?' * 10)})"
_BEGINNING = "0" * 64


class Journal:
    """One journal. Opened for reading it creates nothing, and one that does not exist yet reads as empty.

    Every method raises JournalError where the journal cannot be read or written. Safe to share by threads.
    """

    def __init__(self, url: Secret, *, writing: bool = False) -> None:
        self._lock = Lock()
        self._where = location(url)
        self._writing = writing
        self._store: Store | None = open_store(url, create=writing)
        version = migrate.version(self._store) if self._store else None
        if writing and version != migrate.KNOWN[-1]:
            migrate.migrate(url)
        elif self._store is not None and version is None:
            self._store.close()
            self._store = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._store is not None:
            self._store.close()

    def record(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """Append the events as one durable transaction; when this returns they survive a power cut."""
        if self._store is None or not self._writing:
            raise JournalError("the journal was opened for reading only", where=self._where)
        with self._lock, self._store.appending():
            sequence, previous = self._end()
            recorded, rows = [], []
            for event in events:
                sequence += 1
                row = _row(replace(event, sequence=sequence), previous)
                previous = str(row[-1])
                rows.append(row)
                recorded.append(replace(event, sequence=sequence))
            self._store.write(_INSERT, rows)
        return tuple(recorded)

    def events(self, run: str) -> tuple[Event, ...]:
        """Everything recorded of one run, in order; empty for an unknown run."""
        return tuple(map(self._event, self._read("WHERE run = ? ORDER BY sequence", run)))

    def since(self, run: str) -> tuple[Event, ...]:
        """Everything recorded from the start of that run on, of all runs, in order; empty for an unknown run."""
        start = "(SELECT MIN(sequence) FROM orchestrate_events WHERE run = ?)"
        return tuple(map(self._event, self._read(f"WHERE sequence >= {start} ORDER BY sequence", run)))

    def run(self, run_id: str) -> Run:
        """One run as the journal tells it; UsageError where there is none of that id."""
        events = self.events(run_id)
        try:
            run = fold(events)
        except (ValueError, KeyError, TypeError) as error:
            raise self._broken(events[0].sequence) from error
        if run is None:
            raise UsageError(f"there is no run {run_id!r} in {self._where}", mend="orchestrate runs")
        return run

    def runs(self, limit: int = 20) -> tuple[Run, ...]:
        """The latest runs, the newest first."""
        latest = f"WHERE kind = ? ORDER BY sequence DESC LIMIT {int(limit)}"
        return tuple(self.run(str(row[3])) for row in self._read(latest, EventKind.RUN_STARTED))

    def last_runs(self) -> dict[Target, Run]:
        """For every target that a run has begun to work on, the latest such run."""
        latest = "WHERE sequence IN (SELECT MAX(sequence) FROM orchestrate_events GROUP BY target)"
        rows = [row for row in self._read(latest) if row[5] is not None]
        runs = {name: self.run(name) for name in {str(row[3]) for row in rows}}
        return {Target.parse(str(row[5])): runs[str(row[3])] for row in rows}

    def verify(self) -> tuple[int, str]:
        """Check the whole chain; returns how many events it has and the digest of the last.

        Raises JournalError naming the first event that is missing or was changed. A tail that was cut off
        cannot be seen from here: compare the digest with one kept elsewhere.
        """
        previous, count = _BEGINNING, 0
        for row in self._read("ORDER BY sequence"):
            count += 1
            if row != _row(self._event(row, count), previous):
                raise self._broken(count)
            previous = str(row[-1])
        return count, previous

    def news(self, target: Target, known: Run | None) -> Run | None:
        """The latest run on the target, where it tells what `known` does not and has not left the target settled.

        None also where nothing is open or in doubt. Cheap where all is well: asked for every target of a run.
        """
        rows = self._read("WHERE target = ? ORDER BY sequence DESC LIMIT 1", str(target))
        if not rows:
            return None
        last = self._event(rows[0])
        if known is not None and known.id == last.run:
            return self.run(last.run) if (last.sequence or 0) > known.last_sequence else None
        settled = last.kind is EventKind.TARGET_FINISHED and last.body.get("result") != "in_doubt"
        return None if settled else self.run(last.run)

    def _event(self, row: Row, count: int | None = None) -> Event:
        try:
            return _event(row)
        except (ValueError, TypeError) as error:
            raise self._broken(count or row[0]) from error

    def _broken(self, place: object) -> JournalError:
        what = f"the journal is broken at event {place}: it was changed or removed after it was written"
        return JournalError(what, where=self._where, mend="restore the journal from a backup")

    def _end(self) -> tuple[int, str]:
        rows = self._read("ORDER BY sequence DESC LIMIT 1")
        return (int(rows[0][0]), str(rows[0][-1])) if rows else (0, _BEGINNING)

    def _read(self, rest: str, *parameters: object) -> list[Row]:
        if self._store is None:
            return []
        return self._store.read(f"SELECT {_COLUMNS} FROM orchestrate_events {rest}", [str(p) for p in parameters])


def _row(event: Event, previous: str) -> Row:
    told: list[Any] = [
        event.sequence,
        event.at.isoformat(),
        str(event.kind),
        event.run,
        event.actor,
        str(event.target) if event.target else None,
        event.revision,
        json.dumps(event.body, sort_keys=True, separators=(",", ":")),
    ]
    chained = json.dumps([previous, *told], separators=(",", ":"))
    return (*told, previous, hashlib.sha256(chained.encode()).hexdigest())


def _event(row: Row) -> Event:
    sequence, at, kind, run, actor, target, revision, body = row[:8]
    return Event(
        kind=EventKind(kind),
        at=datetime.fromisoformat(at),
        run=run,
        actor=actor,
        target=Target.parse(target) if target else None,
        revision=revision,
        body=json.loads(body),
        sequence=sequence,
    )
