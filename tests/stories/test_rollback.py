"""A release is taken back: what a person sees before, what the databases have afterwards, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.stories.pipeline import Pipeline, told
from tests.stories.terminal import type_in

ORDERS = (
    'op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True), sa.Column("note", sa.String(40)))\n'
    'op.create_index("ix_orders_note", "orders", ["note"])'
)
NO_ORDERS = 'op.drop_index("ix_orders_note", table_name="orders")\nop.drop_table("orders")'


def released(shop: Pipeline) -> str:
    """a1 everywhere, then a run that brings b2, c3 and d4; its id."""
    shop.project.tables("a1")
    shop("rollout", "--yes", check=True)
    shop.project.revision("b2", "a1", ORDERS, NO_ORDERS, message="Create orders")
    shop.project.tables("c3", down="b2")
    shop.project.revision("d4", "c3", 'op.execute("INSERT INTO orders (id) VALUES (1)")', message="First order")
    shop("rollout", "--yes", check=True)
    return shop.latest_run()


def test_a_release_is_taken_back_and_made_again(pipeline: Pipeline) -> None:
    """Every family and environment: shown first, reverted one at a time, recorded, and open to a new release."""
    run = released(pipeline)
    shown = told(
        pipeline("rollback", run, "--dry-run"), 0, "prod, staging: revert 3 revisions each, from d4 to a1"
    )
    for text in (
        "drop_table orders loses data",
        "drop_index ix_orders_note",
        "does nothing: what upgrade did stays",
    ):
        assert text in shown
    assert pipeline.heads("prod") == {"d4"}

    done = pipeline("rollback", run, "--yes", "--reason", "orders fail", "--format", "json", check=True).json
    assert [target["target"] for target in done["targets"]] == ["prod", "staging"]
    for target in done["targets"]:
        assert (target["result"], target["direction"], target["from"], target["to"]) == (
            *("applied", "down"),
            *(["d4"], ["a1"]),
        )
        assert [one["revision"] for one in target["revisions"]] == ["d4", "c3", "b2"]
    for name in ("staging", "prod"):
        assert pipeline.heads(name) == {"a1"}
        assert pipeline.tables(name) == {"alembic_version", "t_a1"}
    told(pipeline("runs"), 0, f"orchestrate rollback {run} (orders fail)", "succeeded")
    told(pipeline("show", pipeline.latest_run()), 0, "because: orders fail", "step reverted")
    told(pipeline("show", run), 0, by := f"taken back by run {done['run_id']} of ", ": orders fail fingerprint")
    told(pipeline("report", run, "--format", "markdown"), 0, f"# Run {run}: succeeded, and taken back since", by)
    said = told(pipeline("status"), 0, "behind 3", "in sync with staging", f"run {run} was taken back by run ")
    assert ": orders fail once that is mended: orchestrate rollout --through prod" in said
    told(pipeline("rollback", run, "--yes"), 0, "nothing of the run is left")

    pipeline("rollout", "--yes", check=True)
    assert pipeline.heads("prod") == {"d4"}
    assert pipeline.rows("prod", "SELECT id FROM orders") == [(1,)]


def test_one_environment_at_a_time(sqlite: Pipeline) -> None:
    """The last one first: an earlier one is refused while a later one would be left ahead."""
    run = released(sqlite)
    told(sqlite("rollback", run, "--target", "staging", "--yes"), 5, "prod still has b2 (Create orders)")
    told(sqlite("rollback", run, "--target", "prod", "--yes"), 0, "reverted", "3 of 3")
    assert (sqlite.heads("staging"), sqlite.heads("prod")) == ({"d4"}, {"a1"})
    told(sqlite("rollback", run, "--yes"), 0, "prod nothing to do", "staging reverted")
    assert sqlite.heads("staging") == {"a1"}


def test_branches_and_merges_go_back_as_they_came(pipeline: Pipeline) -> None:
    """A merge falls apart into its heads, and a branch leaves only its own: the rows are Alembic's, and exact."""
    project = pipeline.project
    project.tables("a1")
    project.tables("b1", down="a1")
    pipeline("rollout", "--yes", check=True)
    project.revision("c1", "a1", 'op.create_table("c", sa.Column("id", sa.Integer))', 'op.drop_table("c")')
    project.revision("m1", ("b1", "c1"), depends_on=None)
    project.revision("x1", None, 'op.create_table("x", sa.Column("id", sa.Integer))', 'op.drop_table("x")')
    pipeline("rollout", "--yes", check=True)
    assert pipeline.heads("prod") == {"m1", "x1"}
    told(pipeline("rollback", pipeline.latest_run(), "--yes"), 0, "reverted")
    assert pipeline.heads("prod") == {"b1"}
    assert pipeline.tables("prod") == {"alembic_version", "t_a1", "t_b1"}
    expected = project.alembic("current", url=pipeline.urls["prod"])
    assert "b1" in expected


def test_a_downgrade_that_fails_stops_there_and_is_resumed(make_pipeline: Callable[..., Pipeline]) -> None:
    """What was reverted before stays so; nothing is left of what failed; resume reverts the rest."""
    shop = make_pipeline("postgresql")
    shop.project.revision("a1", None, 'op.create_table("people", sa.Column("id", sa.Integer, primary_key=True))')
    refusing = (
        'op.execute("CREATE TABLE half (id INTEGER)")\nop.execute("SELECT 1 / (SELECT count(*) FROM people)")'
    )
    shop.project.revision("b2", "a1", downgrade=refusing, message="Divides")
    shop.project.tables("c3", down="b2")
    shop("rollout", "--to", "a1", "--yes", check=True)
    shop("rollout", "--yes", check=True)
    told(shop("rollback", shop.latest_run(), "--yes"), 6, "revision b2 failed", "division by zero", "1 of 2")
    assert shop.heads("prod") == {"b2"}
    assert shop.tables("prod") == {"alembic_version", "people"}
    assert shop.heads("staging") == {"c3"}
    shop.execute("prod", "INSERT INTO people VALUES (1)")
    shop.execute("staging", "INSERT INTO people VALUES (1)")
    told(shop("resume"), 0, ": done")
    assert (shop.heads("staging"), shop.heads("prod")) == ({"a1"}, {"a1"})


@pytest.mark.mysql
def test_a_downgrade_that_stops_half_way_is_in_doubt(make_pipeline: Callable[..., Pipeline]) -> None:
    """Where DDL commits by itself: what is left is named, a person settles it, and it is reverted once."""
    shop = make_pipeline("mysql")
    shop.project.tables("a1")
    shop.project.revision("b2", "a1", ORDERS, 'op.drop_table("orders")\nop.execute("SELECT * FROM not_there")')
    shop("rollout", "--to", "a1", "--yes", check=True)
    shop("rollout", "--through", "staging", "--yes", check=True)
    told(
        shop("rollback", shop.latest_run(), "--yes"), 7, "revision b2 stopped half-way", "table orders disappeared"
    )
    run = shop.latest_run()
    told(shop("status"), 0, "in doubt", "may be half reverted")
    told(shop("resume", run), 7, "half reverted")
    assert shop.heads("staging") == {"b2"}
    shop.execute("staging", "CREATE TABLE orders (id INTEGER)", "CREATE TABLE not_there (id INTEGER)")
    told(shop("resolve", run, "staging", "--not-applied", "--reason", "made orders again", "--yes"), 0)
    told(shop("resume", run), 0, ": done")
    assert shop.heads("staging") == {"a1"}
    assert "orders" not in shop.tables("staging")


def test_what_cannot_be_reverted_is_refused_with_every_reason(sqlite: Pipeline) -> None:
    """No downgrade, one that raises, a script that was changed: each with its file, and nothing is touched."""
    sqlite.project.tables("a1")
    sqlite("rollout", "--yes", check=True)
    raising = sqlite.project.revision("b2", "a1", downgrade='raise NotImplementedError("no way")')
    lacking = sqlite.project.revision("c3", "b2")
    lacking.write_text(lacking.read_text().partition("def downgrade")[0])
    edited = sqlite.project.revision("d4", "c3")
    sqlite("rollout", "--yes", check=True)
    edited.write_text(edited.read_text() + "\n# an afterthought\n")
    told(
        sqlite("rollback", sqlite.latest_run(), "--yes"),
        *(5, f"{raising.name}:21: revision b2 cannot be reverted: its downgrade raises"),
        *(
            f"{lacking.name}: revision c3 cannot be reverted: has no downgrade",
            f"{edited.name}: was changed after",
        ),
    )
    assert sqlite.heads("prod") == {"d4"}


def test_a_later_run_and_a_moved_target_are_refused(sqlite: Pipeline) -> None:
    """The later run is named; a target that somebody moved by hand is left alone."""
    run = released(sqlite)
    sqlite.project.tables("e5", down="d4")
    sqlite("rollout", "--yes", check=True)
    later = sqlite.latest_run()
    told(sqlite("rollback", run, "--yes"), 5, f"prod: was changed since by run {later}", f"rollback {later}")
    sqlite.stamp(prod="a1")
    told(sqlite("rollback", later, "--yes"), 5, "prod: is not where run", "that was at e5, and now it is at a1")
    told(sqlite("rollback", later, "--target", "nowhere"), 2, "nowhere: run")
    told(sqlite("rollback", "none"), 2, "there is no run 'none'")


def test_a_protected_environment_is_reverted_by_its_name_alone(make_pipeline: Callable[..., Pipeline]) -> None:
    """--yes is not enough; typed, it is."""
    shop = make_pipeline("sqlite", protected=["prod"])
    shop.project.tables("a1", "b2")
    shop("rollout", "--to", "a1", "--confirm", "prod", check=True)
    shop("rollout", "--confirm", "prod", check=True)
    run = shop.latest_run()
    told(shop("rollback", run, "--yes"), 5, "prod is protected and not confirmed", "--confirm prod")
    assert shop.heads("prod") == {"b2"}
    code, screen, _ = type_in(
        "rollback", run, cwd=shop.project.root, env=shop.environ, answers={"Type its name to change it": "prod\n"}
    )
    assert code == 0, screen
    assert "reverted" in screen
    assert (shop.heads("staging"), shop.heads("prod")) == ({"a1"}, {"a1"})


ENV_PY = """
from alembic import context as wanted
options = wanted.config.cmd_opts
told = f"{wanted.get_revision_argument()} {options.revision} {options.cmd[0].__name__}"
open("told", "a").write(told + "\\n")
"""


def test_env_py_sees_what_alembics_own_downgrade_would_show(make_pipeline: Callable[..., Pipeline]) -> None:
    """The destination, and the command, as with `alembic downgrade`."""
    shop = make_pipeline("sqlite", "prod")
    shop.project.tables("a1", "b2", "c3")
    shop("rollout", "--to", "a1", "--yes", check=True)
    shop("rollout", "--yes", check=True)
    shop.project.env_py.write_text(ENV_PY + shop.project.env_py.read_text())
    shop("rollback", shop.latest_run(), "--yes", check=True)
    assert (shop.project.root / "told").read_text() == "a1 a1 downgrade\n"
