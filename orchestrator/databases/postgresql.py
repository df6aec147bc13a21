"""PostgreSQL, through psycopg 3, whatever driver the URL names for env.py.

A probe is one connection and two statements in a read-only transaction; nothing is set on the session, which
behind a pooler is somebody else's next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from orchestrator.core.inspection import is_near
from orchestrator.core.libpq import keywords
from orchestrator.core.observations import Reading
from orchestrator.core.urls import Address
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.family import (
    APPLICATION,
    Definition,
    Failure,
    Sight,
    driver,
    fingerprint,
    heads_of,
    no_version_column,
    one_line,
    seconds,
    told,
)
from orchestrator.databases.holders import LockSession, mark
from orchestrator.databases.postgresql_locks import AdvisoryLocks
from orchestrator.databases.postgresql_queries import DEFINITIONS, SIGHT, SYSTEM_IDENTIFIER, UNIDENTIFIED

if TYPE_CHECKING:
    import psycopg

    Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]
    Cursor: TypeAlias = psycopg.Cursor[tuple[Any, ...]]

_PREAMBLE = re.compile(r"^connection (failed|is bad): (connection to server .*? failed: )?(FATAL: +)?")
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
        "GRANT CONNECT ON DATABASE {database} TO {user}",
    ),
    ("not permitted to log in", Reading.DENIED, "the role may not log in", "ALTER ROLE {user} LOGIN"),
    (r"role .* does not exist", Reading.DENIED, "the server has no role {user}", "correct the user in {url}"),
    (
        "pg_hba.conf",
        Reading.DENIED,
        "the server's pg_hba.conf does not let this role in from here",
        "add a line there",
    ),
    ("authentication failed", Reading.DENIED, "the server did not accept this role", "correct the user in {url}"),
    (
        r"database .* does not exist",
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


def observe(endpoint: Endpoint, address: Address) -> Sight:
    """Reads the version table that Alembic would read, also looking where this role's eyes do not reach."""
    with connected(endpoint, address, APPLICATION) as connection:
        facts = _facts(connection, endpoint)
        reading, failure = _judge(facts, endpoint, connection.info.user)
        heads = _heads(connection, facts["found"], endpoint) if reading is Reading.VERSIONED else ()
        version = (connection.info.parameter_status("server_version") or "").partition(" ")[0]
        safe = encrypted(connection)
    schema = facts["found"] or facts["home"]
    identity = fingerprint("postgresql", facts["system"], facts["database"], schema, endpoint.version_table)
    detail, mend = told(failure)
    instance = fingerprint(identity, facts["started"])
    return Sight(reading, heads, f"PostgreSQL {version}", identity, instance, schema, detail, mend, safe)


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
            what = f"{address.shown}: the version table stayed locked for {names['timeout']}"
            return Failure(Reading.UNREACHABLE, what, "try again when the session that holds it is done")
    text = _PREAMBLE.sub("", one_line(error, address))
    for pattern, reading, cause, mend in _CAUSES:
        if re.search(pattern, text):
            what = f"{address.shown}: {cause.format(**names)}"
            return Failure(reading, what, mend.format(**names), passing=_PASSING.search(text) is not None)
    return Failure(Reading.UNREACHABLE, f"{address.shown}: {text}", f"check {names['url']}")


def _connect(endpoint: Endpoint, address: Address, name: str) -> Connection:
    libpq = driver("psycopg.pq", "postgresql")
    known = {option.keyword.decode() for option in libpq.Conninfo.get_defaults()}
    connection: Connection = driver("psycopg", "postgresql").connect(
        "",
        autocommit=True,
        prepare_threshold=None,
        **keywords(address, known, endpoint.timeouts.network),
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


def encrypted(connection: Connection) -> bool | None:
    """Whether it is; None where nothing of it leaves this machine."""
    if connection.pgconn.ssl_in_use:
        return True
    host = connection.pgconn.hostaddr.decode() or connection.info.host
    return None if is_near(host) else False


def _facts(connection: Connection, endpoint: Endpoint) -> dict[str, Any]:
    psycopg = driver("psycopg", "postgresql")
    try:
        return _asked(connection, endpoint, SYSTEM_IDENTIFIER)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFunction):
        # Some providers take the right to call pg_control_system() away from everybody.
        connection.execute("ROLLBACK")
        return _asked(connection, endpoint, UNIDENTIFIED)


def _asked(connection: Connection, endpoint: Endpoint, identifier: str) -> dict[str, Any]:
    sql = driver("psycopg.sql", "postgresql")
    statement = sql.SQL(SIGHT).format(
        table=sql.Literal(endpoint.version_table),
        schema=sql.Literal(endpoint.version_table_schema),
        patience=sql.Literal(f"{max(1, round(endpoint.timeouts.connect * 1000))}ms"),
        identifier=sql.SQL(identifier),
    )
    cursor = _last(connection.execute(statement))
    names = [column.name for column in cursor.description or ()]
    return dict(zip(names, cursor.fetchone() or (), strict=True))


def _last(cursor: Cursor) -> Cursor:
    while cursor.nextset():
        pass
    return cursor


def _heads(connection: Connection, schema: str, endpoint: Endpoint) -> tuple[str, ...]:
    sql = driver("psycopg.sql", "postgresql")
    table = sql.Identifier(schema, endpoint.version_table)
    return heads_of(connection.execute(sql.SQL("SELECT version_num::text FROM {}; ROLLBACK").format(table)))


def _judge(facts: dict[str, Any], endpoint: Endpoint, role: str) -> tuple[Reading, Failure | None]:
    found, home = facts["found"], facts["home"]
    if found is not None and not (facts["usable"] and facts["readable"]):
        return Reading.HIDDEN, _hidden(facts, endpoint, role)
    if found is not None:
        failure = None if facts["proper"] else no_version_column(endpoint)
        return (failure.reading if failure else Reading.VERSIONED), failure
    if home is None:
        return Reading.EMPTY, _homeless(endpoint)
    if not facts["home_usable"]:
        detail = f"role {role} may use no schema of its search_path"
        return Reading.DENIED, Failure(Reading.DENIED, detail, f'GRANT USAGE ON SCHEMA "{home}" TO "{role}"')
    return (Reading.UNVERSIONED if facts["populated"] else Reading.EMPTY), None


def _hidden(facts: dict[str, Any], endpoint: Endpoint, role: str) -> Failure:
    schema, table = facts["found"], endpoint.version_table
    if not facts["usable"]:
        detail = f"{schema}.{table} is there, but role {role} may not use schema {schema}"
        return Failure(Reading.HIDDEN, detail, f'GRANT USAGE ON SCHEMA "{schema}" TO "{role}"')
    detail = f"{schema}.{table} is there, but role {role} may not read it"
    return Failure(Reading.HIDDEN, detail, f'GRANT SELECT ON "{schema}"."{table}" TO "{role}"')


def _homeless(endpoint: Endpoint) -> Failure:
    wanted = endpoint.version_table_schema
    detail = f"no schema {wanted} yet" if wanted else "no schema of this role's search_path exists"
    return Failure(Reading.EMPTY, detail, f'CREATE SCHEMA "{wanted}"' if wanted else "set its search_path")
