"""The floor: connect, the same DDL and the version row, commit, over so many connections. No check, no lock.

Arguments: the file of the work, connections at once.
"""

import json
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

work = json.loads(Path(sys.argv[1]).read_text())


def upgrade(url: str) -> None:
    """Bring one target to the newest revision."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("BEGIN")
    else:
        connection = psycopg.connect(url)
    for statement in work["statements"]:
        connection.execute(statement)
    connection.commit()
    connection.close()


with ThreadPoolExecutor(int(sys.argv[2])) as pool:
    list(pool.map(upgrade, work["urls"]))
