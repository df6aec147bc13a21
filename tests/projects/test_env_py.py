"""What an env.py does around its run: options, transactions, a second run, errors kept to itself."""

from __future__ import annotations

import pytest

from tests.projects.conftest import MakeTree, released
from tests.stories import databases
from tests.stories.conftest import EVERY_FAMILY
from tests.stories.pipeline import told

BOTH = {"customers": ["id"], "orders": ["id"]}


@pytest.mark.postgresql
def test_transaction_per_migration(make_tree: MakeTree) -> None:
    """An env.py that asks for it itself: the revision before the failing one stays, of that one nothing does."""
    tree = make_tree("transaction_per_migration", "postgresql")
    document = tree.document("rollout", "--yes", code=6)
    assert [step["outcome"] for step in document["targets"][0]["revisions"]] == ["applied", "failed"]
    assert (tree.heads("dev"), tree.schema("dev")) == ({"r1"}, {"customers": ["id"]})
    assert tree.schema("prod") == {}


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_runs_twice(make_tree: MakeTree, family: str) -> None:
    """An env.py that runs its migrations a second time to be sure finds nothing left to do."""
    tree = make_tree("runs_twice", family)
    released(tree)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"r2"}, BOTH)


def test_swallows_exceptions(make_tree: MakeTree) -> None:
    """A failure that env.py logs before it exits with 0 is a failure, told with the revision and its error."""
    tree = make_tree("swallows_exceptions")
    error = tree.document("rollout", "--yes", code=6)["error"]
    assert "revision r2 failed: OperationalError: no such table: nowhere" in error["message"]
    assert (tree.heads("dev"), tree.schema("dev")) == ({"r1"}, {"customers": ["id"]})
    assert tree.schema("prod") == {}


def test_exits_at_the_end(make_tree: MakeTree) -> None:
    """sys.exit(0) after the work is done is no failure of the work."""
    tree = make_tree("exits_at_the_end")
    released(tree)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"r1"}, {"customers": ["id"]})


def test_include_object(make_tree: MakeTree) -> None:
    """Options meant for autogenerate do no harm, and the models' names for constraints are used."""
    tree = make_tree("include_object")
    released(tree)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"r1"}, {"customers": ["id", "email"]})
        (made,) = tree.rows("SELECT sql FROM sqlite_master WHERE name = 'customers'", name)
        assert "CONSTRAINT uq_customers_email UNIQUE" in made[0]
        assert "CONSTRAINT pk_customers PRIMARY KEY" in made[0]


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_another_history(make_tree: MakeTree, family: str) -> None:
    """An alembic_version that holds another project's revision is refused and left as it is."""
    tree = make_tree("another_history", family)
    databases.stamp(tree.urls["dev"], "their7")
    told(tree("rollout", "--yes"), 4, "their7")
    assert (tree.heads("dev"), tree.schema("dev")) == ({"their7"}, {})
    assert tree.schema("prod") == {}


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_another_history_beside_ours(make_tree: MakeTree, family: str) -> None:
    """With a version table of its own, begun on purpose, the project lives beside the other, whose row stays."""
    tree = make_tree("another_history", family)
    for url in tree.urls.values():
        databases.stamp(url, "their7")
    tree.edit("migrations/env.py", "connection=connection", 'connection=connection, version_table="shop_version"')
    tree.configure(lambda file: file.update(defaults={"version_table": "shop_version"}))
    told(tree("rollout", "--yes"), 4, "tables but no version table")
    assert [tree.heads(name, "shop_version") for name in tree.urls] == [None, None]
    for url in tree.urls.values():
        tree.alembic("stamp", "base", url=url)
    released(tree)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.heads(name, "shop_version")) == ({"their7"}, {"r1"})
        assert set(tree.schema(name, "shop_version")) == {"alembic_version", "customers"}
