"""What changed in a schema, seen in digests."""

from __future__ import annotations

import pytest

from orchestrator.databases.catalog import catalog, difference
from tests.databases.builders import beside, endpoint, run
from tests.servers.postgresql import PostgreSQL


def test_each_change_is_named(database_url: str) -> None:
    """What appears, changes or disappears is told by name, and a part of a new table is not told again."""
    run(
        database_url,
        "CREATE TABLE t1 (id INTEGER PRIMARY KEY, total INTEGER)",
        "CREATE TABLE t2 (id INTEGER PRIMARY KEY)",
        "CREATE VIEW v AS SELECT id FROM t1",
    )
    before = catalog(endpoint(database_url))
    run(
        database_url,
        "DROP TABLE t2",
        "CREATE TABLE t3 (id INTEGER PRIMARY KEY, name VARCHAR(10))",
        "ALTER TABLE t1 ADD COLUMN x VARCHAR(10)",
        "CREATE INDEX ix ON t1 (total)",
        "DROP VIEW v",
        "CREATE VIEW v AS SELECT total FROM t1",
    )
    found = difference(before, catalog(endpoint(database_url)))
    assert {"table t2 disappeared", "table t3 appeared", "column t1.x appeared"} <= set(found)
    assert any(line.endswith("ix appeared") for line in found)
    assert "view v changed" in found
    assert not any("t3." in line or "t2." in line for line in found)


def test_nothing_changed_is_nothing(database_url: str) -> None:
    """Two catalogs of an untouched schema do not differ, and taking one creates nothing."""
    assert catalog(endpoint(database_url)) == {}
    if database_url.startswith("sqlite"):
        assert beside(database_url) == set()
    run(database_url, "CREATE TABLE t1 (id INTEGER PRIMARY KEY)")
    found = catalog(endpoint(database_url))
    assert "table t1" in found
    assert difference(found, catalog(endpoint(database_url))) == ()


def test_a_change_of_a_column_is_seen(database_url: str) -> None:
    """A column whose type or default changes is told as changed, where the family can change it at all."""
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has no ALTER COLUMN")
    run(database_url, "CREATE TABLE t1 (id INTEGER, name VARCHAR(10))")
    before = catalog(endpoint(database_url))
    run(database_url, "ALTER TABLE t1 ALTER COLUMN name SET DEFAULT 'x'")
    assert difference(before, catalog(endpoint(database_url))) == ("column t1.name changed",)


@pytest.mark.postgresql
def test_an_index_cut_short_is_invalid(postgresql_server: PostgreSQL) -> None:
    """An index whose concurrent build failed is told as INVALID."""
    _, url = postgresql_server.new_database()
    run(url, "CREATE TABLE t1 (id integer)", "INSERT INTO t1 VALUES (1), (1)")
    before = catalog(endpoint(url))
    with pytest.raises(Exception, match="could not create unique index"):
        run(url, "CREATE UNIQUE INDEX CONCURRENTLY ix ON t1 (id)")
    assert difference(before, catalog(endpoint(url))) == ("index ix appeared", "index ix is INVALID")


@pytest.mark.postgresql
def test_every_kind_of_object_is_in_it(postgresql_server: PostgreSQL) -> None:
    """Types, sequences, functions, triggers, policies and constraints are in the catalog, other schemas not."""
    _, url = postgresql_server.new_database()
    run(
        url,
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "CREATE SEQUENCE s",
        "CREATE TABLE t1 (id integer CONSTRAINT positive CHECK (id > 0))",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER tr BEFORE INSERT ON t1 FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE POLICY p ON t1 USING (true)",
        "CREATE AGGREGATE largest (integer) (SFUNC = int4larger, STYPE = integer)",
        "CREATE SCHEMA other",
        "CREATE TABLE other.hidden (id integer)",
    )
    assert set(catalog(endpoint(url))) == {
        "type mood",
        "sequence s",
        "table t1",
        "column t1.id",
        "constraint t1.positive",
        "function f()",
        "function largest(integer)",
        "trigger t1.tr",
        "policy t1.p",
    }
    assert set(catalog(endpoint(url, version_table_schema="other"))) == {"table hidden", "column hidden.id"}
