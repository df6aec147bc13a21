"""Migrations as people write them: what a revision script does, prints, imports and asks for."""

from __future__ import annotations

import pytest

from tests.projects.conftest import MakeTree, released
from tests.stories.conftest import EVERY_FAMILY
from tests.stories.pipeline import told

BOTH = {"customers": ["id"], "orders": ["id"]}


@pytest.mark.postgresql
def test_autocommit_block(make_tree: MakeTree) -> None:
    """CREATE INDEX CONCURRENTLY and a new enum value in autocommit blocks, while both locks are held."""
    tree = make_tree("autocommit_block", "postgresql")
    released(tree)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"r3"}, {"customers": ["id", "email", "kind"]})
        valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_email'::regclass"
        assert tree.rows(valid, name) == [(True,)]
        assert tree.rows("SELECT enumlabel FROM pg_enum ORDER BY enumsortorder", name) == [("plain",), ("vip",)]


@pytest.mark.postgresql
def test_autocommit_block_that_fails(make_tree: MakeTree) -> None:
    """A failure after a block that committed is in doubt: what the block left behind is there, and is told."""
    tree = make_tree("autocommit_block", "postgresql")
    tree.edit("migrations/versions/r3_vip.py", "DEFAULT 'vip'", "DEFAULT 'no such kind'")
    document = tree.document("rollout", "--yes", code=7)
    outcomes = {step["revision"]: step["outcome"] for step in document["targets"][0]["revisions"]}
    assert outcomes == {"r1": "applied", "r2": "applied", "r3": "in_doubt"}
    assert (tree.heads("dev"), tree.schema("dev")) == ({"r2"}, {"customers": ["id", "email", "kind"]})
    assert tree.schema("prod") == {}


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_explicit_commit(make_tree: MakeTree, family: str) -> None:
    """A COMMIT in op.execute ends Alembic's transaction; the revision is applied and so are those after it."""
    tree = make_tree("explicit_commit", family)
    if family == "sqlite":  # there is nothing to commit before the first row is changed
        tree.edit("migrations/versions/r2_index.py", 'op.execute("COMMIT")', "op.get_bind().commit()")
    released(tree)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == (
            {"r3"},
            {"customers": ["id", "email"], "orders": ["id"]},
        )


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_data_migration(make_tree: MakeTree, family: str) -> None:
    """Rows are read and written by an ORM session that commits by itself, and by plain SQL."""
    tree = make_tree("data_migration", family)
    released(tree)
    for name in ("dev", "prod"):
        assert tree.heads(name) == {"r3"}
        found = tree.rows("SELECT first, last FROM customers ORDER BY id", name)
        assert found == [("Ada", "Lovelace"), ("Alan", "Turing")]
        assert tree.rows("SELECT customers FROM counts", name) == [(2,)]


def test_batch_mode(make_tree: MakeTree) -> None:
    """SQLite's copy-and-move keeps the rows."""
    tree = make_tree("batch_mode")
    released(tree)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"r2"}, {"customers": ["id", "name"]})
        assert tree.rows("SELECT id, name FROM customers", name) == [(1, "Ada")]
        (made,) = tree.rows("SELECT sql FROM sqlite_master WHERE name = 'customers'", name)
        assert "one_name UNIQUE" in made[0]


def test_revision_arguments(make_tree: MakeTree) -> None:
    """What env.py gives context.run_migrations reaches upgrade(), objects as well as texts."""
    tree = make_tree("revision_arguments")
    released(tree)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"r2"}, {"customers": ["id", "name", "email"]})
    (made,) = tree.rows("SELECT sql FROM sqlite_master WHERE name = 'customers'")
    assert "VARCHAR(40)" in made[0]


@pytest.mark.parametrize("family", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_decorated_upgrade(make_tree: MakeTree, family: str) -> None:
    """An upgrade() behind a decorator runs, also where that is an object without a function's name."""
    tree = make_tree("decorated_upgrade", family)
    released(tree)
    customers = ["id", "search"] if family == "postgresql" else ["id"]
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"r3"}, {"customers": customers, "orders": ["id"]})


def test_prints(make_tree: MakeTree) -> None:
    """Whatever the project and its children print, stdout holds the one document, and the log what was printed."""
    tree = make_tree("prints")
    completed = tree("rollout", "--yes", "--format", "json", check=True)
    assert completed.stdout.count("\n}") == 1
    assert completed.json["success"] is True
    for printed in ("env.py starts", "written past Python", "from a child", "through Alembic's own way"):
        assert printed not in completed.stdout
        assert printed in tree.recorded()
    assert tree.heads() == {"r1"}


def test_file_config_logging(make_tree: MakeTree) -> None:
    """fileConfig that turns off all loggers and writes to stdout neither stops the run nor reaches its stdout."""
    tree = make_tree("file_config_logging")
    completed = tree("rollout", "--yes", "--format", "json", check=True)
    assert [t["result"] for t in completed.json["targets"]] == ["applied", "applied"]
    assert "making customers" in tree.recorded()
    assert "nobody hears this" not in tree.recorded()
    assert (tree.heads(), tree.schema()) == ({"r1"}, {"customers": ["id"]})


@pytest.mark.postgresql
def test_warnings_as_errors(make_tree: MakeTree) -> None:
    """Where the project makes warnings errors it gets its own as a failure, and none of ours."""
    tree = make_tree("warnings_as_errors", "postgresql")
    tree.configure(lambda file: file.update(defaults={"variables": {"PYTHONWARNINGS": "error"}}))
    told(tree("rollout", "--yes"), 6, "revision r2 failed: DeprecationWarning: orders are an old way")
    assert (tree.heads("dev"), tree.schema("dev")) == ({"r1"}, {"customers": ["id"]})
    assert tree.schema("prod") == {}
    tree.edit("migrations/versions/r2_old_ways.py", "DeprecationWarning", "UserWarning")
    tree.edit("migrations/env.py", '"error")', '"default")')
    tree.configure(lambda file: file.pop("defaults"))
    released(tree)
    assert "orders are an old way" in tree.recorded()
    assert tree.schema("dev") == tree.schema("prod") == BOTH


def test_slow_imports(make_tree: MakeTree) -> None:
    """An application that takes seconds to import is waited for: the time to connect is not that of importing."""
    tree = make_tree("slow_imports")
    released(tree)
    assert (tree.heads(), tree.schema()) == ({"r1"}, {"customers": ["id"]})


def test_sibling_import(make_tree: MakeTree) -> None:
    """Scripts that import one another and a module beside them."""
    tree = make_tree("sibling_import")
    released(tree)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"r2"}, BOTH)


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_own_callbacks(make_tree: MakeTree, family: str) -> None:
    """env.py's on_version_apply callbacks are each called once for each revision, with the heads then."""
    tree = make_tree("own_callbacks", family)
    released(tree)
    for name in ("dev", "prod"):
        assert tree.rows("SELECT revision, heads FROM notes ORDER BY revision", name) == [
            ("r1", "r1"),
            ("r2", "r2"),
        ]
    for revision in ("r1", "r2"):
        assert tree.recorded().count(f"{revision} done, {{'colour': 'blue'}}") == 2


@pytest.mark.postgresql
def test_own_callbacks_that_fail(make_tree: MakeTree) -> None:
    """A callback's error is the revision's: it is not applied, and what it did is undone with it."""
    tree = make_tree("own_callbacks", "postgresql")
    tree.edit("migrations/env.py", "{run_args}", "{1 / (step.up_revision_id == 'r1')}")
    told(tree("rollout", "--yes"), 6, "revision r2 failed: ZeroDivisionError")
    assert tree.heads("dev") == {"r1"}
    assert tree.schema("dev") == {"customers": ["id"], "notes": ["revision", "heads"]}
    assert tree.schema("prod") == {}


@pytest.mark.parametrize("family", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_context_in_revision(make_tree: MakeTree, family: str) -> None:
    """Scripts find the configuration, the connection, its engine and the revision argument as with Alembic."""
    tree = make_tree("context_in_revision", family)
    released(tree)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"r2"}, {"eu_customers": ["id"], "orders": ["id"]})
