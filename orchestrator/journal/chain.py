"""The rows of a journal and the digests that chain them. Plain values: it opens and asks nothing.

A row's digest is the SHA-256 of the JSON array of the digest before it and the row's own columns, without blanks
and in ASCII; docs/journal.md has the script with which anybody can check it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.core.events import Event, EventKind
from orchestrator.core.targets import Target

Row = tuple[Any, ...]
NAMES = ("sequence", "at", "kind", "run", "actor", "target", "revision", "body", "previous", "digest")
COLUMNS = ", ".join(NAMES)
TABLE = "orchestrate_events"
INSERT = f"INSERT INTO {TABLE} ({COLUMNS}) VALUES ({', '.join('?' * len(NAMES))})"
END = f"SELECT sequence, digest FROM {TABLE} ORDER BY sequence DESC LIMIT 1"
NOT_WELL_ENDED = f"""
kind = ? AND sequence > ? AND NOT EXISTS (
  SELECT 1 FROM {TABLE} AS last
  WHERE last.sequence = (SELECT MAX(sequence) FROM {TABLE} AS own WHERE own.run = {TABLE}.run)
    AND (last.body LIKE ? OR last.body LIKE ?)
)
"""
"""How a run ended is its last event, which an index finds."""
_ALL_DONE = ("applied", "nothing_to_do")
BEGINNING = "0" * 64
"""What stands for the digest before the first event."""


def told(event: Event) -> Row:
    """An event as a row's columns without its place: what follows from nobody but itself.

    Raises TypeError where its body is no JSON.
    """
    return (
        event.at.isoformat(),
        str(event.kind),
        event.run,
        event.actor,
        str(event.target) if event.target else None,
        event.revision,
        json.dumps(event.body, sort_keys=True, separators=(",", ":")),
    )


def chained(events: Iterable[Row], sequence: int, previous: str) -> list[Row]:
    """Told events as whole rows that follow upon that sequence and digest."""
    rows = []
    for number, event in enumerate(events, sequence + 1):
        digest = _digest(previous, (number, *event))
        rows.append((number, *event, previous, digest))
        previous = digest
    return rows


def sound(rows: Iterable[Row], sequence: int = 0, previous: str = BEGINNING) -> Iterator[Row]:
    """The rows that follow upon that sequence and digest, up to the first that is not what was written."""
    for row in rows:
        if not follows(row, sequence, previous):
            return
        yield row
        sequence, previous = sequence + 1, row[9]


def follows(row: Row, sequence: int, previous: str) -> bool:
    """Whether the row is as it was written, next after that sequence and digest."""
    return row == (sequence + 1, *row[1:8], previous, _digest(previous, row[:8]))


def began(seal: str, since: datetime) -> tuple[str, list[str]]:
    """Which events began a run of the plan with that seal, made `since` then; and the parameters of that.

    What began more than a day before is not looked through: clocks differ by less.
    """
    begin = (since - timedelta(days=1)).astimezone(UTC).isoformat()
    parameters = [str(EventKind.RUN_STARTED), begin, f'%"seal":"{seal}"%']
    return "WHERE kind = ? AND at >= ? AND body LIKE ?", parameters


def finishes(row: Row) -> bool:
    """Whether the row tells that a target got all that was planned for it."""
    return row[2] == EventKind.TARGET_FINISHED and any(f'"result":"{word}"' in row[7] for word in _ALL_DONE)


def event_of(row: Row) -> Event:
    """The event that a row tells; ValueError or TypeError where it tells none."""
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


def _digest(previous: str, columns: Row) -> str:
    chained = json.dumps([previous, *columns], separators=(",", ":"), default=repr)
    return hashlib.sha256(chained.encode()).hexdigest()
