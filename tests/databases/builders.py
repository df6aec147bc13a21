"""Endpoints, and SQL run on whatever family a URL is of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine, make_url, text

from orchestrator.core.observations import Observation
from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.databases.endpoint import Endpoint, Timeouts
from orchestrator.databases.probe import probe

MOMENT = datetime(2026, 11, 22, 13, 35, tzinfo=UTC)


def endpoint(url: str, target: str = "prod", connect: float = 5.0, **fields: Any) -> Endpoint:
    """An endpoint with no project behind it."""
    timeouts = replace(Timeouts(), connect=connect)
    return Endpoint(Target.parse(target), Secret(url), "app", timeouts=timeouts, **fields)


def look(url: str, **fields: Any) -> Observation:
    """One probe at `MOMENT`."""
    return probe(endpoint(url, **fields), lambda: MOMENT)


def run(url: str, *statements: str) -> None:
    """Commit each statement."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execute(text(statement))


def versioned(url: str, *heads: str, table: str = "alembic_version") -> None:
    """Make a version table with these rows."""
    rows = [f"INSERT INTO {table} VALUES ('{head}')" for head in heads]
    run(url, f"CREATE TABLE {table} (version_num VARCHAR(32))", *rows)


def database(url: str) -> str:
    """The database's name; for SQLite the path."""
    return make_url(url).database or ""


def beside(url: str) -> set[str]:
    """The files in the directory of a SQLite database."""
    return {path.name for path in Path(database(url)).parent.iterdir()}
