"""The keys of `inject`, the hook and the Flask app: each brings its env.py to the target, and without it nothing.

Every case has its negative control: the key taken away, the run is stopped and no database has anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.projects.conftest import MakeTree, released
from tests.projects.tree import Tree, schema
from tests.servers.postgresql import PostgreSQL
from tests.stories.pipeline import told

BOTH = {"customers": ["id"], "orders": ["id"]}
POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgresql)


def _arrived(tree: Tree, *names: str) -> None:
    for name in names or ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"r2"}, BOTH)
    assert _nothing_lies_in(tree)


def _nothing_lies_in(tree: Tree) -> bool:
    """Whether the application's own default database, a file beside alembic.ini, has no table."""
    return not any(schema(f"sqlite:///{path}") for path in tree.root.rglob("*.db") if path.parent == tree.root)


def _stopped(tree: Tree, code: int, *texts: str, without: Callable[[Any], object]) -> None:
    """The negative control: the same project with a key taken away."""
    tree.configure(without)
    told(tree("rollout", "--yes"), code, *texts)
    assert tree.untouched()
    assert _nothing_lies_in(tree)


def _inject(file: Any) -> object:
    return file["projects"]["app"].pop("inject")


def _at_postgresql(tree: Tree) -> None:
    """The application's engine goes to a server that nobody reaches."""
    unreachable = "postgresql+psycopg://shop:secret@127.0.0.1:1/shop?connect_timeout=5"
    tree.edit("shop/database.py", "sqlite:///shop.db", unreachable)


@pytest.mark.parametrize("family", ["sqlite", POSTGRESQL])
def test_own_engine(make_tree: MakeTree, family: str) -> None:
    """An engine with its address written in the application's code is led to the target by `redirect`."""
    tree = make_tree("own_engine", family)
    if family == "postgresql":
        _at_postgresql(tree)
    released(tree)
    _arrived(tree)


def test_own_engine_not_redirected(make_tree: MakeTree) -> None:
    """Without it the connection is refused before its file is made."""
    tree = make_tree("own_engine")
    _stopped(tree, 11, "shop.db", "not the target's database", without=_inject)
    assert not (tree.root / "shop.db").exists()


@pytest.mark.postgresql
def test_own_engine_not_redirected_on_a_server(make_tree: MakeTree) -> None:
    """On a server without it the driver's own failure is told, without the password."""
    tree = make_tree("own_engine", "postgresql")
    _at_postgresql(tree)
    _stopped(tree, 6, "env.py failed: OperationalError", without=_inject)
    assert "secret" not in tree.recorded()


@pytest.mark.parametrize(
    ("family", "driver"),
    [
        ("sqlite", "sqlite+aiosqlite"),
        pytest.param("postgresql", "postgresql+asyncpg", marks=pytest.mark.postgresql),
    ],
)
def test_own_async_engine(make_tree: MakeTree, family: str, driver: str) -> None:
    """An asynchronous engine of the application's own is led to the target, whose URL names another driver."""
    tree = make_tree("own_async_engine", family)
    if family == "postgresql":
        tree.edit("shop/database.py", "sqlite+aiosqlite:///shop.db", f"{driver}://shop@127.0.0.1:1/shop")
    released(tree)
    _arrived(tree)


def test_own_async_engine_not_redirected(make_tree: MakeTree) -> None:
    """Without it the connection is refused before its file is made, also from the driver's thread."""
    tree = make_tree("own_async_engine")
    tree.configure(_inject)
    error = tree.document("rollout", "--yes", code=11)["error"]
    assert "shop.db, which is not the target's database" in error["message"]
    assert tree.untouched()
    assert not (tree.root / "shop.db").exists()


@pytest.mark.parametrize("family", ["sqlite", POSTGRESQL])
def test_connection_attribute(make_tree: MakeTree, family: str) -> None:
    """An env.py that takes config.attributes["connection"], as the cookbook has it, gets one to the target."""
    tree = make_tree("connection_attribute", family)
    released(tree)
    _arrived(tree)


def test_connection_attribute_not_given(make_tree: MakeTree) -> None:
    """Without it env.py goes to its default, and is stopped."""
    _stopped(make_tree("connection_attribute"), 11, "shop.db", without=_inject)


@pytest.mark.parametrize("family", ["sqlite", POSTGRESQL])
def test_engine_attribute(make_tree: MakeTree, family: str) -> None:
    """An engine and a text in config.attributes."""
    tree = make_tree("engine_attribute", family)
    released(tree)
    _arrived(tree)


def test_engine_attribute_not_given(make_tree: MakeTree) -> None:
    """Without them env.py's KeyError is told."""
    _stopped(make_tree("engine_attribute"), 6, "KeyError: 'engine'", without=_inject)


def test_cached_settings_injected(make_tree: MakeTree) -> None:
    """One template in the project reaches settings cached at import in three databases, each its own revisions."""
    tree = make_tree("cached_settings_injected")
    tree.alembic("upgrade", "r1", SHOP_DATABASE_URL=tree.urls["staging"])
    document = tree.document("rollout", "--yes")
    applied = {t["target"]: [step["revision"] for step in t["revisions"]] for t in document["targets"]}
    assert applied == {"dev": ["r1", "r2", "r3"], "staging": ["r2", "r3"], "prod": ["r1", "r2", "r3"]}
    for name in tree.urls:
        assert tree.heads(name) == {"r3"}
        assert tree.schema(name) == {"customers": ["id", "email"], "orders": ["id"]}
    assert _nothing_lies_in(tree)


def test_cached_settings_not_injected(make_tree: MakeTree) -> None:
    """Without it the settings' default is found out."""
    _stopped(make_tree("cached_settings_injected"), 11, "shop.db", without=_inject)


@pytest.mark.postgresql
def test_database_parts(make_tree: MakeTree, postgresql_server: PostgreSQL) -> None:
    """Host, port, user, password and name each in a variable, decoded; the environment's own variables win."""
    tree = make_tree("database_parts", "postgresql")
    postgresql_server.create_role("parts", "p@rt/s{x}100%")
    for name, url in tree.urls.items():
        database = url.rpartition("/")[2]
        postgresql_server.execute("GRANT ALL ON SCHEMA public TO parts", database=database)
        tree.urls[name] = postgresql_server.url(database, "parts", "p@rt/s{x}100%")
    tree.configure(lambda file: file["environments"]["prod"].update(variables={"DB_COMMENT": "its own"}))
    released(tree)
    _arrived(tree)
    assert "DB_COMMENT is dev/app {no placeholder}" in tree.recorded()
    assert "DB_COMMENT is its own" in tree.recorded()
    assert "p@rt/s" not in tree.recorded()


@pytest.mark.postgresql
def test_database_parts_not_given(make_tree: MakeTree) -> None:
    """Without them env.py's KeyError is told."""
    _stopped(make_tree("database_parts", "postgresql"), 6, "KeyError: 'DB_DRIVER'", without=_inject)


def test_x_url(make_tree: MakeTree) -> None:
    """`-x url=…` for each target, beside the environment's own arguments."""
    tree = make_tree("x_url")
    released(tree)
    _arrived(tree)
    assert "the colour is blue" in tree.recorded()
    assert "the colour is red" in tree.recorded()


def test_x_url_not_given(make_tree: MakeTree) -> None:
    """Without it env.py goes to its default, and is stopped."""
    _stopped(make_tree("x_url"), 11, "shop.db", without=_inject)


def test_option_of_its_own(make_tree: MakeTree) -> None:
    """An option with a name of the project's own, and one of another section."""
    tree = make_tree("option_of_its_own")
    released(tree)
    _arrived(tree)
    assert "the stage is dev" in tree.recorded()
    assert "the stage is prod" in tree.recorded()


def test_option_of_its_own_not_given(make_tree: MakeTree) -> None:
    """Without it the ini file's value stands, and is found out."""
    _stopped(make_tree("option_of_its_own"), 11, "shop.db", without=_inject)


def test_hook(make_tree: MakeTree) -> None:
    """A function of the project's is called with the Config and the target, and entered around env.py."""
    tree = make_tree("hook")
    released(tree)
    _arrived(tree)
    assert tree.recorded().count("the hook is entered") == 2
    assert tree.recorded().count("the hook is left") == 2


def test_hook_not_given(make_tree: MakeTree) -> None:
    """Without it env.py has no settings."""
    _stopped(
        make_tree("hook"), 6, "KeyError: 'settings'", without=lambda file: file["projects"]["app"].pop("hook")
    )


def test_hook_that_is_not_there(make_tree: MakeTree) -> None:
    """A hook that cannot be found is told by its name."""
    tree = make_tree("hook")
    tree.configure(lambda file: file["projects"]["app"].update(hook="shop.migrating:prepare"))
    told(tree("rollout", "--yes"), 6, "prepare")
    assert tree.untouched()


@pytest.mark.parametrize("family", ["sqlite", POSTGRESQL])
def test_flask_migrate(make_tree: MakeTree, family: str) -> None:
    """Flask-Migrate's env.py as it is, inside the application's context."""
    tree = make_tree("flask_migrate_app", family)
    released(tree)
    for name in ("dev", "prod"):
        assert (tree.heads(name), tree.schema(name)) == ({"r2"}, {"customer": ["id", "name"]})


@pytest.mark.parametrize(
    ("key", "code", "said"), [("flask_app", 6, "application context"), ("inject", 11, "shop.db")]
)
def test_flask_migrate_not_told(make_tree: MakeTree, key: str, code: int, said: str) -> None:
    """Without the app there is no context; with the app alone it is the app's default database: both stopped."""
    tree = make_tree("flask_migrate_app")
    _stopped(tree, code, said, without=lambda file: file["projects"]["app"].pop(key))
    assert not [path for path in tree.root.rglob("shop.db") if schema(f"sqlite:///{path}")]
