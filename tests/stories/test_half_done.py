"""A revision torn apart where the database cannot undo it: what is said, and how a person settles it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.stories.pipeline import Pipeline, told

FAMILIES = [pytest.param("sqlite", marks=pytest.mark.sqlite), pytest.param("mysql", marks=pytest.mark.mysql)]


@pytest.fixture(params=FAMILIES)
def torn(request: pytest.FixtureRequest, make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """staging has two revisions; on prod the second makes a table and then fails."""
    torn = make_pipeline(request.param)
    torn.project.revision("a1", None, 'op.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)")')
    lines = (
        'op.execute("CREATE TABLE prices (id INTEGER PRIMARY KEY)")',
        'op.execute("INSERT INTO orders (id) VALUES (1)")',
    )
    torn.project.revision("a2", "a1", "\n".join(lines), message="add the prices")
    torn("rollout", "--through", "staging", "--yes", check=True)
    torn("rollout", "--to", "a1", "--yes", check=True)
    torn.execute("prod", "INSERT INTO orders (id) VALUES (1)")
    return torn


def test_half_done_is_named_and_settled_by_a_person(torn: Pipeline) -> None:
    """Exit 7 names what is left; nothing else runs there until resolve, and then resume finishes the run."""
    promoted = torn("promote", "staging", "prod", "--yes")
    run = torn.latest_run()
    resolve = f"orchestrate resolve {run} prod --not-applied --reason"
    told(promoted, 7, "revision a2 stopped half-way", "prices", resolve)
    assert torn.heads("prod") == {"a1"}
    assert "prices" in torn.tables("prod")

    told(torn("status"), 0, "in doubt", "revision a2 may be half applied", run)
    document = torn("status", "--format", "json", "--exit-code").json
    assert (document["exit_code"], document["targets"][1]["state"]) == (7, "in_doubt")
    told(torn("promote", "staging", "prod", "--yes"), 7, "revision a2 may be half applied", run)
    told(torn("resume", run), 7, "revision a2", "prices", resolve)
    assert torn.rows("prod", "SELECT COUNT(*) FROM orders") == [(1,)]

    torn.execute("prod", "DROP TABLE prices", "DELETE FROM orders")
    told(
        torn("resolve", run, "prod", "--not-applied", "--reason", "dropped prices"), 0, f"orchestrate resume {run}"
    )
    told(torn("resume"), 0, ": done")
    assert torn.heads("prod") == {"a2"}
    assert torn.rows("prod", "SELECT id FROM orders") == [(1,)]
    told(torn("show", run), 0, "step resolved", "dropped prices")
    told(torn("status"), 0, "at head in sync with staging")


def test_half_done_that_was_completed_by_hand(torn: Pipeline) -> None:
    """A person who finishes the revision and stamps it needs no resolve: the fact wins over the record."""
    told(torn("promote", "staging", "prod", "--yes"), 7)
    torn.stamp(prod="a2")
    told(torn("resume"), 0, ": done")
    told(torn("status"), 0, "at head in sync with staging")


def test_resolve_wants_to_be_told_what_and_why(sqlite: Pipeline) -> None:
    """resolve without a verdict, a reason, a doubt or a known run is refused as a wrong use."""
    sqlite.project.tables("a1")
    sqlite("rollout", "--yes", check=True)
    run = sqlite.latest_run()
    told(sqlite("resolve", run, "prod", "--not-applied"), 2, "--reason")
    told(sqlite("resolve", run, "prod", "--reason", "looked"), 2, "--not-applied")
    told(sqlite("resolve", run, "prod", "--not-applied", "--reason", "x"), 2, "no revision is in doubt on prod")
    told(sqlite("resolve", run, "prod", "--not-applied", "--reason", " … "), 2, "the reason says nothing")
    told(sqlite("resolve", "nope", "prod", "--not-applied", "--reason", "x"), 2, "there is no run 'nope'")


COMMITTING = [
    ("mysql", ('op.execute("INSERT INTO orders (id) VALUES (1)")', 'op.execute("COMMIT")')),
    (
        "mysql",
        ('op.execute("INSERT INTO orders (id) VALUES (1)")', "op.get_bind().connection.connection.commit()"),
    ),
    ("postgresql", ('op.execute("INSERT INTO orders (id) VALUES (1); COMMIT")',)),
    (
        "postgresql",
        (
            "raw = op.get_bind().connection",
            'raw.cursor().execute("INSERT INTO orders (id) VALUES (1)")',
            "raw.commit()",
        ),
    ),
    (
        "sqlite",
        (
            "raw = op.get_bind().connection",
            'raw.cursor().execute("INSERT INTO orders (id) VALUES (1)")',
            "raw.commit()",
        ),
    ),
]


@pytest.mark.parametrize(
    ("family", "lines"), [pytest.param(*one, marks=getattr(pytest.mark, one[0])) for one in COMMITTING]
)
def test_a_revision_that_commits_and_then_fails_is_not_run_twice(
    family: str, lines: tuple[str, ...], make_pipeline: Callable[..., Pipeline]
) -> None:
    """Rows that a failed revision committed, however it did, are a person's to settle; then each is there once."""
    shop = make_pipeline(family)
    tables = ("CREATE TABLE orders (id INTEGER)", "CREATE TABLE people (id INTEGER PRIMARY KEY)")
    shop.project.revision("a1", None, "\n".join(f'op.execute("{table}")' for table in tables))
    shop.project.revision("a2", "a1", "\n".join((*lines, 'op.execute("INSERT INTO people (id) VALUES (7)")')))
    shop("rollout", "--through", "staging", "--yes", check=True)
    shop("rollout", "--to", "a1", "--yes", check=True)
    shop.execute("prod", "INSERT INTO people (id) VALUES (7)")

    told(shop("promote", "staging", "prod", "--yes"), 7, "revision a2 stopped half-way")
    run = shop.latest_run()
    told(shop("resume", run), 7, "revision a2")
    assert shop.rows("prod", "SELECT id FROM orders") == [(1,)]

    shop.execute("prod", "DELETE FROM orders", "DELETE FROM people")
    told(shop("resolve", run, "prod", "--not-applied", "--reason", "removed the order"), 0)
    told(shop("resume"), 0, ": done")
    assert shop.rows("prod", "SELECT id FROM orders") == [(1,)]
    assert shop.rows("prod", "SELECT id FROM people") == [(7,)]


@pytest.mark.postgresql
def test_a_revision_that_failed_before_it_wrote_is_simply_failed(make_pipeline: Callable[..., Pipeline]) -> None:
    """A script that leaves its transaction, but whose first statement is refused, can be resumed."""
    shop = make_pipeline("postgresql")
    shop.project.revision("a1", None, 'op.execute("CREATE TABLE people (id INTEGER PRIMARY KEY)")')
    lines = ('op.execute("INSERT INTO people (id) VALUES (7)")', 'op.execute("COMMIT")')
    shop.project.revision("a2", "a1", "\n".join(lines))
    shop("rollout", "--through", "staging", "--yes", check=True)
    shop("rollout", "--to", "a1", "--yes", check=True)
    shop.execute("prod", "INSERT INTO people (id) VALUES (7)")
    told(shop("promote", "staging", "prod", "--yes"), 6, "revision a2 failed")
    shop.execute("prod", "DELETE FROM people")
    told(shop("resume"), 0, ": done")
    assert shop.rows("prod", "SELECT id FROM people") == [(7,)]
