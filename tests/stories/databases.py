"""Databases read and prepared through their own drivers, independently of the product."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pymysql
from sqlalchemy.engine import make_url

_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    "mysql": "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
}


def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with _cursor(url) as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def execute(url: str, *statements: str) -> None:
    """Run statements, each committed."""
    with _cursor(url, writing=True) as cursor:
        for statement in statements:
            cursor.execute(statement)


def tables(url: str) -> set[str]:
    """The names of all tables; none for a SQLite file that does not exist."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").exists():
        return set()
    return {name for (name,) in rows(url, _TABLES[address.get_backend_name()])}


def heads(url: str, table: str = "alembic_version") -> set[str] | None:
    """The rows of the version table; None where there is none."""
    if table not in tables(url):
        return None
    return {revision for (revision,) in rows(url, f"SELECT version_num FROM {table}")}


def stamp(url: str, *revisions: str) -> None:
    """Make the version table hold exactly these rows."""
    if "alembic_version" not in tables(url):
        execute(url, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    execute(url, "DELETE FROM alembic_version")
    execute(url, *(f"INSERT INTO alembic_version VALUES ('{revision}')" for revision in revisions))


@contextmanager
def _cursor(url: str, *, writing: bool = False) -> Iterator[Any]:
    connection = _connect(url, writing=writing)
    try:
        yield connection.cursor()
    finally:
        connection.close()


def _connect(url: str, *, writing: bool) -> Any:
    address = make_url(url)
    match address.get_backend_name():
        case "sqlite":
            mode = "rwc" if writing else "ro"
            return sqlite3.connect(f"file:{address.database}?mode={mode}", uri=True, isolation_level=None)
        case "postgresql":
            text = address.set(drivername="postgresql").render_as_string(hide_password=False)
            return psycopg.connect(text, autocommit=True)
        case _:
            return pymysql.connect(
                host=address.host,
                port=address.port or 3306,
                user=address.username,
                password=str(address.password),
                database=address.database,
                autocommit=True,
            )
