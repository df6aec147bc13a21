"""Histories with several heads that are meant, and what is promoted of them by label, id or all together."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.projects.conftest import MakeTree
from tests.projects.tree import Tree, schema
from tests.stories import databases
from tests.stories.pipeline import told


def _pending(tree: Tree) -> dict[str, list[str]]:
    """What status says is missing against the scripts, by target."""
    return {target["target"]: target["missing"] for target in tree.document("status")["targets"]}


def test_expand_and_contract(make_tree: MakeTree) -> None:
    """Expand goes to prod alone; contract follows when the application has; status is exact in between."""
    tree = make_tree("expand_and_contract")
    told(tree("rollout", "--through", "dev", "--yes"), 0)
    assert tree.heads("dev") == {"c1", "e2"}
    told(tree("promote", "dev", "prod", "--to", "expand@head", "--yes"), 0)
    assert (tree.heads(), tree.schema()) == ({"e2"}, {"customers": ["id", "name", "full_name", "email"]})
    status = tree.document("status", "--exit-code", code=3)
    assert [target["missing"] for target in status["targets"]] == [[], ["c1"]]
    assert [(pair["relation"], pair["missing"]) for pair in status["pairs"]] == [("behind", ["c1"])]
    told(tree("promote", "dev", "prod", "--to", "contract@head", "--yes"), 0)
    assert (tree.heads(), tree.schema()) == ({"c1", "e2"}, {"customers": ["id", "full_name", "email"]})
    told(tree("status", "--exit-code"), 0, "in sync with dev")


def test_expand_and_contract_brings_what_it_depends_on(make_tree: MakeTree) -> None:
    """Contract alone brings the part of expand that it depends on, and no more of it."""
    tree = make_tree("expand_and_contract")
    told(tree("rollout", "--to", "contract@head", "--yes"), 0)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"c1"}, {"customers": ["id", "full_name"]})
    assert _pending(tree) == {"dev": ["e2"], "prod": ["e2"]}


def test_components(make_tree: MakeTree) -> None:
    """Two histories without a common base in one database: each goes forward by its label, or both by `heads`."""
    tree = make_tree("components")
    told(tree("rollout", "--to", "billing@head", "--through", "staging", "--yes"), 0)
    assert tree.heads("staging") == {"b2"}
    told(tree("rollout", "--to", "s1", "--through", "dev", "--yes"), 0)
    assert tree.heads("dev") == {"b2", "s1"}
    assert _pending(tree) == {"dev": ["s2"], "staging": ["s1", "s2"], "prod": ["s1", "s2", "b1", "b2"]}
    told(tree("rollout", "--to", "heads", "--yes"), 0)
    for name in tree.urls:
        assert tree.heads(name) == {"b2", "s2"}
        assert set(tree.schema(name)) == {"customers", "orders", "invoices", "payments"}


def test_components_have_no_single_head(make_tree: MakeTree) -> None:
    """`head` where there are two is refused with the names that would do, and nothing is done."""
    tree = make_tree("components")
    told(tree("rollout", "--to", "head", "--yes"), 2, "heads")
    assert tree.untouched()


def test_depends_on_another_branch(make_tree: MakeTree, new_database: Callable[[str], str]) -> None:
    """A branch brings what it depends on of another, whose row Alembic drops; that is not taken for missing."""
    tree = make_tree("depends_on_another_branch")
    told(tree("rollout", "--to", "search@head", "--yes"), 0)
    by_alembic = new_database("sqlite")
    tree.alembic("upgrade", "search@head", url=by_alembic)
    for name in ("dev", "prod"):
        assert tree.heads(name) == databases.heads(by_alembic) == {"x2"}
        assert schema(tree.urls[name]) == schema(by_alembic)
    assert _pending(tree) == {"dev": ["m3"], "prod": ["m3"]}
    told(tree("rollout", "--yes"), 0)
    tree.alembic("upgrade", "heads", url=by_alembic)
    for name in ("dev", "prod"):
        assert tree.heads(name) == databases.heads(by_alembic) == {"m3", "x2"}
        assert schema(tree.urls[name]) == schema(by_alembic)
    told(tree("status", "--exit-code"), 0, "in sync with dev")


def test_merge_point(make_tree: MakeTree) -> None:
    """A destination that stands on one side of a merge gets the other side, the merge and what follows it."""
    tree = make_tree("merge_point")
    told(tree("rollout", "--to", "left", "--yes"), 0)
    assert tree.heads("prod") == {"left"}
    told(tree("rollout", "--through", "dev", "--yes"), 0)
    (target,) = tree.document("promote", "dev", "prod", "--yes")["targets"]
    assert [step["revision"] for step in target["revisions"]] == ["right", "merged", "r5"]
    assert tree.heads("dev") == tree.heads("prod") == {"r5"}
    assert set(tree.schema("prod")) == {"customers", "orders", "carts", "payments"}


IDS = {"001": "customers", "0.98.0": "orders", "v3.2.0.a": "carts", "1e5": "payments"}


@pytest.mark.parametrize("revision", IDS)
def test_ids_like_numbers(make_tree: MakeTree, revision: str) -> None:
    """Ids that look like numbers stay what they are, in --to, in the version table and in JSON."""
    tree = make_tree("ids_like_numbers")
    names = list(IDS)
    expected = names[: names.index(revision) + 1]
    document = tree.document("rollout", "--to", revision, "--yes")
    assert [[step["revision"] for step in t["revisions"]] for t in document["targets"]] == [expected, expected]
    for name in ("dev", "prod"):
        assert tree.heads(name) == {revision}
        assert set(tree.schema(name)) == {IDS[each] for each in expected}
