"""A query that a user wrote: its rows as they are, and a server that refuses what writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.databases.endpoint import Endpoint, Timeouts
from orchestrator.databases.rows import ask
from orchestrator.errors import UnavailableError
from tests.stories import databases


def _endpoint(url: str) -> Endpoint:
    return Endpoint(Target("prod"), Secret(url), "app", timeouts=Timeouts(connect=3))


@pytest.fixture
def told(database_url: str) -> Endpoint:
    """A database of each family, with a table of three names."""
    databases.execute(
        database_url,
        "CREATE TABLE t (name varchar(20), size integer)",
        "INSERT INTO t VALUES ('a%', 1), ('%s', 2), ('c', NULL)",
    )
    return _endpoint(database_url)


def test_rows_come_with_their_columns_whatever_signs_the_query_has(told: Endpoint) -> None:
    """A percent sign is a percent sign, and a semicolon at the end does no harm."""
    found = ask(told, "SELECT name, size + 1 AS more FROM t WHERE name LIKE '%' AND name <> '%d' ORDER BY size;")
    assert found.columns == ("name", "more")
    assert sorted(map(str, found.rows)) == sorted(map(str, [("a%", 2), ("%s", 3), ("c", None)]))


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM t",
        "DROP TABLE t",
        "CREATE TABLE u (a integer)",
        "SELECT 1; DROP TABLE t",
        "COMMIT; DROP TABLE t",
    ],
)
def test_what_writes_is_refused_and_changes_nothing(told: Endpoint, query: str) -> None:
    """Whatever the query is, one that writes is an error, and both tables and rows stay."""
    with pytest.raises(UnavailableError) as refused:
        ask(told, query)
    assert refused.value.where == "prod"
    assert refused.value.mend == "correct the query"
    url = told.url.reveal()
    assert (databases.tables(url), len(databases.rows(url, "SELECT * FROM t"))) == ({"t"}, 3)


_SLOW = {
    "postgresql": "SELECT pg_sleep(5)",
    "mysql": "SELECT sleep(5)",
    "sqlite": "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
}


def test_a_slow_query_is_told_to_be_slow(told: Endpoint) -> None:
    """A query that does not end in time is said to be that, and which timeout it was, of every family."""
    family = told.url.reveal().partition(":")[0].partition("+")[0]
    with pytest.raises(UnavailableError, match=r"the query did not end within 0\.3 s") as slow:
        ask(replace(told, timeouts=Timeouts(connect=0.3)), _SLOW[family])
    assert slow.value.mend == "make it faster, or raise timeouts.connect of prod"


def test_a_query_may_have_a_limit_of_its_own(told: Endpoint) -> None:
    """One that is given its own time is cut off by that, and is said to be."""
    family = told.url.reveal().partition(":")[0].partition("+")[0]
    with pytest.raises(UnavailableError, match=r"the query did not end within 0\.2 s") as slow:
        ask(told, _SLOW[family], 0.2)
    assert slow.value.mend == "make it faster, or raise its timeout"


def test_a_tenants_query_looks_names_up_in_its_schema(new_database: Callable[[str], str]) -> None:
    """Whatever the search path is, a tenant that has a schema of its own is asked there and nowhere else."""
    url = new_database("postgresql")
    quoted = ("a", '"b""; x"')
    made = [f"CREATE SCHEMA {name}" for name in quoted] + [
        f"CREATE TABLE {name}.t (size integer)" for name in quoted
    ]
    databases.execute(url, *made, "INSERT INTO a.t VALUES (1)", "CREATE TABLE public.t (size text)")
    counted = [
        ask(replace(_endpoint(url), schema=name), "SELECT count(*) FROM t").rows[0][0] for name in ("a", 'b"; x')
    ]
    assert counted == [1, 0]
