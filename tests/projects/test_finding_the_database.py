"""Every way an env.py learns its database that needs no more than a URL, variables or -x arguments."""

from __future__ import annotations

import pytest

from tests.projects.conftest import MakeTree, promoted, released
from tests.projects.tree import schema
from tests.servers.postgresql import PostgreSQL
from tests.stories.pipeline import told

PASSWORD = "50%/off%%s@"


@pytest.mark.postgresql
def test_url_with_percent(make_tree: MakeTree, postgresql_server: PostgreSQL) -> None:
    """A password with percent signs reaches an env.py that reads sqlalchemy.url, and is told to nobody."""
    tree = make_tree("url_with_percent", "postgresql")
    postgresql_server.create_role("percent", PASSWORD)
    superuser = dict(tree.urls)
    for name, url in superuser.items():
        database = url.rpartition("/")[2]
        postgresql_server.execute("GRANT ALL ON SCHEMA public TO percent", database=database)
        tree.urls[name] = postgresql_server.url(database, "percent", PASSWORD)
    promoted(tree)
    assert tree.heads("dev") == tree.heads("prod") == {"4c2f"}
    assert tree.schema("dev") == tree.schema("prod") == {"customers": ["id", "name"]}
    assert tree.rows("SELECT tableowner FROM pg_tables WHERE tablename = 'customers'") == [("percent",)]
    assert PASSWORD not in tree.recorded() + str(tree("show", "--format", "json"))


def test_environment_variable(make_tree: MakeTree) -> None:
    """An env.py that reads a variable migrates the target when `variables` give it the URL."""
    tree = make_tree("environment_variable")
    released(tree)
    assert tree.heads("dev") == tree.heads("prod") == {"4c2f"}
    assert tree.schema("dev") == tree.schema("prod") == {"customers": ["id", "name"]}
    assert not (tree.root / "shop.db").exists()


def test_environment_variable_that_is_not_given(make_tree: MakeTree) -> None:
    """Without it env.py falls back to its default database, which is found out before anything lands there."""
    tree = make_tree("environment_variable")
    tree.configure(lambda file: [each.pop("variables") for each in file["environments"].values()])
    told(tree("rollout", "--yes"), 11, "shop.db", "not the target's database", "orchestrate doctor")
    assert tree.untouched()
    assert schema(f"sqlite:///{tree.root}/shop.db") == {}


@pytest.mark.parametrize("family", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_cached_settings(make_tree: MakeTree, family: str) -> None:
    """Settings cached at import do not carry one database into the next: three in one run, each gets its own."""
    tree = make_tree("cached_settings", family)
    tree.alembic("upgrade", "r2", SHOP_DATABASE_URL=tree.urls["dev"])
    tree.alembic("upgrade", "r1", SHOP_DATABASE_URL=tree.urls["staging"])
    document = tree.document("rollout", "--yes")
    applied = {t["target"]: [step["revision"] for step in t["revisions"]] for t in document["targets"]}
    assert applied == {"dev": ["r3"], "staging": ["r2", "r3"], "prod": ["r1", "r2", "r3"]}
    for name in tree.urls:
        assert tree.heads(name) == {"r3"}
        assert tree.schema(name) == {"customers": ["id", "email"], "orders": ["id"]}
    assert not (tree.root / "shop.db").exists()


def test_cached_settings_of_another_environment(make_tree: MakeTree) -> None:
    """A variable that names the database before stops the run there: what that one has is left as it was."""
    tree = make_tree("cached_settings")
    tree.edit("environments.yaml", 'SHOP_DATABASE_URL: "${STAGING_URL}"', 'SHOP_DATABASE_URL: "${DEV_URL}"')
    tree.alembic("upgrade", "r2", SHOP_DATABASE_URL=tree.urls["dev"])
    document = tree.document("rollout", "--yes", code=11)
    assert [t["result"] for t in document["targets"]] == ["applied", "failed", "not_started"]
    assert tree.heads("dev") == {"r3"}
    assert [schema(tree.urls[name]) for name in ("staging", "prod")] == [{}, {}]


def test_x_arguments(make_tree: MakeTree) -> None:
    """What `alembic -x` gives an env.py it gets from x_arguments, each environment its own."""
    tree = make_tree("x_arguments")
    released(tree)
    assert tree.heads("dev") == tree.heads("prod") == {"4c2f"}
    assert tree.schema("dev") == {"dev_customers": ["id"]}
    assert tree.schema("prod") == {"prod_customers": ["id"]}
    assert not (tree.root / "shop.db").exists()


def test_x_arguments_that_are_not_given(make_tree: MakeTree) -> None:
    """Without them env.py's own error is told, and nothing lands anywhere."""
    tree = make_tree("x_arguments")
    tree.configure(lambda file: [each.pop("x_arguments") for each in file["environments"].values()])
    told(tree("rollout", "--yes"), 6, "env.py failed: AssertionError")
    assert tree.untouched()
    assert not (tree.root / "shop.db").exists()


def test_several_sections(make_tree: MakeTree) -> None:
    """Two sections of one ini file are two projects, each with its scripts, its options and its databases."""
    tree = make_tree("several_sections")
    released(tree)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"4c2f"}, {"customers": ["id"]})
        billing = f"{name}_billing"
        assert (tree.heads(billing), tree.schema(billing)) == ({"b100"}, {"bill_invoices": ["id"]})


def test_several_sections_with_one_that_is_not_there(make_tree: MakeTree) -> None:
    """A section that the ini file lacks is an error that names those it has."""
    tree = make_tree("several_sections")
    tree.configure(lambda file: file["projects"]["billing"].update(section="invoices"))
    told(tree("rollout", "--yes"), 2, "no [invoices] section", "[alembic], [billing]")
    assert tree.untouched()
