"""What is read out of the journal: events, runs, and which bytes ran. It adds nothing and proves nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain

from orchestrator.core.baseline import superseded
from orchestrator.core.edited import Ran, Recorded
from orchestrator.core.events import NO_RUN, Event, EventKind
from orchestrator.core.gates.decisions import Veto
from orchestrator.core.run import Outcome, Run, fold
from orchestrator.core.step_record import StepRecord, after
from orchestrator.core.targets import Target
from orchestrator.core.vetoes import standing
from orchestrator.errors import BrokenJournalError, UsageError
from orchestrator.journal import ran
from orchestrator.journal.chain import COLUMNS, NOT_WELL_ENDED, TABLE, Row, began, event_of, finishes
from orchestrator.journal.ran import Bytes
from orchestrator.journal.store import REBUILD, Store

_PIECE = 1000
"""Rows that are read at once where all of them are."""
_FEW = 4
"""Rows that are read at first where the latest will mostly do."""
_LATEST = f"""
WHERE sequence IN (
  WITH RECURSIVE named(target) AS (
    SELECT MIN(target) FROM {TABLE} UNION ALL
    SELECT (SELECT MIN(target) FROM {TABLE} AS later WHERE later.target > named.target)
    FROM named WHERE named.target IS NOT NULL
  )
  SELECT (SELECT MAX(sequence) FROM {TABLE} AS own WHERE own.target = named.target) FROM named
)
"""
"""The last event of each target, from name to name in the index: GROUP BY would read an entry for every event."""


class Reader:
    """Reads a journal whose store is open; without a store it reads as empty.

    Every method raises JournalError where the journal cannot be read. Safe to share by threads.
    """

    def __init__(self, store: Store | None, where: str) -> None:
        self._store = store
        self._where = where
        self._by_bytes = False

    @property
    def exists(self) -> bool:
        """Whether there is a journal."""
        return self._store is not None

    def events(self, run: str) -> tuple[Event, ...]:
        """Everything recorded of one run, in order; empty for an unknown run."""
        return tuple(map(self._event, self._read("WHERE run = ? ORDER BY sequence", run)))

    def of_kinds(self, *kinds: EventKind) -> tuple[Event, ...]:
        """Every event of these kinds, of all runs and of none, in order."""
        marks = ", ".join("?" * len(kinds))
        return tuple(map(self._event, self._read(f"WHERE kind IN ({marks}) ORDER BY sequence", *kinds)))

    def latest(self, kind: EventKind, key: str, values: Iterable[str]) -> tuple[Event, ...]:
        """The latest event of the kind that tells each of these texts of that key; nothing of what none tells."""
        # No LIKE: in SQLite it takes capitals for small letters, and `_` for any.
        rest = "WHERE kind = ? AND replace(body, ?, '') <> body ORDER BY sequence DESC LIMIT 1"
        asked = [(kind, f'"{key}":{json.dumps(value)}') for value in values]
        one = f"(SELECT sequence FROM {TABLE} {rest})"
        which = f"WHERE sequence IN ({', '.join([one] * len(asked))})"
        return tuple(map(self._event, self._read(which, *chain.from_iterable(asked)))) if asked else ()

    def vetoes(self) -> dict[str, Veto]:
        """The vetoes that stand, by revision: one question that an index answers."""
        return standing(self.of_kinds(EventKind.REVISION_VETOED, EventKind.VETO_LIFTED))

    def backwards(self, target: Target, *kinds: EventKind) -> Iterator[Event]:
        """What is recorded of one target, of these kinds, the latest first; no more is read than is asked for."""
        marks = ", ".join("?" * len(kinds))
        return self._backwards(f"target = ? AND kind IN ({marks})", str(target), *kinds)

    def _backwards(self, which: str, *parameters: object) -> Iterator[Event]:
        size, before = _FEW, 2**62
        rest = f"WHERE {which} AND sequence < ? ORDER BY sequence DESC LIMIT ?"
        while rows := self._read(rest, *parameters, before, size):
            yield from map(self._event, rows)
            if len(rows) < size:
                return
            size, before = min(size * 4, _PIECE), rows[-1][0]

    def since(self, run: str) -> tuple[Event, ...]:
        """Everything recorded from the start of that run on, of all runs, in order; empty for an unknown run."""
        start = f"(SELECT MIN(sequence) FROM {TABLE} WHERE run = ?)"
        return tuple(map(self._event, self._read(f"WHERE sequence >= {start} ORDER BY sequence", run)))

    def run(self, run_id: str) -> Run:
        """One run as the journal tells it; UsageError where there is none of that id whose start it has."""
        if (run := self._told(run_id)) is None:
            raise UsageError(f"there is no run {run_id!r} in {self._where}", mend="orchestrate runs")
        return run

    def by_now(self, run: Run) -> Run:
        """The run with what was recorded of it since it was read."""
        news = self._read("WHERE run = ? AND sequence > ? LIMIT 1", run.id, run.last_sequence)
        return self.run(run.id) if news else run

    def step(self, run_id: str, target: Target, revision: str) -> StepRecord | None:
        """What is recorded of one step of a run; None where nothing is. Reads nothing of other targets."""
        rows = self._read("WHERE target = ? AND run = ? ORDER BY sequence", target, run_id)
        record = None
        for event in map(self._event, rows):
            if event.revision == revision:
                record = after(event, record)
        return record

    def taken_up(self, run: str) -> Event | None:
        """The latest that tells that the run was taken up again, or ended; None where neither was."""
        since = f"sequence > (SELECT MIN(sequence) FROM {TABLE} WHERE run = ?)"
        last = f"WHERE kind IN (?, ?) AND {since} ORDER BY sequence DESC"
        rows = self._read(last, EventKind.RUN_RESUMED, EventKind.RUN_FINISHED, run)
        return next((self._event(row) for row in rows if row[3] == run), None)

    def sealed(self, seal: str, since: datetime) -> Run | None:
        """The run that applied the plan of that seal, which was made `since` then; None where none did.

        A plan is applied once. Where an older journal has two runs that began at once, it is that which did more.
        """
        rest, parameters = began(seal, since)
        did = f"SELECT COUNT(*) FROM {TABLE} AS own WHERE own.run = {TABLE}.run AND own.kind NOT IN (?, ?)"
        ends = EventKind.RUN_STARTED, EventKind.RUN_FINISHED
        rows = self._read(f"{rest} ORDER BY ({did}) DESC, sequence DESC LIMIT 1", *parameters, *ends)
        return self.run(str(rows[0][3])) if rows else None

    def rollbacks_of(self, run: Run) -> tuple[Run, ...]:
        """The runs that took back what that one did, each as far as it came."""
        begun = "WHERE kind = ? AND sequence > ? AND body LIKE ? ORDER BY sequence"
        rows = self._read(begun, str(EventKind.RUN_STARTED), run.last_sequence, f'%"undoes":"{run.id}"%')
        return tuple(self.run(self._event(row).run) for row in rows)

    def digests(self) -> Recorded:
        """The digests of all bytes that ran, for each database of an environment and revision."""
        return ran.digests(self._store.read, indexed=self._by_bytes) if self._store else {}

    def ran(self, recorded: Recorded) -> tuple[Ran, ...]:
        """Of these who ran which last; nothing of what was taken back since, or was written in and not run."""
        if self._store is None:
            return ()
        try:
            return tuple(ran.ran(self._store.read, recorded))
        except (ValueError, KeyError, TypeError) as error:
            raise self._broken("of a revision that ran") from error

    def applied(self, wanted: Iterable[Bytes], like: str, most: int) -> tuple[Event, ...]:
        """When runs applied these bytes upwards, the latest first; nothing in a journal without their index."""
        if self._store is None or not self._by_bytes:
            return ()
        try:
            return tuple(ran.applied(self._store.read, wanted, like, most))
        except (ValueError, TypeError) as error:
            raise self._broken("of a revision that was applied") from error

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
        left: dict[str, list[Row]] = {}
        for row in self._read(_LATEST):
            left.setdefault(str(row[3]), []).append(row)
        runs = ((self._left(name, rows), rows) for name, rows in left.items())
        last = {Target.parse(str(row[5])): run for run, rows in runs if run is not None for row in rows}
        rebuilt = self._read("WHERE kind = ? ORDER BY sequence DESC LIMIT 1", EventKind.JOURNAL_REBUILT)
        return superseded(last, self.run(str(rebuilt[0][3]))) if rebuilt else last

    @property
    def knows_runs(self) -> bool:
        """Whether anything in it belongs to a run."""
        return bool(self._read("WHERE run <> ? LIMIT 1", NO_RUN))

    def not_well_ended(self, after: int) -> Iterator[Run]:
        """The runs begun after that event that have not ended well, each as it began; the latest first."""
        done = (f'%"outcome":"{outcome}"%' for outcome in (Outcome.SUCCEEDED, Outcome.NOTHING_TO_DO))
        begun = self._backwards(NOT_WELL_ENDED, EventKind.RUN_STARTED, after, *done)
        return (run for event in begun if (run := self._folded([event])) is not None)

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
