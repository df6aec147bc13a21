"""How often a run connects: each connection costs a server more than what is asked on it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.servers.postgresql import PostgreSQL
from tests.stories.pipeline import Pipeline


def _sessions(server: PostgreSQL, url: str) -> int:
    """How many sessions the database of the URL has had, all of which have ended by now."""
    name, end = url.rpartition("/")[2], time.monotonic() + 60
    ended = "SELECT sessions FROM pg_stat_database WHERE datname = %s AND numbackends = 0"
    while not (row := server.execute(ended, name)):
        assert time.monotonic() < end
    return int(row[0][0])


@pytest.mark.postgresql
def test_a_run_connects_three_times(make_pipeline: Callable[..., Pipeline], postgresql_server: PostgreSQL) -> None:
    """A promotion connects to look and ask for rights, for the run lock and for env.py; status once."""
    pipeline = make_pipeline("postgresql")
    pipeline.project.revision("r1", upgrade="op.create_table('orders', sa.Column('id', sa.Integer))")
    pipeline.stamp(staging="r1")
    before = {name: _sessions(postgresql_server, url) for name, url in pipeline.urls.items()}
    pipeline("promote", "staging", "prod", "--yes", check=True)
    pipeline("status", check=True)
    after = {name: _sessions(postgresql_server, url) for name, url in pipeline.urls.items()}
    assert {name: after[name] - before[name] for name in after} == {"staging": 2, "prod": 4}
