"""MySQL and MariaDB, through PyMySQL, whatever driver the URL names for env.py.

What a role may not see is absent from information_schema, so the version table is simply read and the server's
error number tells why not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from orchestrator.core.identifiers import identifier
from orchestrator.core.observations import Reading
from orchestrator.core.urls import Address
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.family import (
    APPLICATION,
    Definition,
    driver,
    fingerprint,
    heads_of,
    no_version_column,
    one_line,
    seconds,
    told,
)
from orchestrator.databases.holders import LockSession, mark
from orchestrator.databases.mysql_connection import connect, connected, encrypted
from orchestrator.databases.mysql_locks import UserLocks
from orchestrator.databases.mysql_queries import DEFINITIONS, FACTS, POPULATED
from orchestrator.databases.sight import Failure, Sight
from orchestrator.errors import ConfigurationError

if TYPE_CHECKING:
    import pymysql

_ABSENT = {1146, 1049, 1051}  # no such table, no such database, unknown table: as SQLAlchemy's has_table
_UNREADABLE = {1142, 1143, 1044}  # denied on the table, a column, the database
_NO_COLUMN = 1054
_LOST = 2013
_NO_DATABASE = 1049
_CATALOG_SECONDS = 60.0
"""How long one answer about a whole schema may take: information_schema opens every table of a large one."""

_CAUSES: dict[int, tuple[Reading, str, str]] = {
    1045: (Reading.DENIED, "user or password was refused", "correct them in {url}"),
    1698: (Reading.DENIED, "the server did not accept this user", "correct the user in {url}"),
    1044: (
        Reading.DENIED,
        "the user may not use database {database}",
        "GRANT SELECT ON {quoted}.* TO the user {user}",
    ),
    1130: (Reading.DENIED, "the server lets nobody in from this host", "create the user for this host"),
    1129: (Reading.DENIED, "the server has blocked this host after errors", "FLUSH HOSTS on the server"),
    _NO_DATABASE: (Reading.UNREACHABLE, "the server has no database {database}", "create it, or correct {url}"),
    1046: (Reading.UNREACHABLE, "the URL names no database", "add /database to {url}"),
    1040: (Reading.UNREACHABLE, "the server has no connection left", "try again later"),
    _LOST: (
        Reading.UNREACHABLE,
        "no answer within {timeout}",
        "check that the server runs and no firewall is between",
    ),
}
_SOCKET_CAUSES = (
    ("refused", "no server listens there", "start the server, or correct host and port in {url}"),
    ("timed out", "no answer within {timeout}", "check that the server runs and no firewall is between"),
    ("not known", "the host name is not known", "correct the host in {url}"),
    ("resolution", "the host name cannot be resolved", "correct the host in {url}"),
    ("No such file", "there is no such socket or certificate", "correct the paths in {url}"),
)


def observe(endpoint: Endpoint, address: Address, *, rights: bool = False) -> Sight:  # noqa: ARG001 - asked apart
    """Reads the version table; what is not there or not permitted, the server's error number tells apart."""
    with connected(endpoint, address, endpoint.timeouts.connect) as connection:
        facts = _facts(connection)
        schema = endpoint.version_table_schema or facts["DATABASE"]
        if schema is None:
            raise ConfigurationError(
                "the URL names no database", mend=f"add /database to the url of {_url(endpoint)}"
            )
        reading, heads, failure = _read(connection, endpoint, schema)
        server, safe = server_name(connection), encrypted(connection)
    place = [facts.get(name) for name in ("SERVER_UUID", "SERVER_UID", "HOSTNAME", "PORT", "DATADIR")]
    identity = fingerprint("mysql", *place, schema, endpoint.version_table)
    detail, mend, _ = told(failure)
    instance = fingerprint(identity, facts["STARTED"])
    table = identifier(schema, endpoint.version_table, mark="`")
    return Sight(reading, heads, server, identity, instance, schema, detail, mend, safe, version_table=table)


def definitions(endpoint: Endpoint, address: Address) -> Iterable[Definition]:
    """Tables, columns, indexes, constraints, views, triggers and routines of the target's schema."""
    patience = max(_CATALOG_SECONDS, endpoint.timeouts.connect)
    with connected(endpoint, address, patience) as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION group_concat_max_len = 1000000")
        cursor.execute(DEFINITIONS, {"schema": endpoint.version_table_schema or address.database})
        return [Definition(_text(name), _text(definition)) for name, definition in cursor.fetchall()]


def open_locks(endpoint: Endpoint, address: Address, run_id: str | None) -> LockSession:
    """A connection that commits each statement and whose user locks live as long as it does."""
    name = mark(run_id) if run_id else APPLICATION
    connection = connect(endpoint, address, name, endpoint.timeouts.connect)
    try:
        locks = UserLocks(connection, endpoint, run_id)
        if run_id is not None:
            locks.prepare()
    except BaseException:
        connection.close()
        raise
    return locks


def explain(error: Exception, endpoint: Endpoint, address: Address) -> Failure | None:
    """PyMySQL's errors by their number; also what it raises for settings and plugins that it cannot serve."""
    pymysql = driver("pymysql", "mysql")
    url = f"the url of {_url(endpoint)}"
    text = one_line(error.args[-1] if error.args else error, address)
    if isinstance(error, RuntimeError) and "cryptography" in text:
        what = f"{address.shown}: this user's password needs the Python package cryptography"
        return Failure(Reading.UNREACHABLE, what, "pip install 'pymysql[rsa]'")
    if not isinstance(error, pymysql.MySQLError | OSError | ValueError | LookupError | NotImplementedError):
        return None
    timeout = seconds(endpoint.timeouts.connect)
    names = {"url": url, "database": address.database or "", "user": address.user or "", "timeout": timeout}
    number = error.args[0] if error.args else None
    if number == _LOST and "timed out" not in text:
        what = f"{address.shown}: the server dropped the connection"
        mend = "look into the server's log; try again in a moment"
        return Failure(Reading.UNREACHABLE, what, mend, passing=True)
    if number in _CAUSES:
        reading, cause, mend = _CAUSES[number]
        mend = mend.format(**names, quoted=identifier(names["database"], mark="`"))
        return Failure(reading, f"{address.shown}: {cause.format(**names)}", mend, absent=number == _NO_DATABASE)
    for word, cause, mend in _SOCKET_CAUSES:
        if word in text:
            what = f"{address.shown}: {cause.format(**names)}"
            return Failure(Reading.UNREACHABLE, what, mend.format(**names))
    return Failure(Reading.UNREACHABLE, f"{address.shown}: {text}", f"check {url}")


def _url(endpoint: Endpoint) -> str:
    return endpoint.target.environment


def _facts(connection: pymysql.Connection[Any]) -> dict[str, str | None]:
    mariadb = "MariaDB" in _version(connection)
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION READ ONLY")
        cursor.execute(FACTS.format(schema="information_schema" if mariadb else "performance_schema"))
        return {_text(name).upper(): value for name, value in cursor.fetchall()}


def _read(
    connection: pymysql.Connection[Any], endpoint: Endpoint, schema: str
) -> tuple[Reading, tuple[str, ...], Failure | None]:
    table = identifier(schema, endpoint.version_table, mark="`")
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"SELECT version_num FROM {table}")
            return Reading.VERSIONED, heads_of(cursor.fetchall()), None
        except driver("pymysql", "mysql").MySQLError as error:
            number = error.args[0] if error.args else None
            if number in _UNREADABLE:
                return Reading.HIDDEN, (), _hidden(table)
            if number == _NO_COLUMN:
                return Reading.UNVERSIONED, (), no_version_column(endpoint)
            if number not in _ABSENT:
                raise
        cursor.execute(POPULATED, {"schema": schema})
        return (Reading.UNVERSIONED if cursor.fetchone() else Reading.EMPTY), (), None


def _hidden(table: str) -> Failure:
    # The server answers the same whether the table is there or not: it does not let this user know.
    detail = f"this user may not read {table.replace('`', '')}, nor see whether it is there"
    return Failure(Reading.HIDDEN, detail, f"GRANT SELECT ON {table} TO the user of the url")


def _version(connection: pymysql.Connection[Any]) -> str:
    return str(connection.get_server_info())  # type: ignore[no-untyped-call]


def server_name(connection: pymysql.Connection[Any]) -> str:
    """The server's product and version: `MariaDB 10.11.6`."""
    version = _version(connection)
    number = version.removeprefix("5.5.5-").partition("-")[0]
    return f"MariaDB {number}" if "MariaDB" in version else f"MySQL {number}"


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
