"""A target as the session that holds its run lock sees it: no further connection, and nothing done to the lock."""

from __future__ import annotations

import os
import signal

import pytest
from sqlalchemy import make_url

from orchestrator.databases import lock_holders, postgresql_locks
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.lock_holders import holders_of
from orchestrator.databases.locks import acquire, holders
from orchestrator.databases.probe import probe
from orchestrator.errors import UnavailableError
from tests.databases.builders import MOMENT, endpoint, versioned
from tests.servers.postgresql import PostgreSQL


@pytest.mark.postgresql
def test_the_locks_session_sees_what_a_probe_sees(postgresql_server: PostgreSQL) -> None:
    """What it sees is what a new connection sees, and it stays in no transaction."""
    name, url = postgresql_server.new_database()
    one = endpoint(url)
    with acquire(one, "r1") as lock:
        seen = [lock.observe(lambda: MOMENT)]
        versioned(url, "a1")
        seen.append(lock.observe(lambda: MOMENT))
        busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND state <> 'idle'"
        assert postgresql_server.execute(busy, name) == [(0,)]
        assert seen[1] == probe(one, lambda: MOMENT)
    assert [observation and observation.heads for observation in seen] == [(), ("a1",)]
    assert lock.observe(lambda: MOMENT) is None


@pytest.mark.postgresql
def test_a_look_that_fails_leaves_the_lock(postgresql_server: PostgreSQL) -> None:
    """Where the version table stays locked the session sees nothing, and still holds the run lock."""
    name, url = postgresql_server.new_database()
    versioned(url, "a1")
    with acquire(endpoint(url, connect=0.2), "r1") as lock:
        with postgresql_server.connect(name) as other, other.transaction():
            other.execute("LOCK TABLE alembic_version")
            assert lock.observe(lambda: MOMENT) is None
        assert lock.alive()
        assert lock.observe(lambda: MOMENT) == probe(endpoint(url), lambda: MOMENT)


@pytest.mark.postgresql
def test_a_frozen_server_ends_the_look(postgresql_server: PostgreSQL, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is there and says nothing does not keep a look for ever: the lock then counts as lost."""
    monkeypatch.setattr(postgresql_locks, "_GRACE", 0.1)
    name, url = postgresql_server.new_database()
    with acquire(endpoint(url, connect=0.1), "r1") as lock:
        ((backend,),) = postgresql_server.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", name)
        os.kill(backend, signal.SIGSTOP)
        try:
            assert lock.observe(lambda: MOMENT) is None
            assert not lock.alive()
        finally:
            os.kill(backend, signal.SIGCONT)


@pytest.mark.postgresql
def test_the_holder_among_many_schemas_is_found(
    postgresql_server: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of schemas of one database the one that is driven is told with its holder; only it is asked singly."""
    _, url = postgresql_server.new_database()
    tenants = [endpoint(url, f"prod@{name}", version_table_schema=name) for name in ("acme", "globex", "initech")]
    asked: list[Endpoint] = []
    monkeypatch.setattr(lock_holders, "holders", lambda one: (asked.append(one), holders(one))[1])
    with acquire(tenants[1], "r7"):
        found = holders_of([*tenants, endpoint(url, "dev")])
    drivers = {str(target): both[0] and both[0].run for target, both in found.items() if isinstance(both, tuple)}
    names = ("prod/app@acme", "prod/app@globex", "prod/app@initech")
    assert drivers == dict.fromkeys(names) | {"prod/app@globex": "r7", "dev": None}
    assert [str(one.target) for one in asked] == ["prod/app@globex", "dev"]


@pytest.mark.postgresql
def test_why_nobody_could_be_asked_is_told_of_each(postgresql_server: PostgreSQL) -> None:
    """A server that lets nobody in is an error in the place of each schema's holders."""
    _, url = postgresql_server.new_database()
    gone = make_url(url).set(database="gone").render_as_string(hide_password=False)
    found = holders_of(endpoint(gone, f"prod@{name}", version_table_schema=name) for name in ("acme", "globex"))
    assert [isinstance(both, UnavailableError) for both in found.values()] == [True, True]
