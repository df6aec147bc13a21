"""Which tables of a MySQL or MariaDB database no rollback undoes: MyISAM's, Aria's, MEMORY's. Reads only."""

from __future__ import annotations

from orchestrator.databases.connect import access, explained
from orchestrator.databases.endpoint import Endpoint

_PATIENCE = 60.0
"""Seconds for the answer: information_schema opens every table of a large schema."""
_KEEPING = """
SELECT 1 FROM information_schema.TABLES t JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
WHERE t.TABLE_TYPE = 'BASE TABLE' AND COALESCE(e.TRANSACTIONS, 'NO') <> 'YES'
  AND t.TABLE_SCHEMA IN (DATABASE(), %(schema)s) LIMIT 1
"""


def rows_stay(endpoint: Endpoint) -> bool:
    """Whether the target has a table whose rows stay as a failed revision left them; raises UnavailableError.

    `ENGINES.TRANSACTIONS` is the server's own word (MySQL manual, 28.3.13). Other databases of the server are not
    looked at. False for every other family.
    """
    to = access(endpoint)
    if to.address.family != "mysql":
        return False
    from orchestrator.databases.mysql_connection import connected

    patience = max(_PATIENCE, endpoint.timeouts.connect)
    with explained(to), connected(endpoint, to.address, patience) as connection, connection.cursor() as cursor:
        return bool(cursor.execute(_KEEPING, {"schema": endpoint.version_table_schema}))
