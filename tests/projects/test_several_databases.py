"""Applications with several databases in each environment, and projects that reach for another one on the side."""

from __future__ import annotations

import pytest

from tests.projects.conftest import MakeTree, promoted, released
from tests.projects.tree import schema
from tests.stories.conftest import EVERY_FAMILY
from tests.stories.pipeline import told

SCHEMAS = {"users": {"customers": ["id", "email"]}, "orders": {"orders": ["id"]}}


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_multidb(make_tree: MakeTree, family: str) -> None:
    """Alembic's multidb template: each engine is a database of the environment, with its own heads."""
    tree = make_tree("multidb", family)
    released(tree)
    for environment in ("dev", "prod"):
        for engine, expected in SCHEMAS.items():
            name = f"{environment}_{engine}"
            assert (tree.heads(name), tree.schema(name)) == ({"r2"}, expected)
    assert not list(tree.root.glob("*.db"))


@pytest.mark.parametrize("option", ["databases", "{name}/sqlalchemy.url"])
def test_multidb_not_told(make_tree: MakeTree, option: str) -> None:
    """Without the list env.py goes for the other engine too, without the URL to the file's own: both stopped."""
    tree = make_tree("multidb")
    tree.configure(lambda file: file["projects"]["app"]["inject"]["options"].pop(option))
    told(tree("rollout", "--yes"), 11, ".db", "not the target's database")
    assert tree.untouched()
    assert not any(schema(f"sqlite:///{path}") for path in tree.root.glob("*.db"))


def test_branches_of_a_database(make_tree: MakeTree) -> None:
    """One folder of scripts, two databases, each following its branch: status, promotion and heads are exact."""
    tree = make_tree("branches_of_a_database")
    promoted(tree)
    for name in ("dev", "prod"):
        assert (tree.heads(name), set(tree.schema(name))) == ({"s2"}, {"customers", "orders"})
        billing = f"{name}_billing"
        assert (tree.heads(billing), set(tree.schema(billing))) == ({"b2"}, {"invoices", "payments"})
    assert {target["state"] for target in tree.document("status")["targets"]} == {"at_head"}


def test_branches_of_a_database_not_told(make_tree: MakeTree) -> None:
    """Without the key both databases get both branches: what the test above sees is the key's doing."""
    tree = make_tree("branches_of_a_database")
    tree.configure(
        lambda file: [
            each.pop("branches") for stage in file["environments"].values() for each in stage["databases"].values()
        ]
    )
    told(tree("rollout", "--yes"), 0)
    assert {frozenset(tree.heads(name) or ()) for name in tree.urls} == {frozenset({"b2", "s2"})}


def test_branches_of_a_database_that_are_not_there(make_tree: MakeTree) -> None:
    """A branch that no script is labelled with is told before anything is done."""
    tree = make_tree("branches_of_a_database")
    tree.edit("environments.yaml", "[billing]", "[invoicing]")
    told(tree("rollout", "--yes"), 2, "invoicing")
    assert tree.untouched()


def test_connects_twice(make_tree: MakeTree) -> None:
    """A revision that writes to a second database is stopped there: neither it nor what it did stays."""
    tree = make_tree("connects_twice")
    document = tree.document("rollout", "--yes", code=11)
    assert [step["outcome"] for step in document["targets"][0]["revisions"]] == ["applied", "failed"]
    assert "audit.db" in document["error"]["message"]
    assert tree.heads("dev") == {"r1"}
    assert tree.rows("SELECT * FROM customers", "dev") == []
    assert tree.schema("prod") == {}
    assert schema(f"sqlite:///{tree.root}/audit.db") == {}


def test_connects_twice_where_it_may(make_tree: MakeTree) -> None:
    """With `other_databases: allow` it goes through, and the second database has what it was meant to get."""
    tree = make_tree("connects_twice")
    tree.configure(lambda file: file.update(projects={"app": {"other_databases": "allow"}}))
    told(tree("rollout", "--yes"), 0)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.rows("SELECT * FROM customers", name)) == ({"r2"}, [(1,)])
    assert schema(f"sqlite:///{tree.root}/audit.db") == {"audit": ["what"]}


@pytest.mark.postgresql
def test_driver_in_a_revision(make_tree: MakeTree) -> None:
    """A revision that connects with the driver itself is stopped in the same way, and undone."""
    tree = make_tree("driver_in_a_revision", "postgresql")
    document = tree.document("rollout", "--yes", code=11)
    assert document["error"]["code"] == "wrong_database"
    assert (tree.heads("dev"), tree.rows("SELECT * FROM customers", "dev")) == ({"r1"}, [])
    assert tree.schema("prod") == tree.schema("audit") == {}


@pytest.mark.parametrize("others", ["refuse", "allow"])
def test_swaps_the_url(make_tree: MakeTree, others: str) -> None:
    """An env.py that runs its migrations again on another database is stopped before that one has anything.

    Also where other connections are allowed: what Alembic is configured with must be the target. What the first
    run had committed in the target stays, and is told.
    """
    tree = make_tree("swaps_the_url")
    tree.configure(lambda file: file.update(projects={"app": {"other_databases": others}}))
    document = tree.document("rollout", "--yes", code=11)
    assert [step["outcome"] for step in document["targets"][0]["revisions"]] == ["applied", "applied"]
    assert [t["result"] for t in document["targets"]] == ["failed", "not_started"]
    assert tree.heads("dev") == {"r2"}
    assert tree.schema("prod") == {}
    assert schema(f"sqlite:///{tree.root}/replica.db") == {}


@pytest.mark.postgresql
def test_swaps_the_url_on_a_server(make_tree: MakeTree) -> None:
    """On a server, where the other one is the next environment's database."""
    tree = make_tree("swaps_the_url", "postgresql")
    tree.configure(lambda file: file.update(defaults={"variables": {"REPLICA_URL": "${PROD_URL}"}}))
    document = tree.document("rollout", "--through", "dev", "--yes", code=11)
    assert document["error"]["code"] == "wrong_database"
    assert tree.heads("dev") == {"r2"}
    assert schema(tree.urls["prod"]) == {}
