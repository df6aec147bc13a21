"""Schemas of one PostgreSQL database, seen together: every odd one is told in the words it would have alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from urllib.parse import quote

import psycopg
import pytest

from orchestrator.core.observations import Reading
from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.databases import postgresql_schemas
from orchestrator.databases.connect import access
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.family import APPLICATION
from orchestrator.databases.postgresql import connected
from orchestrator.databases.postgresql_sight import closer_look, sight
from orchestrator.databases.probe import probe, probe_all
from orchestrator.databases.sight import Sight
from tests.databases.builders import MOMENT, endpoint, run
from tests.servers.postgresql import PostgreSQL

pytestmark = pytest.mark.postgresql

PASSWORD = "s3cret%/@:pass"
GRANT = "GRANT SELECT ON {0}.alembic_version TO watcher"
TABLE = f"CREATE TABLE {{0}}.alembic_version (version_num text); {GRANT}"
SCHEMAS = {
    "acme": (
        Reading.VERSIONED,
        f"{TABLE}; INSERT INTO {{0}}.alembic_version VALUES ('b2'), ('a1'), ('b2'), (NULL)",
    ),
    "base": (Reading.VERSIONED, TABLE),
    '"Odd;""name"': (Reading.VERSIONED, f"{TABLE}; INSERT INTO {{0}}.alembic_version VALUES ('a1')"),
    "viewed": (
        Reading.VERSIONED,
        f"CREATE VIEW {{0}}.alembic_version AS SELECT 'a1' AS version_num; {GRANT}",
    ),
    "no_column": (
        Reading.UNVERSIONED,
        f"CREATE TABLE {{0}}.alembic_version (v text); {GRANT}",
    ),
    "no_table": (Reading.UNVERSIONED, "CREATE TABLE {0}.orders (id int)"),
    "no_relation": (
        Reading.UNVERSIONED,
        "CREATE TABLE {0}.o (id int); CREATE INDEX alembic_version ON {0}.o (id)",
    ),
    "new": (Reading.EMPTY, ""),
    "no_usage": (Reading.HIDDEN, f"{TABLE}; REVOKE USAGE ON SCHEMA {{0}} FROM watcher"),
    "nothing_there": (Reading.DENIED, "REVOKE USAGE ON SCHEMA {0} FROM watcher"),
    "no_select": (Reading.HIDDEN, f"{TABLE}; REVOKE SELECT ON {{0}}.alembic_version FROM watcher"),
    "other_column": (
        Reading.DENIED,
        f"CREATE TABLE {{0}}.alembic_version (version_num text, a int); {GRANT.replace('SELECT', 'SELECT (a)')}",
    ),
    "broken": (
        Reading.UNREACHABLE,
        f"CREATE VIEW {{0}}.alembic_version AS SELECT (1 / (random() * 0)::int)::text AS version_num; {GRANT}",
    ),
    "locked": (Reading.UNREACHABLE, TABLE),
    "nobody": (Reading.EMPTY, None),
}


@pytest.fixture
def tenants(postgresql_server: PostgreSQL) -> Iterator[Sequence[Endpoint]]:
    """One endpoint for each odd schema of one database, as a role that may not see everything; one is locked."""
    name, url = postgresql_server.new_database()
    postgresql_server.create_role("watcher", PASSWORD)
    made = [(schema, statements) for schema, (_, statements) in SCHEMAS.items() if statements is not None]
    laid_out = [
        f"CREATE SCHEMA {schema}; GRANT USAGE ON SCHEMA {schema} TO watcher; {statements.format(schema)}"
        for schema, statements in made
    ]
    run(url, ";".join(laid_out).replace(":", "\\:"))
    watched = postgresql_server.url(name, "watcher", PASSWORD)
    with postgresql_server.connect(name) as other, other.transaction():
        other.execute("LOCK TABLE locked.alembic_version")
        yield [
            endpoint(watched, f"prod@t{n}", connect=0.4, version_table_schema=schema.strip('"').replace('""', '"'))
            for n, schema in enumerate(SCHEMAS)
        ]


def _outcome(look: Callable[..., Sight], one: Endpoint) -> Sight | str:
    with connected(one, access(one).address, APPLICATION) as connection:
        try:
            return look(connection, one)
        except psycopg.Error as error:
            return error.sqlstate or ""


def test_many_schemas_are_seen_as_each_alone(tenants: Sequence[Endpoint], postgresql_server: PostgreSQL) -> None:
    """On a single connection every schema, however odd, is observed exactly as by a probe of it alone."""
    postgresql_server.execute("ALTER ROLE watcher CONNECTION LIMIT 1")
    together = probe_all(tenants, lambda: MOMENT)
    postgresql_server.execute("ALTER ROLE watcher CONNECTION LIMIT -1")
    found = {schema: together[one.target].reading for schema, one in zip(SCHEMAS, tenants, strict=True)}
    assert found == {schema: reading for schema, (reading, _) in SCHEMAS.items()}
    assert together[Target.parse("prod@t0")].heads == ("a1", "b2")
    assert list(together.items()) == [(one.target, probe(one, lambda: MOMENT)) for one in tenants]


def test_a_glance_sees_what_the_closer_look_sees(tenants: Sequence[Endpoint]) -> None:
    """Where the cheap first statement answers, it says in every field what the catalogs say."""
    assert [_outcome(sight, one) for one in tenants] == [_outcome(closer_look, one) for one in tenants]


def test_a_glance_along_the_search_path_sees_the_same(tenants: Sequence[Endpoint]) -> None:
    """Where the search path decides which version table is meant, glance and closer look mean the same one."""
    seen = []
    for path in ("no_usage,acme", 'new,no_relation,"Odd;""name",acme', "nobody", "nobody,no_select,base"):
        url = f"{tenants[0].url.reveal()}?options={quote(f'-csearch_path={path}')}"
        one = replace(tenants[0], url=Secret(url), version_table_schema=None)
        seen.append(_outcome(sight, one))
        assert seen[-1] == _outcome(closer_look, one)
    assert [one.schema if isinstance(one, Sight) else one for one in seen] == [
        "acme",
        'Odd;"name',
        None,
        "no_select",
    ]


def test_a_dead_server_is_told_for_every_schema(postgresql_server: PostgreSQL) -> None:
    """Where the one connection cannot be made, each schema is a row with the words of a probe of it alone."""
    _, url = postgresql_server.new_database()
    postgresql_server.stop(immediate=True)
    tenants = [endpoint(url, f"prod@{name}", version_table_schema=name) for name in ("acme", "globex")]
    together = probe_all(tenants, lambda: MOMENT)
    assert together == {one.target: probe(one, lambda: MOMENT) for one in tenants}
    assert {seen.reading for seen in together.values()} == {Reading.UNREACHABLE}


def test_one_locked_schema_costs_the_others_nothing(
    postgresql_server: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only those that are read in one statement with it are looked at alone; the next ones together again."""
    name, url = postgresql_server.new_database()
    names = ["a1", "a2", "b1", "b2"]
    run(url, *(f"CREATE SCHEMA {schema}; {TABLE.partition(';')[0].format(schema)}" for schema in names))
    tenants = [endpoint(url, f"prod@{schema}", connect=0.4, version_table_schema=schema) for schema in names]
    alone: list[str] = []
    monkeypatch.setattr(postgresql_schemas, "AT_A_TIME", 2)
    monkeypatch.setattr(
        postgresql_schemas, "sight", lambda c, one: (alone.append(str(one.target.tenant)), sight(c, one))[1]
    )
    with postgresql_server.connect(name) as other, other.transaction():
        other.execute("LOCK TABLE a2.alembic_version")
        seen = probe_all(tenants, lambda: MOMENT)
    assert [one.reading for one in seen.values()] == [
        Reading.VERSIONED,
        Reading.UNREACHABLE,
        Reading.VERSIONED,
        Reading.VERSIONED,
    ]
    assert alone == ["a1", "a2"]


def test_catalogs_that_do_not_answer_are_no_locked_version_table(postgresql_server: PostgreSQL) -> None:
    """One question is asked of them for all schemas, and what is said of each names them."""
    name, url = postgresql_server.new_database()
    tenants = [endpoint(url, f"prod@{schema}", connect=0.4, version_table_schema=schema) for schema in ("a", "b")]
    with postgresql_server.connect(name) as other, other.transaction():
        other.execute("LOCK TABLE pg_catalog.pg_depend")
        seen = probe_all(tenants, lambda: MOMENT)
    assert {one.reading for one in seen.values()} == {Reading.UNREACHABLE}
    assert all("the system catalogs did not answer within 0.4" in (one.detail or "") for one in seen.values())
