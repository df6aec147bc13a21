"""What an env.py does with its connection before Alembic gets it: transactions, schemas, asynchronous drivers."""

from __future__ import annotations

import pytest

from tests.projects.conftest import MakeTree, released
from tests.projects.tree import Tree
from tests.stories import databases
from tests.stories.conftest import EVERY_FAMILY
from tests.stories.pipeline import told


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_own_transaction(make_tree: MakeTree, family: str) -> None:
    """With engine.begin() around everything each revision is reported applied, and is there."""
    tree = make_tree("own_transaction", family)
    document = tree.document("rollout", "--yes")
    outcomes = [[step["outcome"] for step in t["revisions"]] for t in document["targets"]]
    assert outcomes == [["applied", "applied"], ["applied", "applied"]]
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"r2"}, {"customers": ["id"], "orders": ["id"]})


@pytest.mark.postgresql
def test_own_transaction_that_fails(make_tree: MakeTree) -> None:
    """There the second revision's failure undoes the first, and neither is reported applied."""
    tree = make_tree("own_transaction", "postgresql")
    databases.execute(tree.urls["dev"], "CREATE TYPE orders AS (id INTEGER)")
    document = tree.document("rollout", "--yes", code=6)
    assert [step["outcome"] for step in document["targets"][0]["revisions"]] == ["failed", "failed"]
    assert tree.schema("dev") == {}
    assert not tree.heads("dev")


def _schemas(tree: Tree) -> None:
    for url in tree.urls.values():
        databases.execute(url, "CREATE SCHEMA acme")


@pytest.mark.postgresql
def test_search_path(make_tree: MakeTree) -> None:
    """An env.py that sets and commits a search path works in that schema, which the URL names for status too."""
    tree = make_tree("search_path", "postgresql")
    _schemas(tree)
    released(tree)
    for name in ("dev", "prod"):
        assert tree.schema(name) == {"acme.alembic_version": ["version_num"], "acme.customers": ["id"]}
        assert tree.rows("SELECT version_num FROM acme.alembic_version", name) == [("4c2f",)]


@pytest.mark.postgresql
def test_search_path_that_only_env_py_knows(make_tree: MakeTree) -> None:
    """Where environments.yaml does not lead to that schema the run is refused before anything is made."""
    tree = make_tree("search_path", "postgresql")
    _schemas(tree)
    tree.edit("environments.yaml", "?options=-csearch_path%3Dacme", "")
    told(tree("rollout", "--yes"), 2, "env.py works in schema 'acme'", "looked for in 'public'")
    assert tree.untouched()


@pytest.mark.postgresql
def test_search_path_without_commit(make_tree: MakeTree) -> None:
    """An env.py whose SET opened a transaction that nobody commits: reported, and nothing is called applied."""
    tree = make_tree("search_path_without_commit", "postgresql")
    document = tree.document("rollout", "--yes", code=6)
    assert [t["result"] for t in document["targets"]] == ["failed", "not_started"]
    assert {step["outcome"] for step in document["targets"][0]["revisions"]} == {"failed"}
    assert tree.untouched()
    assert "does not have revision 4c2f" in document["error"]["message"]
    assert "does env.py commit?" in document["error"]["mend"]


@pytest.mark.postgresql
def test_version_table_of_its_own(make_tree: MakeTree) -> None:
    """A version table of another name in another schema, which env.py makes itself."""
    tree = make_tree("version_table_of_its_own", "postgresql")
    released(tree)
    for name in ("dev", "prod"):
        assert tree.schema(name) == {"customers": ["id"], "meta.shop_version": ["version_num"]}
        assert tree.rows("SELECT version_num FROM meta.shop_version", name) == [("4c2f",)]


@pytest.mark.postgresql
@pytest.mark.parametrize("key", ["version_table", "version_table_schema"])
def test_version_table_that_is_not_told(make_tree: MakeTree, key: str) -> None:
    """Where environments.yaml leaves out its name or its schema the run is refused with that key."""
    tree = make_tree("version_table_of_its_own", "postgresql")
    tree.configure(lambda file: file["defaults"].pop(key))
    told(tree("rollout", "--yes"), 2, "meta.shop_version", key)
    assert tree.untouched()


@pytest.mark.parametrize(
    ("family", "driver"),
    [
        pytest.param("postgresql", "postgresql+psycopg", marks=pytest.mark.postgresql),
        pytest.param("postgresql", "postgresql+asyncpg", marks=pytest.mark.postgresql),
        pytest.param("sqlite", "sqlite+aiosqlite", marks=pytest.mark.sqlite),
    ],
)
def test_async_template(make_tree: MakeTree, family: str, driver: str) -> None:
    """Alembic's async template runs as it is, whatever asynchronous driver the URL names."""
    tree = make_tree("async_template", family, driver)
    released(tree)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"r2"}, {"customers": ["id"], "orders": ["id"]})
        assert tree.rows("SELECT count(*) FROM orders", name) == [(2,)]
