"""PostgreSQL, through psycopg 3, whatever driver the URL names for env.py.

Connections, errors and definitions; what a look at the version table asks stands in `postgresql_sight.py`, and for
many schemas at once in `postgresql_schemas.py`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from orchestrator.core.identifiers import identifier
from orchestrator.core.inspection import Inspection
from orchestrator.core.libpq import keywords
from orchestrator.core.observations import Reading
from orchestrator.core.targets import Target
from orchestrator.core.urls import Address
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.family import APPLICATION, Definition, driver, one_line, seconds
from orchestrator.databases.holders import LockSession, mark
from orchestrator.databases.postgresql_blockers import TableLockedError, naming_the_blocker
from orchestrator.databases.postgresql_inspection import inspected
from orchestrator.databases.postgresql_locks import AdvisoryLocks, of_which_held
from orchestrator.databases.postgresql_queries import DEFINITIONS
from orchestrator.databases.postgresql_schemas import sights
from orchestrator.databases.postgresql_sight import idle, sight
from orchestrator.databases.sight import Failure, Sight
from orchestrator.errors import UnavailableError

if TYPE_CHECKING:
    import psycopg

    Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

_PREAMBLE = re.compile(r"^connection (failed|is bad): (connection to server .*? failed: )?(FATAL: +)?")
_NO_DATABASE = "database .* does not exist"
# libpq gives no SQLSTATE for a connection that failed, so the server's English words have to do.
_CAUSES: tuple[tuple[str, Reading, str, str], ...] = (
    (
        "password authentication failed",
        Reading.DENIED,
        "the password was refused",
        "correct the password in {url}",
    ),
    ("no password supplied", Reading.DENIED, "a password is asked for and {url} has none", "add it to {url}"),
    (
        "permission denied for database",
        Reading.DENIED,
        "the role may not connect to this database",
        "GRANT CONNECT ON DATABASE {quoted_database} TO {quoted_user}",
    ),
    ("not permitted to log in", Reading.DENIED, "the role may not log in", "ALTER ROLE {quoted_user} LOGIN"),
    (r"role .* does not exist", Reading.DENIED, "the server has no role {user}", "correct the user in {url}"),
    (
        "pg_hba.conf",
        Reading.DENIED,
        "the server's pg_hba.conf does not let this role in from here",
        "add a line there",
    ),
    ("authentication failed", Reading.DENIED, "the server did not accept this role", "correct the user in {url}"),
    (
        _NO_DATABASE,
        Reading.UNREACHABLE,
        "the server has no database {database}",
        "create it, or correct {url}",
    ),
    (
        "translate host name|resolve host",
        Reading.UNREACHABLE,
        "the host name is not known",
        "correct the host in {url}",
    ),
    (
        "refused",
        Reading.UNREACHABLE,
        "no server listens there",
        "start the server, or correct host and port in {url}",
    ),
    (
        "timeout expired|timed out",
        Reading.UNREACHABLE,
        "no answer within {timeout}",
        "check that the server runs and no firewall is between",
    ),
    (
        "too many clients|connection slots",
        Reading.UNREACHABLE,
        "the server has no connection left",
        "try again later",
    ),
    (
        "starting up|shutting down",
        Reading.UNREACHABLE,
        "the server is starting or stopping",
        "try again in a moment",
    ),
    (
        "closed the connection|reset by peer",
        Reading.UNREACHABLE,
        "the server dropped the connection",
        "look into the server's log; try again in a moment",
    ),
)
_PASSING = re.compile("starting up|closed the connection|reset by peer")


def observe(endpoint: Endpoint, address: Address, *, rights: bool = False) -> Sight:
    """Reads the version table that Alembic would read, also looking where this role's eyes do not reach."""
    with connected(endpoint, address, APPLICATION) as connection:
        with naming_the_blocker(connection, endpoint):
            found = sight(connection, endpoint)
        return _with_barriers(connection, endpoint, found) if rights else found


def observe_schemas(
    endpoints: Sequence[Endpoint], address: Address, rights: Container[Target]
) -> Iterator[tuple[Endpoint, Sight | Exception]]:
    """The same for many schemas of one database, on one connection; raises where that could not be made.

    UnavailableError where the one question to the catalogs, for all of them, takes longer than a look may.

    What went wrong with one schema alone comes in the place of what is seen. `rights` are wanted of those targets.
    """
    with connected(endpoints[0], address, APPLICATION) as connection:
        try:
            for endpoint, found in sights(connection, endpoints):
                if isinstance(found, Sight) and endpoint.target in rights:
                    yield endpoint, _with_barriers(connection, endpoint, found)
                else:
                    yield endpoint, found
        except driver("psycopg", "postgresql").errors.QueryCanceled as error:
            patience = seconds(endpoints[0].timeouts.connect)
            what = f"{address.shown}: the system catalogs did not answer within {patience}"
            raise UnavailableError(what, mend="look at what keeps the server busy, and try again") from error


def held(endpoints: Sequence[Endpoint], address: Address) -> tuple[Endpoint, ...]:
    """Those of many schemas of one database of which somebody has the run lock or the work lock."""
    with connected(endpoints[0], address, APPLICATION) as connection:
        return of_which_held(connection, endpoints)


def inspect(endpoint: Endpoint, address: Address, schema: str | None) -> Inspection:
    """The role's rights in `schema`, where the version table is or would be, and the server."""
    with connected(endpoint, address, APPLICATION) as connection:
        return inspected(connection, endpoint, schema)


def _with_barriers(connection: Connection, endpoint: Endpoint, found: Sight) -> Sight:
    if found.barriers is not None:
        return found
    versioned = found.reading is Reading.VERSIONED
    try:
        idle(connection)
        inspection = inspected(connection, endpoint, found.schema)
    except driver("psycopg", "postgresql").Error:  # what was seen stays true
        return found
    return replace(found, barriers=inspection.barriers(endpoint.target.environment, versioned=versioned))


def definitions(endpoint: Endpoint, address: Address) -> Iterable[Definition]:
    """Relations, columns, constraints, indexes, functions, triggers, policies and types of the target's schema."""
    with connected(endpoint, address, APPLICATION) as connection:
        rows = connection.execute(DEFINITIONS, {"schema": endpoint.version_table_schema}).fetchall()
    return [Definition(name, text or "", valid) for name, text, valid in rows]


def open_locks(endpoint: Endpoint, address: Address, run_id: str | None) -> LockSession:
    """A connection that holds no transaction; to hold a lock it must be the server's own, not a pooler's."""
    connection = _connect(endpoint, address, mark(run_id) if run_id else APPLICATION)
    locks = AdvisoryLocks(connection, endpoint)
    if run_id is not None:
        try:
            locks.prepare()
        except BaseException:
            connection.close()
            raise
    return locks


def explain(error: Exception, endpoint: Endpoint, address: Address) -> Failure | None:
    """The driver's errors: by SQLSTATE where there is one, by the server's words where the connection failed."""
    psycopg = driver("psycopg", "postgresql")
    if isinstance(error, TableLockedError):
        return _locked(error, endpoint, address)
    if not isinstance(error, psycopg.Error):
        return None
    names = {
        "url": f"the url of {endpoint.target.environment}",
        "database": address.database or "of that name",
        "user": address.user or "of that name",
        "timeout": seconds(endpoint.timeouts.connect),
    }
    match error.sqlstate:
        case "42501":
            return Failure(Reading.DENIED, one_line(error, address), "let this role read the system catalogs")
        case "57014" | "55P03":
            what = f"{address.shown}: it was not answered within {names['timeout']}: {one_line(error, address)}"
            mend = f"try again, or raise timeouts.connect of {endpoint.target.environment}"
            return Failure(Reading.UNREACHABLE, what, mend)
    text = _PREAMBLE.sub("", one_line(error, address))
    for pattern, reading, cause, mend in _CAUSES:
        if re.search(pattern, text):
            what = f"{address.shown}: {cause.format(**names)}"
            quoted = {f"quoted_{key}": identifier(names[key]) for key in ("database", "user")}
            passing = _PASSING.search(text) is not None
            return Failure(reading, what, mend.format(**names, **quoted), passing, absent=pattern == _NO_DATABASE)
    return Failure(Reading.UNREACHABLE, f"{address.shown}: {text}", f"check {names['url']}")


def _locked(error: TableLockedError, endpoint: Endpoint, address: Address) -> Failure:
    blocker = error.blocker
    if blocker is None:
        what = "the version table could not be read in that time, and by now nobody has it locked"
        mend = f"try again, or raise timeouts.connect of {endpoint.target.environment}"
    else:
        what = f"the version table stayed locked by {blocker}"
        mend = "try again when that session is done"
        mend += f"; to end it: SELECT pg_terminate_backend({blocker.session})" if blocker.session else ""
    waited = f"waited {seconds(endpoint.timeouts.connect)}"
    return Failure(Reading.UNREACHABLE, f"{address.shown}: {what} ({waited})", mend)


@functools.cache
def _known() -> frozenset[str]:
    libpq = driver("psycopg.pq", "postgresql")
    return frozenset(option.keyword.decode() for option in libpq.Conninfo.get_defaults())


def _connect(endpoint: Endpoint, address: Address, name: str) -> Connection:
    connection: Connection = driver("psycopg", "postgresql").connect(
        "",
        autocommit=True,
        prepare_threshold=None,
        **keywords(address, _known(), endpoint.timeouts.network),
        connect_timeout=max(1, round(endpoint.timeouts.connect)),
        application_name=name,
    )
    return connection


@contextmanager
def connected(endpoint: Endpoint, address: Address, name: str) -> Iterator[Connection]:
    """A connection that commits each statement and calls itself `name`; raises psycopg's errors."""
    connection = _connect(endpoint, address, name)
    try:
        yield connection
    finally:
        connection.close()
