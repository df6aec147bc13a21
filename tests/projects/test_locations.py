"""Where projects keep their scripts and their settings."""

from __future__ import annotations

import compileall

import pytest

from tests.projects.conftest import MakeTree, released
from tests.stories.pipeline import told

ORDERS = {"customers": ["id"], "orders": ["id"]}


def test_several_version_locations(make_tree: MakeTree) -> None:
    """Scripts of two folders, one depending on the other, are one graph."""
    tree = make_tree("several_version_locations")
    released(tree)
    for name in ("dev", "prod"):
        assert tree.heads(name) == {"l1"}  # l1 depends on s1 and so stands for it
        assert tree.schema(name) == {"customers": ["id"], "points": ["id", "customer_id"]}


def test_several_version_locations_by_label(make_tree: MakeTree) -> None:
    """One folder's branch goes forward without the other."""
    tree = make_tree("several_version_locations")
    told(tree("rollout", "--to", "shop@head", "--yes"), 0)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"s1"}, {"customers": ["id"]})


def test_locations_that_are_not_in_the_ini_file(make_tree: MakeTree) -> None:
    """Where the project's own command sets them, environments.yaml does."""
    tree = make_tree("several_version_locations")
    tree.edit("alembic.ini", "script_location = %(here)s/migrations\n", "")
    tree.edit("alembic.ini", "version_locations = %(here)s/shop/versions:%(here)s/plugins/loyalty/versions\n", "")
    told(tree("rollout", "--yes"), 2, "script_location")
    locations = ["shop/versions", "plugins/loyalty/versions"]
    project = {"script_location": "migrations", "version_locations": locations}
    tree.configure(lambda file: file.update(projects={"app": project}))
    released(tree)
    for name in ("dev", "prod"):
        assert tree.heads(name) == {"l1"}
        assert tree.schema(name) == {"customers": ["id"], "points": ["id", "customer_id"]}


def test_recursive_locations(make_tree: MakeTree) -> None:
    """Scripts in folders below the versions folder are found where the ini file says so."""
    tree = make_tree("recursive_locations")
    released(tree)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"r2"}, ORDERS)


def test_recursive_locations_not_asked_for(make_tree: MakeTree) -> None:
    """They are not found where it does not, as with Alembic, so that there is nothing to do."""
    tree = make_tree("recursive_locations")
    tree.edit("alembic.ini", "recursive_version_locations = true\n", "")
    tree("rollout", "--yes")
    assert tree.untouched()


@pytest.mark.parametrize("legacy", [True, False])
def test_sourceless(make_tree: MakeTree, legacy: bool) -> None:
    """A project shipped as bytecode only, in the sources' place or in __pycache__, is released all the same."""
    tree = make_tree("sourceless")
    versions = tree.root / "migrations" / "versions"
    compileall.compile_dir(str(versions), quiet=1, legacy=legacy)
    for script in versions.glob("*.py"):
        script.unlink()
    released(tree)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"r2"}, ORDERS)


def test_pyproject(make_tree: MakeTree) -> None:
    """A project configured in pyproject.toml alone, its package under src/."""
    tree = make_tree("pyproject")
    released(tree)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"r2"}, {"customers": ["id"], "sales": ["id"]})


def test_pyproject_not_named(make_tree: MakeTree) -> None:
    """An alembic.ini that is not there is no matter where pyproject.toml stands beside it, as with Alembic."""
    tree = make_tree("pyproject")
    tree.configure(lambda file: file.pop("projects"))
    released(tree)
    assert tree.heads() == {"r2"}
