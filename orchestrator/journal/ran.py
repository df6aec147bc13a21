"""Which bytes of a revision's script ran where: read from an index of one key for each, never event by event.

A key is the database of an environment, the revision and the script's digest. Each different one is found by a
step in the index, so that a million events cost no more than the scripts they are of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from orchestrator.core.edited import Ran, Recorded
from orchestrator.core.events import Event, EventKind
from orchestrator.core.targets import Target
from orchestrator.journal.chain import COLUMNS, TABLE, Row, event_of

Read = Callable[[str, Sequence[object]], list[Row]]
"""Asks a whole query of the journal's database."""

KEY = (
    "substr(target, 1, instr(target || '@', '@') - 1) || ' ' || revision || ' ' || "
    'substr(body, instr(body, \'"digest":"\') + 10, 71)'
)
"""The key of an event, as the index has it (migration 0004); a store knows `instr` by its own name."""
DONE = "kind || '' IN ('step_applied', 'step_recovered')"
"""The events that have one. An expression, so that SQLite does not take the index of kinds for it."""

_STEPPED = f"""
WITH RECURSIVE found(key) AS (
  SELECT MIN({KEY}) FROM {TABLE} WHERE {DONE}
  UNION ALL
  SELECT (SELECT MIN({KEY}) FROM {TABLE} WHERE {DONE} AND {KEY} > found.key) FROM found WHERE found.key IS NOT NULL
)
SELECT key FROM found WHERE key IS NOT NULL
"""
_SCANNED = f"SELECT DISTINCT {KEY} FROM {TABLE} WHERE {DONE}"
_LATEST = f"""
SELECT * FROM (
  SELECT {COLUMNS} FROM {TABLE} WHERE {DONE} AND {KEY} = ? AND body LIKE ? ORDER BY sequence DESC LIMIT ?
) AS latest
"""
_PIECE = 100
"""Keys that are asked for at once; SQLite took 500 parts of a query, and 999 parameters before 3.32."""
_ALL = 2**62

Bytes = tuple[Target, str, str]
"""A database of an environment without its tenants, a revision, and the digest of the script."""
ANYTHING, EXECUTED = "%", '%"executed":{%'
"""What the body must be like: whatever it is; one that says what was executed."""


def digests(read: Read, *, indexed: bool) -> Recorded:
    """The digests of all bytes that ran, for each database of an environment and revision.

    `indexed` says whether the journal has the index: without it every event is read, once.
    """
    found: dict[tuple[Target, str], set[str]] = {}
    for (key,) in read(_STEPPED if indexed else _SCANNED, []):
        place, _, rest = str(key).partition(" ")
        revision, _, digest = rest.rpartition(" ")
        if digest.startswith("sha256:"):
            found.setdefault((Target.parse(place), revision), set()).add(digest)
    return {key: frozenset(each) for key, each in found.items()}


def latest(read: Read, wanted: Iterable[Bytes], like: str, most: int) -> Iterator[Event]:
    """What was done with these bytes, upwards or not, the latest first; of each at most so many.

    A database is asked for as its own events begin, and as those of its tenants do.
    Raises ValueError or TypeError where a row tells no event.
    """
    keys = (
        f"{place} {revision} {digest}"
        for target, revision, digest in wanted
        for place in dict.fromkeys((str(target), f"{target.environment}/{target.database}"))
    )
    while piece := list(islice(keys, _PIECE)):
        parameters = [parameter for key in piece for parameter in (key, like, most)]
        yield from map(
            event_of, sorted(read(" UNION ALL ".join([_LATEST] * len(piece)), parameters), reverse=True)
        )


def applied(read: Read, wanted: Iterable[Bytes], like: str, most: int) -> Iterator[Event]:
    """When runs applied these bytes upwards, as `latest` has it."""
    found = (event for event in latest(read, wanted, like, most) if event.kind is EventKind.STEP_APPLIED)
    return (event for event in found if "action" not in event.body)


def ran(read: Read, recorded: Recorded) -> Iterator[Ran]:
    """Who ran which of these bytes last; nothing of what was taken back since, or was written in and not run.

    Where a database ran the same bytes on all of its tenants, they are not told one by one.
    Raises as `latest`.
    """
    alike = {key: each for key, each in recorded.items() if len(each) == 1}
    told = {(one.target.untenanted, one.revision): one for one in _last(latest(read, _bytes(alike), ANYTHING, 1))}
    for (database, _), one in told.items():
        yield replace(one, target=database)
    others = {key: each for key, each in recorded.items() if key not in told}
    yield from _last(latest(read, _bytes(others), ANYTHING, _ALL))


def _bytes(recorded: Recorded) -> Iterator[Bytes]:
    return ((database, revision, digest) for (database, revision), each in recorded.items() for digest in each)


def _last(events: Iterable[Event]) -> Iterator[Ran]:
    """The last of each target and revision, where it was an upgrade."""
    last: dict[tuple[object, str | None], Event] = {}
    for event in sorted(events, key=lambda event: event.sequence or 0):
        last[event.target, event.revision] = event
    for event in last.values():
        if event.target is not None and event.revision is not None and "action" not in event.body:
            yield Ran(event.target, event.revision, str(event.body["digest"]), event.run, event.at)
