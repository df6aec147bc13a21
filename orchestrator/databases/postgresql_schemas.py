"""Many schemas of one PostgreSQL database, looked at on one connection: each is seen as it would be alone.

One statement asks the catalogs for all of them, then one reads the heads of fifty at a time. Where that fails each
of the fifty is looked at alone, so that only the one that is locked or broken is told to be so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from orchestrator.core.identifiers import identifier
from orchestrator.core.observations import Reading
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.family import driver, heads_of
from orchestrator.databases.postgresql_blockers import naming_the_blocker
from orchestrator.databases.postgresql_queries import HEADS, SIGHTS
from orchestrator.databases.postgresql_sight import Facts, asked, idle, judged, patience, seen, sight, with_rows
from orchestrator.databases.sight import Sight

if TYPE_CHECKING:
    from orchestrator.databases.postgresql_sight import Connection

AT_A_TIME = 50
_PATIENCE = "500ms"
"""How long fifty wait for the lock of one of them before each is looked at alone, with all its time."""


def sights(connection: Connection, endpoints: Sequence[Endpoint]) -> Iterator[tuple[Endpoint, Sight | Exception]]:
    """What is seen of each, or why not, in no particular order; all of them have a schema and the same timeouts.

    Raises psycopg's errors where the connection, or the question to the catalogs, fails for all.
    """
    role = connection.info.user
    versioned: list[tuple[Endpoint, Facts]] = []
    for endpoint, facts in zip(endpoints, _catalogs(connection, endpoints), strict=True):
        reading, failure = judged(facts, endpoint, role)
        if reading is Reading.VERSIONED:
            versioned.append((endpoint, facts))
        else:
            yield endpoint, seen(connection, endpoint, facts, (reading, (), failure))
    for start in range(0, len(versioned), AT_A_TIME):
        yield from _together(connection, versioned[start : start + AT_A_TIME])


def _catalogs(connection: Connection, endpoints: Sequence[Endpoint]) -> list[Facts]:
    schemas = [endpoint.version_table_schema for endpoint in endpoints]
    tables = [endpoint.version_table for endpoint in endpoints]
    return asked(connection, SIGHTS, endpoints[0], {"schemas": schemas, "tables": tables})


def _together(
    connection: Connection, some: Sequence[tuple[Endpoint, Facts]]
) -> Iterator[tuple[Endpoint, Sight | Exception]]:
    try:
        idle(connection)  # a locked one of the fifty before may have left a transaction that failed
        found = _heads(connection, [endpoint for endpoint, _ in some])
    except driver("psycopg", "postgresql").Error:
        for endpoint, _ in some:
            yield endpoint, _alone(connection, endpoint)
        return
    for (endpoint, facts), heads in zip(some, found, strict=True):
        yield endpoint, seen(connection, endpoint, facts, (Reading.VERSIONED, heads, None))


def _alone(connection: Connection, endpoint: Endpoint) -> Sight | Exception:
    try:
        idle(connection)
        with naming_the_blocker(connection, endpoint):
            return sight(connection, endpoint)
    except Exception as error:
        if connection.closed:  # then it is nothing about this one
            raise
        return error


def _heads(connection: Connection, endpoints: Sequence[Endpoint]) -> list[tuple[str, ...]]:
    sql = driver("psycopg.sql", "postgresql")
    places = (identifier(one.version_table_schema or "", one.version_table) for one in endpoints)
    parts = [f"SELECT {number}, version_num::text FROM {place}" for number, place in enumerate(places)]
    statement = sql.SQL(HEADS).format(
        patience=sql.Literal(patience(endpoints[0])),
        lock=sql.Literal(_PATIENCE),
        heads=sql.SQL(" UNION ALL ".join(parts)),  # psycopg's composing takes longer than the server's answer
    )
    rows: list[list[tuple[str]]] = [[] for _ in endpoints]
    for number, head in with_rows(connection.execute(statement)):
        rows[number].append((head,))
    return [heads_of(found) for found in rows]
