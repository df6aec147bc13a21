"""The floor of `status` of schemas: one connection, which of them have a version table, UNION ALL by fifties.

Arguments: the file of the work (its first URL names the database), how many schemas are asked.
"""

import json
import sys
from itertools import islice
from pathlib import Path

import psycopg

VERSIONED = """SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = 'alembic_version' AND c.relkind IN ('r', 'p') ORDER BY n.nspname LIMIT %s"""
url = json.loads(Path(sys.argv[1]).read_text())["urls"][0].partition("?")[0]
found = []
with psycopg.connect(url, autocommit=True) as connection:
    names = iter([name for (name,) in connection.execute(VERSIONED, (int(sys.argv[2]),))])
    while chunk := list(islice(names, 50)):
        selects = (f"SELECT '{name}', version_num FROM \"{name}\".alembic_version" for name in chunk)
        found += connection.execute(" UNION ALL ".join(selects)).fetchall()
assert len(found) == int(sys.argv[2])
print(len(found))
