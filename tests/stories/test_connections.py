"""How often a run connects, and what it asks there: a connection costs a server more than what is asked on it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from tests.servers.postgresql import PostgreSQL
from tests.stories.pipeline import Pipeline

_ASKED = re.compile(r"\[(\d+)\] LOG:  (?:statement|execute [^:]*): (.*(?:\n\t.*)*)")
_OURS = ("pg_try_advisory_lock", "pg_settings")
"""What of the statements on env.py's connection are the guard's, and not Alembic's or SQLAlchemy's."""


def _sessions(server: PostgreSQL, url: str) -> int:
    """How many sessions the database of the URL has had, all of which have ended by now."""
    name, end = url.rpartition("/")[2], time.monotonic() + 60
    ended = "SELECT sessions FROM pg_stat_database WHERE datname = %s AND numbackends = 0"
    while not (row := server.execute(ended, name)):
        assert time.monotonic() < end
    return int(row[0][0])


def _statements(log: str) -> list[list[str]]:
    """The statements of each session in a server's log, in the order in which the sessions began."""
    found: dict[str, list[str]] = {}
    for session, statement in _ASKED.findall(log):
        found.setdefault(session, []).append(statement)
    return list(found.values())


@pytest.mark.postgresql
def test_a_run_connects_three_times(make_pipeline: Callable[..., Pipeline], postgresql_server: PostgreSQL) -> None:
    """A promotion connects to look, for the run lock and for env.py, and asks 1, 7 and 4 times; status once."""
    pipeline = make_pipeline("postgresql")
    pipeline.project.tables("r1", "r2")
    pipeline.stamp(staging="r2", prod="r1")
    before = {name: _sessions(postgresql_server, url) for name, url in pipeline.urls.items()}
    name, told = pipeline.urls["prod"].rpartition("/")[2], postgresql_server.log.stat().st_size
    postgresql_server.execute(f"ALTER DATABASE {name} SET log_statement = 'all'")
    pipeline("promote", "staging", "prod", "--yes", check=True)
    pipeline("status", check=True)
    after = {name: _sessions(postgresql_server, url) for name, url in pipeline.urls.items()}
    assert {name: after[name] - before[name] for name in after} == {"staging": 2, "prod": 4}
    look, lock, env, status = _statements(postgresql_server.log.read_text()[told:])
    guard = [statement for statement in env if any(word in statement for word in _OURS)]
    assert list(map(len, (look, lock, guard, status))) == [1, 7, 4, 1], (look, lock, guard)
