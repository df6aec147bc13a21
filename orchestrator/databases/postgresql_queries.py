"""What PostgreSQL is asked, as SQL for psycopg. Each is one round trip and names only system catalogs."""

from __future__ import annotations

SYSTEM_IDENTIFIER = "(SELECT system_identifier FROM pg_control_system())::text"
UNIDENTIFIED = "concat_ws(':', inet_server_addr(), inet_server_port(), current_database())"
"""In place of the system identifier, where this role may not ask for it."""

# The normal case: the version table is where the server itself finds it, and may be read. Whatever is not so is an
# error of class 42, after which SIGHT is asked. A database's folder is named by its oid: asking pg_database would
# open one more table, and in a new session that costs as much as the heads themselves. `allowed`: the role itself
# may record revisions here; what it may do by becoming another takes a closer look.
GLANCE = """
BEGIN READ ONLY;
SET LOCAL statement_timeout = {patience};
SELECT ARRAY(SELECT version_num::text FROM {name}) AS heads, relnamespace::regnamespace::text AS found,
    pg_relation_filepath('pg_catalog.pg_class'::regclass) AS folder,
    extract(epoch FROM pg_postmaster_start_time())::text AS started,
    NOT pg_is_in_recovery() AND has_schema_privilege(relnamespace, 'CREATE') AND has_table_privilege(oid, 'INSERT')
        AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE') AS allowed,
    {identifier} AS system
FROM pg_catalog.pg_class WHERE oid = {text}::regclass;
ROLLBACK
"""

# The path is read from the setting, not from current_schemas(): that leaves out what this role may not use, and
# an invisible version table would look like an empty database. A schema's name with a comma in it is not found.
SIGHT = """
BEGIN READ ONLY;
SET LOCAL statement_timeout = {patience};
WITH wanted AS (
    SELECT {schema}::text AS name, 1::bigint AS position WHERE {schema}::text IS NOT NULL
    UNION ALL
    SELECT CASE WHEN name = '$user' THEN current_user ELSE name END, position
    FROM (
        SELECT replace(btrim(btrim(entry), '"'), '""', '"') AS name, position
        FROM unnest(string_to_array(current_setting('search_path'), ',')) WITH ORDINALITY AS path (entry, position)
    ) AS path
    WHERE {schema}::text IS NULL
), places AS (
    SELECT n.oid, n.nspname, wanted.position, has_schema_privilege(n.oid, 'USAGE') AS usable
    FROM wanted JOIN pg_catalog.pg_namespace AS n ON n.nspname = wanted.name
), home AS (
    SELECT * FROM places ORDER BY usable DESC, position LIMIT 1
), version_table AS (
    SELECT places.nspname, places.usable,
        has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT') AS readable,
        EXISTS (
            SELECT FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = c.oid AND a.attname = 'version_num' AND NOT a.attisdropped
        ) AS proper
    FROM places JOIN pg_catalog.pg_class AS c ON c.relnamespace = places.oid
    WHERE c.relname = {table} AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    ORDER BY places.usable DESC, places.position LIMIT 1
)
SELECT home.nspname::text AS home, home.usable AS home_usable,
    version_table.nspname::text AS found, version_table.usable, version_table.readable, version_table.proper,
    EXISTS (
        SELECT FROM pg_catalog.pg_class AS c
        WHERE c.relnamespace = home.oid AND c.relkind IN ('r', 'p', 'f') AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend AS d
            WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
        )
    ) AS populated,
    (SELECT oid::text FROM pg_catalog.pg_database WHERE datname = current_database()) AS database,
    extract(epoch FROM pg_postmaster_start_time())::text AS started,
    {identifier} AS system
FROM (SELECT) AS one LEFT JOIN home ON true LEFT JOIN version_table ON true
"""

# As SIGHT, for many schemas at once, each with the table that is its version table.
SIGHTS = """
BEGIN READ ONLY;
SET LOCAL statement_timeout = {patience};
SELECT wanted.position::int AS position, home.nspname::text AS home,
    has_schema_privilege(home.oid, 'USAGE') AS home_usable,
    CASE WHEN c.oid IS NOT NULL THEN home.nspname::text END AS found,
    has_schema_privilege(home.oid, 'USAGE') AS usable,
    has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT') AS readable,
    a.attname IS NOT NULL AS proper,
    CASE WHEN c.oid IS NULL THEN EXISTS (
        SELECT FROM pg_catalog.pg_class AS other
        WHERE other.relnamespace = home.oid AND other.relkind IN ('r', 'p', 'f') AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend AS d
            WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = other.oid AND d.deptype = 'e'
        )
    ) END AS populated,
    (SELECT oid::text FROM pg_catalog.pg_database WHERE datname = current_database()) AS database,
    extract(epoch FROM pg_postmaster_start_time())::text AS started,
    NOT pg_is_in_recovery() AND has_schema_privilege(home.oid, 'CREATE') AND has_table_privilege(c.oid, 'INSERT')
        AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE') AS allowed,
    {identifier} AS system
FROM unnest({schemas}::text[], {tables}::text[]) WITH ORDINALITY AS wanted (schema, name, position)
LEFT JOIN pg_catalog.pg_namespace AS home ON home.nspname = wanted.schema
LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = home.oid AND c.relname = wanted.name
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'version_num' AND NOT a.attisdropped
ORDER BY wanted.position;
ROLLBACK
"""

HEADS = """
BEGIN READ ONLY;
SET LOCAL statement_timeout = {patience};
SET LOCAL lock_timeout = {lock};
{heads};
ROLLBACK
"""

DEFINITIONS = """
WITH home AS (
    SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = coalesce(%(schema)s, current_schema())
), relations AS (
    SELECT c.*, CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
        WHEN 'f' THEN 'foreign table' WHEN 'c' THEN 'type' ELSE 'table' END AS kind
    FROM pg_catalog.pg_class AS c JOIN home ON c.relnamespace = home.oid
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
)
SELECT kind || ' ' || relname, concat_ws(' ', relpersistence, relrowsecurity, reloptions::text, relispartition,
        pg_get_expr(relpartbound, oid), CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END), true
    FROM relations
UNION ALL
SELECT 'column ' || r.relname || '.' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
        a.attnotnull, a.attidentity, a.attgenerated, a.attcollation, pg_get_expr(d.adbin, d.adrelid)), true
    FROM relations AS r JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid
    LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped AND r.relkind <> 'S'
UNION ALL
SELECT 'constraint ' || r.relname || '.' || k.conname, concat_ws(' ', pg_get_constraintdef(k.oid), k.convalidated),
        true
    FROM relations AS r JOIN pg_catalog.pg_constraint AS k ON k.conrelid = r.oid
UNION ALL
SELECT 'index ' || c.relname, pg_get_indexdef(i.indexrelid), i.indisvalid AND i.indisready
    FROM relations AS r JOIN pg_catalog.pg_index AS i ON i.indrelid = r.oid
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
UNION ALL
SELECT 'trigger ' || r.relname || '.' || t.tgname, concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled), true
    FROM relations AS r JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal
UNION ALL
SELECT 'policy ' || r.relname || '.' || p.polname, concat_ws(' ', p.polcmd, p.polpermissive, p.polroles::text,
        pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)), true
    FROM relations AS r JOIN pg_catalog.pg_policy AS p ON p.polrelid = r.oid
UNION ALL
SELECT 'function ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
        CASE WHEN p.prokind = 'a' THEN 'aggregate' ELSE pg_get_functiondef(p.oid) END, true
    FROM pg_catalog.pg_proc AS p JOIN home ON p.pronamespace = home.oid
UNION ALL
SELECT 'type ' || t.typname, concat_ws(' ', t.typtype, format_type(t.typbasetype, t.typtypmod), t.typnotnull,
        t.typdefault, (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder)
            FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid)), true
    FROM pg_catalog.pg_type AS t JOIN home ON t.typnamespace = home.oid WHERE t.typtype IN ('e', 'd')
"""
