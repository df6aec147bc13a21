"""What PostgreSQL tells of one version table, on a connection that is given: at a glance, or by a closer look.

Reads only, in a transaction that is rolled back; nothing is set on the session, which behind a pooler is somebody
else's next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from orchestrator.core.identifiers import identifier
from orchestrator.core.inspection import is_near
from orchestrator.core.observations import Reading
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.family import driver, fingerprint, heads_of, no_version_column, told
from orchestrator.databases.postgresql_queries import GLANCE, SIGHT, SYSTEM_IDENTIFIER, UNIDENTIFIED
from orchestrator.databases.sight import Failure, Sight

if TYPE_CHECKING:
    import psycopg

    Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]
    Cursor: TypeAlias = psycopg.Cursor[tuple[Any, ...]]

Facts = dict[str, Any]


def sight(connection: Connection, endpoint: Endpoint) -> Sight:
    """The version table that Alembic would read, also where this role's eyes do not reach; raises as psycopg.

    A version table that can be read is one round trip over few catalogs. Every other case, and this one too, is
    told by the closer look.
    """
    try:
        return _glance(connection, endpoint)
    except driver("psycopg", "postgresql").ProgrammingError:  # class 42: not there, not permitted, no such column
        idle(connection)
    return closer_look(connection, endpoint)


def closer_look(connection: Connection, endpoint: Endpoint) -> Sight:
    """The same, asked of the catalogs, which also tell why something cannot be seen."""
    facts = asked(connection, SIGHT, endpoint, _place(endpoint))[0]
    reading, failure = judged(facts, endpoint, connection.info.user)
    heads = _heads(connection, facts["found"], endpoint) if reading is Reading.VERSIONED else ()
    return seen(connection, endpoint, facts, (reading, heads, failure))


def asked(connection: Connection, text: str, endpoint: Endpoint, literals: dict[str, Any]) -> list[Facts]:
    """What a statement that identifies the server returns, row by row and by its columns' names."""
    psycopg = driver("psycopg", "postgresql")
    try:
        return _rows(connection, text, endpoint, {**literals, "identifier": SYSTEM_IDENTIFIER})
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFunction):
        # Some providers take the right to call pg_control_system() away from everybody.
        idle(connection)
        return _rows(connection, text, endpoint, {**literals, "identifier": UNIDENTIFIED})


def idle(connection: Connection) -> None:
    """Ends what transaction a look left open, or failed in."""
    if connection.info.transaction_status:
        connection.execute("ROLLBACK")


def with_rows(cursor: Cursor) -> Cursor:
    """The one of several statements that returned rows."""
    while cursor.description is None and cursor.nextset():
        pass
    return cursor


def patience(endpoint: Endpoint) -> str:
    """How long the server may take over one statement of a look."""
    return f"{max(1, round(endpoint.timeouts.connect * 1000))}ms"


def seen(
    connection: Connection,
    endpoint: Endpoint,
    facts: Facts,
    found: tuple[Reading, tuple[str, ...], Failure | None],
) -> Sight:
    """The sight that these facts about server and schema make, with what was read and why not."""
    reading, heads, failure = found
    version = (connection.info.parameter_status("server_version") or "").partition(" ")[0]
    schema = facts["found"] or facts["home"]
    # Of schemas that are not there each is a place of its own.
    place = schema or endpoint.version_table_schema
    identity = fingerprint("postgresql", facts["system"], facts["database"], place, endpoint.version_table)
    detail, mend, absent = told(failure)
    return Sight(
        reading,
        heads,
        server=f"PostgreSQL {version}",
        identity=identity,
        instance=fingerprint(identity, facts["started"]),
        schema=schema,
        detail=detail,
        mend=mend,
        encrypted=encrypted(connection),
        barriers=() if facts.get("allowed") and reading is Reading.VERSIONED else None,
        absent=absent,
        version_table=identifier(facts["found"], endpoint.version_table) if facts["found"] else None,
    )


def encrypted(connection: Connection) -> bool | None:
    """Whether it is; None where nothing of it leaves this machine."""
    if connection.pgconn.ssl_in_use:
        return True
    host = connection.pgconn.hostaddr.decode() or connection.info.host
    return None if is_near(host) else False


def judged(facts: Facts, endpoint: Endpoint, role: str) -> tuple[Reading, Failure | None]:
    """What the catalogs say of the version table of this endpoint, and what is wrong with it."""
    found, home = facts["found"], facts["home"]
    if found is not None and not (facts["usable"] and facts["readable"]):
        return Reading.HIDDEN, _hidden(facts, endpoint, role)
    if found is not None:
        failure = None if facts["proper"] else no_version_column(endpoint)
        return (failure.reading if failure else Reading.VERSIONED), failure
    if home is None:
        # What begins in a schema that others do not share is begun by whoever makes it, as a database is.
        return (Reading.EMPTY if endpoint.schema is None else Reading.UNREACHABLE), _homeless(endpoint)
    if not facts["home_usable"]:
        detail = f"role {role} may use no schema of its search_path"
        return Reading.DENIED, Failure(
            Reading.DENIED, detail, f"GRANT USAGE ON SCHEMA {identifier(home)} TO {identifier(role)}"
        )
    return (Reading.UNVERSIONED if facts["populated"] else Reading.EMPTY), None


def _glance(connection: Connection, endpoint: Endpoint) -> Sight:
    sql = driver("psycopg.sql", "postgresql")
    schema = [endpoint.version_table_schema] if endpoint.version_table_schema is not None else []
    name = sql.Identifier(*schema, endpoint.version_table)
    text = sql.Literal(name.as_string(connection))
    statement = sql.SQL(GLANCE).format(
        name=name, text=text, patience=sql.Literal(patience(endpoint)), identifier=sql.SQL(SYSTEM_IDENTIFIER)
    )
    facts = _facts(with_rows(connection.execute(statement)))[0]
    facts |= {"found": _unquoted(facts["found"]), "database": facts["folder"].split("/")[-2]}
    heads = heads_of((head,) for head in facts["heads"])
    return seen(connection, endpoint, facts, (Reading.VERSIONED, heads, None))


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _place(endpoint: Endpoint) -> dict[str, Any]:
    return {"schema": endpoint.version_table_schema, "table": endpoint.version_table}


def _rows(connection: Connection, text: str, endpoint: Endpoint, values: dict[str, Any]) -> list[Facts]:
    sql = driver("psycopg.sql", "postgresql")
    identifier = sql.SQL(values.pop("identifier"))
    literals = {name: sql.Literal(value) for name, value in {**values, "patience": patience(endpoint)}.items()}
    return _facts(with_rows(connection.execute(sql.SQL(text).format(identifier=identifier, **literals))))


def _facts(cursor: Cursor) -> list[Facts]:
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _heads(connection: Connection, schema: str, endpoint: Endpoint) -> tuple[str, ...]:
    sql = driver("psycopg.sql", "postgresql")
    table = sql.Identifier(schema, endpoint.version_table)
    return heads_of(connection.execute(sql.SQL("SELECT version_num::text FROM {}; ROLLBACK").format(table)))


def _hidden(facts: Facts, endpoint: Endpoint, role: str) -> Failure:
    schema, table = facts["found"], endpoint.version_table
    if not facts["usable"]:
        detail = f"{schema}.{table} is there, but role {role} may not use schema {schema}"
        return Failure(Reading.HIDDEN, detail, f"GRANT USAGE ON SCHEMA {identifier(schema)} TO {identifier(role)}")
    detail = f"{schema}.{table} is there, but role {role} may not read it"
    return Failure(Reading.HIDDEN, detail, f"GRANT SELECT ON {identifier(schema, table)} TO {identifier(role)}")


def _homeless(endpoint: Endpoint) -> Failure:
    wanted = endpoint.version_table_schema
    if not wanted:
        return Failure(Reading.EMPTY, "no schema of this role's search_path exists", "set its search_path")
    return Failure(
        Reading.EMPTY, f"there is no schema {wanted}", f"CREATE SCHEMA {identifier(wanted)}", absent=True
    )
