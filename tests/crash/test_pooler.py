"""A real pooler in transaction mode before a database: session locks taken through it hold nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest
from sqlalchemy.engine import make_url

from orchestrator.core.secrets import Secret
from orchestrator.journal.journal import Journal
from tests.command import Command
from tests.journal.test_journal import events
from tests.projects_builder import AlembicProject
from tests.reliability import Happened
from tests.servers import pgbouncer
from tests.servers.pgbouncer import PgBouncer
from tests.servers.postgresql import PostgreSQL
from tests.stories import databases
from tests.stories.pipeline import Pipeline, told

ASKED = "SELECT pg_try_advisory_lock(4711), pg_backend_pid()"


@pytest.fixture
def pooler(postgresql_server: PostgreSQL) -> Iterator[PgBouncer]:
    """A pooler before this test's PostgreSQL."""
    if not pgbouncer.installed():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(pgbouncer.MISSING)
    server = PgBouncer(postgresql_server)
    server.start()
    yield server
    server.remove()


@pytest.fixture
def pipeline(
    alembic_project: Callable[..., AlembicProject], new_database: Callable[[str], str], orchestrate: Command
) -> Pipeline:
    """prod, on PostgreSQL, and one revision."""
    pipeline = Pipeline(alembic_project("shop"), {"prod": new_database("postgresql")}, orchestrate)
    pipeline.write()
    pipeline.project.tables("a1")
    return pipeline


def through(pooler: PgBouncer, url: str) -> str:
    """The same database through the pooler."""
    return make_url(url).set(port=pooler.port).render_as_string(hide_password=False)


def fakes(url: str) -> str:
    """Proof that it fakes locks: two clients both got one lock, from the same session of the server."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with (
        closing(psycopg.connect(address, autocommit=True)) as one,
        closing(psycopg.connect(address, autocommit=True)) as other,
    ):
        first, second = (client.execute(ASKED).fetchone() for client in (one, other))
    assert first is not None
    assert first[0] is True
    assert second == first
    return f"two clients of the pooler both got one session lock, from server process {first[1]}"


@pytest.mark.fault(21)
def test_a_target_behind_a_pooler(
    pooler: PgBouncer,
    pipeline: Pipeline,
    happened: Happened,
) -> None:
    """A target whose URL leads through a pooler can be looked at, and a run is refused before any statement."""
    direct = pipeline.urls["prod"]
    pipeline.environ["PROD_DATABASE_URL"] = through(pooler, direct)
    happened(fakes(through(pooler, direct)))
    told(pipeline("status"), 0, "empty, 1 to apply")
    document = pipeline("rollout", "--yes", "--format", "json").json
    assert (document["exit_code"], document["error"]["code"]) == (9, "pooler"), document
    assert "direct URL" in document["error"]["mend"]
    assert pipeline.tables("prod") == set()


@pytest.mark.fault(21)
def test_an_env_py_behind_a_pooler(
    pooler: PgBouncer,
    pipeline: Pipeline,
    happened: Happened,
) -> None:
    """An env.py that goes to the right database through a pooler is stopped before any statement of a revision."""
    pooled = through(pooler, pipeline.urls["prod"])
    env = pipeline.project.env_py.read_text()
    override = f'config.set_main_option("sqlalchemy.url", {pooled!r})\n'
    pipeline.project.env_py.write_text(
        env.replace("target_metadata = None", f"target_metadata = None\n{override}")
    )
    happened(fakes(pooled))
    document = pipeline("rollout", "--yes", "--format", "json").json
    assert (document["exit_code"], document["error"]["code"]) == (9, "pooler"), document
    ours = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid <> 4711"
    assert not pipeline.rows("prod", ours), "a lock taken through the pooler would stay there"
    assert pipeline.tables("prod") == set()


def test_a_run_is_not_held_through_a_pooler(pooler: PgBouncer, new_database: Callable[[str], str]) -> None:
    """Such a lock would be anybody's, and left behind: a journal there takes none, and is written all the same."""
    direct = new_database("postgresql")
    url = Secret(through(pooler, direct))
    with Journal(url, writing=True) as one, Journal(url, writing=True) as other:
        for journal in (one, other):
            journal.hold("r1", "ann@work")
        one.record(events("r1"))
        assert other.run("r1").id == "r1"
        assert databases.rows(direct, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]
