"""The rows of one query that the user wrote, through the plain driver, on a connection that can change nothing.

The server refuses what writes: the transaction is read-only, and the driver sends one statement alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from orchestrator.core.identifiers import identifier
from orchestrator.core.urls import Address
from orchestrator.databases import mysql_connection, postgresql, sqlite
from orchestrator.databases.connect import access
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.family import APPLICATION, seconds
from orchestrator.errors import UnavailableError

_STEPS = 10_000
"""After so many of SQLite's instructions the clock is looked at."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query gave: the names of its columns, and its rows as the driver gives them."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[object]]


def ask(endpoint: Endpoint, query: str, limit: float | None = None) -> Rows:
    """The rows of `query` at the endpoint; UnavailableError, which holds no secret, where it gives none.

    It must end within `limit` seconds; None stands for the endpoint's timeout for connecting.
    """
    to = access(endpoint)
    patience = endpoint.timeouts.connect if limit is None else limit
    try:
        return _ASKED[to.address.family or ""](endpoint, to.address, query, patience)
    except Exception as error:
        failure = to.family.explain(
            error.error if isinstance(error, _AskingError) else error, endpoint, to.address
        )
        if failure is None:
            raise
        what, mend = failure.detail, failure.mend
        if isinstance(error, _AskingError) and error.seconds >= patience:
            what = f"{to.address.shown}: the query did not end within {seconds(patience)}"
            setting = f"timeouts.connect of {endpoint.target.environment}" if limit is None else "its timeout"
            mend = f"make it faster, or raise {setting}"
        elif isinstance(error, _AskingError) and not failure.passing:
            mend = "correct the query"
        # The driver's error may hold the password: it must not travel along as a cause.
        raise UnavailableError(what, where=str(endpoint.target), mend=mend) from None


class _AskingError(Exception):
    """The connection is there, and the query failed after so many seconds."""

    def __init__(self, error: Exception, seconds: float) -> None:
        super().__init__()
        self.error, self.seconds = error, seconds


@contextmanager
def _asking() -> Iterator[None]:
    start = time.monotonic()
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the family's module knows which errors are its driver's
        raise _AskingError(error, time.monotonic() - start) from None


def _postgresql(endpoint: Endpoint, address: Address, query: str, patience: float) -> Rows:
    limits = f"SET LOCAL statement_timeout = {max(1, round(patience * 1000))}"
    if endpoint.schema is not None:
        limits += f"; SET LOCAL search_path = {identifier(endpoint.schema)}"
    with postgresql.connected(endpoint, address, APPLICATION) as connection:
        connection.execute(f"BEGIN READ ONLY; {limits}".encode())
        with _asking():
            # Asked for binary rows psycopg uses the protocol in which the server takes one statement alone.
            cursor = connection.execute(query.encode(), binary=True)
            return Rows(_names(cursor.description), cursor.fetchall() if cursor.description else ())


def _mysql(endpoint: Endpoint, address: Address, query: str, patience: float) -> Rows:
    with mysql_connection.connected(endpoint, address, patience) as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION READ ONLY")
        with _asking():
            cursor.execute(query)
        return Rows(_names(cursor.description), list(cursor.fetchall()))


def _sqlite(endpoint: Endpoint, address: Address, query: str, patience: float) -> Rows:
    file = sqlite.file_of(address)
    if file is None or not file.path.exists():
        what = f"there is no file {address.shown}"
        raise UnavailableError(what, where=str(endpoint.target), mend="correct the url: the query is asked there")
    with sqlite.opened(file, endpoint) as connection, _asking():
        deadline = time.monotonic() + patience
        connection.set_progress_handler(lambda: int(time.monotonic() > deadline), _STEPS)
        cursor = connection.execute(query)
        return Rows(_names(cursor.description), cursor.fetchall())


_ASKED: dict[str, Callable[[Endpoint, Address, str, float], Rows]] = {
    "postgresql": _postgresql,
    "mysql": _mysql,
    "sqlite": _sqlite,
}


def _names(description: Any) -> tuple[str, ...]:
    return tuple(str(column[0]) for column in description or ())
