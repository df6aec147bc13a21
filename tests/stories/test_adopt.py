"""A database that was there before the revisions is put under control, and what it lacks is said before."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from tests.stories.pipeline import Pipeline, told
from tests.stories.terminal import type_in

SCHEMA = (
    'op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True), sa.Column("note", sa.String(40)))\n'
    'op.create_index("ix_orders_note", "orders", ["note"])'
)
BY_HAND = (
    "CREATE TABLE orders (id INTEGER NOT NULL, note VARCHAR(40), PRIMARY KEY (id))",
    "CREATE INDEX by_hand ON orders (note)",
)
WHY = ("--reason", "made by hand")


def two_revisions(shop: Pipeline) -> Pipeline:
    shop.project.revision("a1", None, SCHEMA, message="Create orders")
    shop.project.tables("b2", down="a1")
    return shop


def test_a_database_is_adopted_and_then_released_to(pipeline: Pipeline) -> None:
    """Compared with the same revision elsewhere, stamped, recorded with who and why; then it is as any other."""
    shop = two_revisions(pipeline)
    shop("rollout", "--through", "staging", "--to", "a1", "--yes", check=True)
    shop.project.alembic("upgrade", "a1", url=shop.urls["prod"])
    shop.execute("prod", "DROP TABLE alembic_version")
    told(shop("status"), 0, "unversioned", "orchestrate adopt prod REVISION --reason '…'")

    told(
        shop("adopt", "prod", "a1", *WHY, "--dry-run"),
        0,
        "prod: stamp 1 revision",
        "its schema is that of staging",
    )
    assert shop.heads("prod") is None
    done = shop("adopt", "prod", "a1", *WHY, "--yes", "--format", "json", check=True).json
    (target,) = done["targets"]
    assert (target["result"], target["direction"], target["from"], target["to"]) == (
        "applied",
        "stamp",
        [],
        ["a1"],
    )
    assert shop.heads("prod") == {"a1"}
    assert shop.tables("prod") == {"alembic_version", "orders"}
    (run, *_) = shop("runs", "--format", "json", check=True).json["runs"]
    assert (run["kind"], run["reason"], run["command"]) == ("adopt", "made by hand", "orchestrate adopt prod a1")
    told(
        shop("show", run["run_id"]), 0, "because: made by hand", "compared with staging: no differences", "stamped"
    )

    told(shop("adopt", "prod", "a1", *WHY, "--yes"), 4, "is under control already")
    told(shop("rollback", run["run_id"]), 2, "adopted prod")
    shop("rollout", "--yes", check=True)
    assert shop.heads("prod") == {"b2"}


def test_what_differs_is_told_and_must_be_accepted(pipeline: Pipeline) -> None:
    """Missing, unexpected and different objects are named; --yes alone does not accept them."""
    shop = two_revisions(pipeline)
    shop("rollout", "--through", "staging", "--yes", check=True)
    shop.project.alembic("upgrade", "b2", url=shop.urls["prod"])
    of_table = " ON orders" if shop.urls["prod"].startswith("mysql") else ""
    shop.execute("prod", "DROP TABLE alembic_version", "DROP TABLE t_b2", f"DROP INDEX ix_orders_note{of_table}")
    shop.execute("prod", BY_HAND[1], "CREATE TABLE extra (id INTEGER)")
    shown = told(
        shop("adopt", "prod", "b2", *WHY, "--yes"),
        *(5, "its schema is not that of staging: 2 differences", "missing table t_b2", "unexpected table extra"),
        *("gate schema", "add --accept-differences"),
    )
    assert "by_hand for index" in shown
    assert shop.heads("prod") is None
    told(shop("adopt", "prod", "b2", *WHY, "--yes", "--accept-differences"), 0, "stamped", ": done")
    assert shop.heads("prod") == {"b2"}
    told(shop("show", shop.latest_run()), 0, "compared with staging: 2 differences")


def test_without_a_reference_sqlite_is_compared_with_a_file_of_its_own(sqlite: Pipeline) -> None:
    """The revisions are really run, on a database that is gone afterwards and in no journal."""
    shop = two_revisions(sqlite)
    shop.execute("prod", *BY_HAND)
    before = shop.files()
    told(shop("adopt", "prod", "a1", *WHY, "--dry-run"), 0, "its schema is that of a scratch database")
    assert shop.files() - before == set() or all(".orchestrator" in path.parts for path in shop.files() - before)
    told(shop("runs"), 0, "no run is recorded yet")
    told(shop("adopt", "prod", "b2", *WHY, "--dry-run"), 0, "1 difference", "missing table t_b2")


def test_where_nothing_can_be_compared_that_is_said(sqlite: Pipeline) -> None:
    """Revisions that do not run on an empty database prove nothing: a person must say that it fits."""
    sqlite.project.revision("a1", None, 'op.execute("SELECT * FROM made_by_the_application")')
    sqlite.execute("prod", "CREATE TABLE made_by_the_application (id INTEGER)")
    told(
        sqlite("adopt", "prod", "a1", *WHY, "--yes"),
        *(5, "its schema was not compared with anything", "do not run on an empty file", "no such table"),
        *("the schema of prod was not compared", "add --accept-differences"),
    )
    told(sqlite("adopt", "prod", "a1", *WHY, "--yes", "--accept-differences"), 0, "stamped")
    told(sqlite("show", sqlite.latest_run()), 0, "its schema was not compared")


@pytest.mark.postgresql
def test_a_scratch_database_is_brought_to_the_revision(
    make_pipeline: Callable[..., Pipeline], new_database: Callable[[str], str]
) -> None:
    """An empty one is asked for, and may be used again for the same revision; its URL is never shown."""
    shop = two_revisions(make_pipeline("postgresql"))
    shop.project.alembic("upgrade", "a1", url=shop.urls["prod"])
    shop.execute("prod", "DROP TABLE alembic_version")
    told(shop("adopt", "prod", "a1", *WHY, "--dry-run"), 0, "was not compared", "no --scratch database was given")
    scratch = new_database("postgresql")
    env = {"ORCHESTRATE_SCRATCH": scratch}
    for _ in range(2):
        told(
            shop("adopt", "prod", "a1", *WHY, "--dry-run", env=env), 0, "its schema is that of a scratch database"
        )
    told(shop("adopt", "prod", "b2", *WHY, "--scratch", scratch), 5, "--scratch: is not an empty database")
    told(shop("adopt", "prod", "a1", *WHY, "--scratch", "sqlite:///x.db"), 5, "is of the kind sqlite")
    told(shop("adopt", "prod", "a1", *WHY, "--scratch", scratch, "--compare-with", "staging"), 2, "one of the two")
    shop("adopt", "prod", "a1", *WHY, "--yes", env=env, check=True)
    assert scratch not in shop.recorded()


def test_several_heads_are_several_rows(sqlite: Pipeline) -> None:
    """A database at all heads of two branches gets a row for each."""
    sqlite.project.tables("a1", "b2")
    sqlite.project.tables("x1")
    sqlite.project.alembic("upgrade", "heads", url=sqlite.urls["prod"])
    sqlite.execute("prod", "DELETE FROM alembic_version")
    told(sqlite("adopt", "prod", "heads", *WHY, "--yes"), 0, "stamp 2 revisions", "2 of 2")
    assert sqlite.heads("prod") == {"b2", "x1"}


def test_a_reference_must_be_at_the_revision(sqlite: Pipeline) -> None:
    """One that is elsewhere, or not there, says nothing of it."""
    shop = two_revisions(sqlite)
    shop("rollout", "--through", "staging", "--yes", check=True)
    shop.execute("prod", *BY_HAND)
    told(shop("adopt", "prod", "a1", *WHY, "--compare-with", "staging"), 5, "staging: is not at a1", "it is at b2")
    told(shop("adopt", "prod", "a1", *WHY, "--compare-with", "nowhere"), 2, "there is no environment 'nowhere'")
    told(shop("adopt", "prod", "zzzz", *WHY), 2, "'zzzz'")
    told(shop("adopt", "prod", "a1", "--reason", "…"), 2, "the reason says nothing")
    told(shop("adopt", "staging", "b2", *WHY), 4, "staging: is under control already")


def test_an_environment_that_cannot_be_reached_does_not_hinder(sqlite: Pipeline) -> None:
    """Others are looked at only to compare with: one whose variable is not set is left out."""
    shop = two_revisions(sqlite)
    shop.execute("prod", *BY_HAND)
    told(
        shop("adopt", "prod", "a1", *WHY, "--dry-run", env={"STAGING_DATABASE_URL": None}), 0, "its schema is that"
    )


def test_a_person_accepts_what_differs_at_the_prompt(make_pipeline: Callable[..., Pipeline]) -> None:
    """Asked once about the differences, and for the name of what is protected."""
    shop = two_revisions(make_pipeline("sqlite", protected=["prod"]))
    shop.execute("prod", *BY_HAND)
    answers = {"Adopt it as it is?": "y\n", "Type its name to change it": "prod\n"}
    code, screen, _ = type_in(
        "adopt", "prod", "b2", *WHY, cwd=shop.project.root, env=shop.environ, answers=answers
    )
    assert code == 0, screen
    assert shop.heads("prod") == {"b2"}


def test_a_guard_stands_before_an_adoption_too(sqlite: Pipeline) -> None:
    """An env.py that connects elsewhere stamps nothing anywhere."""
    shop = two_revisions(sqlite)
    shop.execute("prod", *BY_HAND)
    elsewhere = shop.project.root / "elsewhere.db"
    shutil.copy(shop.urls["prod"].removeprefix("sqlite:///"), elsewhere)
    own = shop.project.env_py.read_text().replace(
        "config = context.config",
        f'config = context.config\nconfig.set_main_option("sqlalchemy.url", "sqlite:///{elsewhere}")',
    )
    shop.project.env_py.write_text(own)
    told(
        shop("adopt", "prod", "a1", *WHY, "--yes", "--accept-differences"),
        11,
        "elsewhere.db",
        "not the target's database",
    )
    assert shop.heads("prod") is None
