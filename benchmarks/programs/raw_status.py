"""The floor of `status`: connect and select over so many threads. Arguments: the file of the work, threads."""

import json
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

SELECT = "SELECT version_num FROM alembic_version"
work = json.loads(Path(sys.argv[1]).read_text())


def heads(url: str) -> list[tuple[str, ...]]:
    """The rows of one target's version table."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    else:
        connection = psycopg.connect(url, autocommit=True)
    rows = connection.execute(SELECT).fetchall()
    connection.close()
    return rows


with ThreadPoolExecutor(int(sys.argv[2])) as pool:
    found = list(pool.map(heads, work["urls"]))
assert all(len(rows) == 1 for rows in found)
print(len(found))
