"""What PostgreSQL tells of a role, its rights and its server: one statement that names only system catalogs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from orchestrator.core.identifiers import identifier
from orchestrator.core.inspection import Inspection, Lack, ahead
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.postgresql_sight import encrypted

if TYPE_CHECKING:
    from orchestrator.databases.postgresql_sight import Connection

_LIMITS = ("statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout")
# env.py may SET ROLE: what any role may do that this one is a member of, it may do.
# Altering a table takes the owner's rights, which no GRANT gives. Tables of extensions are nobody's to migrate.
_FACTS = """
WITH home AS (
    SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = %(schema)s
), roles AS (
    SELECT oid FROM pg_catalog.pg_roles WHERE pg_has_role(oid, 'MEMBER')
), version_table AS (
    SELECT c.oid FROM pg_catalog.pg_class AS c JOIN home ON c.relnamespace = home.oid WHERE c.relname = %(table)s
)
SELECT current_user::text AS role, current_database()::text AS database, pg_backend_pid() AS backend,
    pg_is_in_recovery() AS standby, current_setting('transaction_read_only') = 'on' AS read_only,
    extract(epoch FROM clock_timestamp())::float8 AS clock,
    (SELECT bool_or(has_schema_privilege(roles.oid, home.oid, 'CREATE')) FROM home, roles) AS may_create,
    (SELECT bool_or(has_database_privilege(oid, current_database(), 'CREATE')) FROM roles) AS may_create_schema,
    ARRAY(
        SELECT verb FROM version_table, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS verb
        WHERE NOT EXISTS (
            SELECT FROM roles WHERE has_table_privilege(roles.oid, version_table.oid, verb)
            OR CASE WHEN verb <> 'DELETE' THEN has_any_column_privilege(roles.oid, version_table.oid, verb) END
        )
    ) AS denied,
    ARRAY(
        SELECT DISTINCT pg_get_userbyid(c.relowner)::text
        FROM pg_catalog.pg_class AS c JOIN home ON c.relnamespace = home.oid
        WHERE c.relkind IN ('r', 'p') AND NOT pg_has_role(c.relowner, 'USAGE') AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend AS d
            WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
        ) ORDER BY 1
    ) AS owners,
    ARRAY(
        SELECT ARRAY[name, current_setting(name, true)] FROM unnest(%(limits)s::text[]) AS name
        WHERE current_setting(name, true) <> '0' ORDER BY name
    ) AS limits
"""


def inspected(connection: Connection, endpoint: Endpoint, schema: str | None) -> Inspection:
    """The role's rights in `schema`, where the version table is or would be; raises psycopg's errors."""
    names = {"schema": schema, "table": endpoint.version_table, "limits": list(_LIMITS)}
    asked = time.time()
    cursor = connection.execute(_FACTS, names)
    answered = time.time()
    row = cursor.fetchone() or ()
    facts = dict(zip([column.name for column in cursor.description or ()], row, strict=True))
    version = (connection.info.parameter_status("server_version") or "").partition(" ")[0]
    return Inspection(
        server=f"PostgreSQL {version}",
        role=facts["role"],
        lacks=tuple(_lacks(facts, endpoint, schema)),
        owners=tuple(facts["owners"]),
        standby=facts["standby"],
        read_only=facts["read_only"],
        pooler=facts["backend"] != connection.info.backend_pid,
        encrypted=encrypted(connection),
        clock=ahead(facts["clock"], asked, answered),
        limits=tuple((name, value) for name, value in facts["limits"]),
    )


def _lacks(facts: dict[str, Any], endpoint: Endpoint, schema: str | None) -> list[Lack]:
    who, lacks = identifier(facts["role"]), []
    wanted = schema or endpoint.version_table_schema
    if facts["may_create"] is False:
        grant = f"GRANT CREATE ON SCHEMA {identifier(schema or '')} TO {who}"
        lacks.append(Lack(f"may not create tables in schema {schema}", grant, ("CREATE",)))
    if facts["may_create"] is None and not facts["may_create_schema"]:
        mend = f"CREATE SCHEMA {identifier(wanted)} AUTHORIZATION {who}" if wanted else "set its search_path"
        lacks.append(Lack(f"has no schema{f' {wanted}' if wanted else ''}, and may not create one", mend))
    if verbs := ", ".join(denied := facts["denied"]):
        grant = f"GRANT {verbs} ON {identifier(schema or '', endpoint.version_table)} TO {who}"
        lacks.append(Lack(f"may not {verbs} on {schema}.{endpoint.version_table}", grant, tuple(denied)))
    return lacks
