"""Heads that are meant: expand and contract, a branch for each component, and databases that follow some alone.

What a promotion leaves behind is compared with a database of its own that `alembic upgrade` brought there.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.projects_builder import AlembicProject
from tests.stories import databases
from tests.stories.pipeline import Pipeline, told

TABLE = 'op.create_table("t_{0}", sa.Column("id", sa.Integer, primary_key=True))'


def _expand_and_contract(project: AlembicProject) -> None:
    """
    a1 ── e1 ── e2           expand
     └─── c1 ── c2           contract; c1 needs e1, c2 needs e2
    """
    project.tables("a1")
    project.revision("e1", "a1", TABLE.format("e1"), branch_labels="expand")
    project.revision("e2", "e1", TABLE.format("e2"))
    project.revision("c1", "a1", TABLE.format("c1"), branch_labels="contract", depends_on="e1")
    project.revision("c2", "c1", TABLE.format("c2"), depends_on="e2")


def _components(project: AlembicProject) -> None:
    """
    o1 ── o2      orders
    b1 ── b2      billing; b2 needs o1
    """
    project.revision("o1", None, TABLE.format("o1"), branch_labels="orders")
    project.revision("o2", "o1", TABLE.format("o2"))
    project.revision("b1", None, TABLE.format("b1"), branch_labels="billing")
    project.revision("b2", "b1", TABLE.format("b2"), depends_on="o1")


def _as_alembic(shop: Pipeline, url: str, environment: str, *upgrades: str) -> None:
    """Fail unless the environment is as `alembic upgrade` leaves a new database at that URL."""
    for name in upgrades:
        shop.project.alembic("upgrade", name, url=url)
    assert shop.heads(environment) == databases.heads(url)
    assert shop.tables(environment) == databases.tables(url)


def test_expand_first_and_contract_later(sqlite: Pipeline, new_database: Callable[[str], str]) -> None:
    """A label is promoted like a revision, each branch in its time, and every state is the one Alembic makes."""
    _expand_and_contract(sqlite.project)
    reference = new_database("sqlite")
    told(sqlite("rollout", "--through", "staging", "--to", "expand@head", "--yes"), 0)
    told(sqlite("promote", "staging", "prod", "--to", "expand@head", "--yes"), 0, "prod applied 3 of 3 e2")
    _as_alembic(sqlite, reference, "prod", "expand@head")
    told(sqlite("rollout", "--through", "staging", "--yes"), 0)
    told(sqlite("plan", "staging", "prod", "--to", "contract@head"), 0, "c1", "c2")
    told(sqlite("promote", "staging", "prod", "--to", "contract@head", "--yes"), 0, "prod applied 2 of 2 c2")
    _as_alembic(sqlite, reference, "prod", "contract@head")
    told(sqlite("status", "--exit-code"), 0, "in sync with staging", "nothing to do")


def test_a_branch_brings_along_what_it_depends_on(sqlite: Pipeline, new_database: Callable[[str], str]) -> None:
    """Promoting contract takes of expand what contract needs, and not what came after that."""
    _expand_and_contract(sqlite.project)
    told(sqlite("rollout", "--through", "staging", "--yes"), 0)
    told(sqlite("promote", "staging", "prod", "--to", "c1", "--yes"), 0, "prod applied 3 of 3 c1")
    _as_alembic(sqlite, new_database("sqlite"), "prod", "c1")
    found = sqlite("status", "--format", "json").json
    assert next(t for t in found["targets"] if t["target"] == "prod")["missing"] == ["e2", "c2"]


def test_one_branch_while_the_other_has_advanced(sqlite: Pipeline, new_database: Callable[[str], str]) -> None:
    """A branch that is ahead in the destination's past stays as it is when the other one is promoted."""
    _expand_and_contract(sqlite.project)
    reference = new_database("sqlite")
    told(sqlite("rollout", "--to", "expand@head", "--yes"), 0)
    told(sqlite("rollout", "--through", "staging", "--to", "c1", "--yes"), 0)
    told(sqlite("promote", "staging", "prod", "--to", "contract@head", "--yes"), 5, "it lacks c2 (Revision c2)")
    told(sqlite("promote", "staging", "prod", "--to", "c1", "--yes"), 0, "prod applied 1 of 1 c1")
    _as_alembic(sqlite, reference, "prod", "expand@head", "c1")
    told(sqlite("rollout", "--yes"), 0, "prod applied 1 of 1 c2")
    _as_alembic(sqlite, reference, "prod", "heads")


def test_heads_of_a_label(sqlite: Pipeline, new_database: Callable[[str], str]) -> None:
    """A label whose branch forked means both ends as label@heads, and is refused as label@head."""
    sqlite.project.tables("a1")
    sqlite.project.revision("b1", "a1", TABLE.format("b1"), branch_labels="more")
    sqlite.project.tables("b2", down="b1")
    sqlite.project.tables("b3", down="b1")
    sqlite.project.tables("z1", down="a1")
    told(sqlite("rollout", "--to", "more@head", "--yes"), 2, "'more@head'", "Multiple heads")
    told(sqlite("rollout", "--to", "more@heads", "--yes"), 0)
    _as_alembic(sqlite, new_database("sqlite"), "prod", "more@heads")


def test_a_head_that_is_consumed_by_a_dependency(sqlite: Pipeline, new_database: Callable[[str], str]) -> None:
    """Two heads of which one depends on the other may leave one row, and the database still has all there is."""
    _components(sqlite.project)
    sqlite.project.revision("b3", "b2", TABLE.format("b3"), depends_on="o2")
    reference = new_database("sqlite")
    told(sqlite("rollout", "--yes"), 0)
    _as_alembic(sqlite, reference, "prod", "heads")
    assert sqlite.heads("prod") == {"b3"}
    told(sqlite("status", "--exit-code"), 0, "in sync with staging")
    sqlite.project.tables("o3", down="o2")
    told(sqlite("rollout", "--yes"), 0, "prod applied 1 of 1 b3, o3")
    _as_alembic(sqlite, reference, "prod", "heads")


def test_an_environment_that_follows_one_branch(sqlite: Pipeline, new_database: Callable[[str], str]) -> None:
    """What it does not follow it does not lack: it gets its branch, is in sync, and is at its head."""
    _expand_and_contract(sqlite.project)
    sqlite.project.environments(
        {"staging": sqlite.urls["staging"], "prod": {"url": sqlite.urls["prod"], "branches": ["expand"]}}
    )
    told(sqlite("rollout", "--yes"), 0, "staging applied 5 of 5", "prod applied 3 of 3 e2")
    _as_alembic(sqlite, new_database("sqlite"), "prod", "expand@head")
    told(sqlite("status", "--exit-code"), 0, "in sync with staging")
    found = sqlite("status", "--format", "json").json
    assert found["scripts"]["app"]["heads"] == ["c2"]
    assert [target["state"] for target in found["targets"]] == ["at_head", "at_head"]
    told(
        sqlite("promote", "staging", "prod", "--to", "contract@head", "--yes"),
        2,
        "does not follow the branch of contract@head",
        "add the branch to its branches in environments.yaml",
    )


def test_databases_that_follow_a_branch_each(sqlite: Pipeline, new_database: Callable[[str], str]) -> None:
    """Two databases of one script directory each get their component, with what it depends on, and no more."""
    _components(sqlite.project)
    urls = {name: {kind: new_database("sqlite") for kind in ("orders", "billing")} for name in ("staging", "prod")}
    sqlite.project.environments(
        {
            name: {"databases": {kind: {"url": url, "branches": [kind]} for kind, url in of.items()}}
            for name, of in urls.items()
        }
    )
    told(sqlite("rollout", "--through", "staging", "--yes"), 0)
    assert databases.heads(urls["staging"]["orders"]) == {"o2"}
    told(sqlite("promote", "staging", "prod", "--to", "orders@head", "--yes"), 0, "prod/orders applied 2 of 2 o2")
    assert databases.heads(urls["prod"]["orders"]) == {"o2"}
    assert databases.tables(urls["prod"]["billing"]) == set()
    told(sqlite("promote", "staging", "prod", "--yes"), 0, "prod/billing applied 3 of 3 b2")
    reference = new_database("sqlite")
    sqlite.project.alembic("upgrade", "billing@head", url=reference)
    assert databases.heads(urls["prod"]["billing"]) == databases.heads(reference)
    assert databases.tables(urls["prod"]["billing"]) == databases.tables(reference)
    told(sqlite("status", "--exit-code"), 0, "in sync")


def test_a_revision_of_a_branch_that_is_not_followed(sqlite: Pipeline) -> None:
    """It is called what it is, with the branch to add, and nothing is promoted over it."""
    _components(sqlite.project)
    sqlite.write({"branches": ["orders"]})
    sqlite.stamp(staging="o1", prod=("o1", "b1"))
    said = "holds revision b1 of billing, a branch that it does not follow"
    told(sqlite("status", "--exit-code"), 4, said, "add billing to its branches in environments.yaml")
    told(sqlite("promote", "staging", "prod", "--yes"), 4, said)
    assert sqlite.heads("prod") == {"o1", "b1"}


def test_labels_that_are_not_there(sqlite: Pipeline) -> None:
    """Every unknown label is told at once, with the nearest that is there, before anything is done."""
    _components(sqlite.project)
    sqlite.project.environments(
        {
            "staging": {"url": sqlite.urls["staging"], "branches": ["order", "billing"]},
            "prod": {"url": sqlite.urls["prod"], "branches": ["1e5"]},
        }
    )
    told(
        sqlite("status"),
        2,
        "staging.branches: no revision has the branch label 'order'",
        "did you mean 'orders'?",
        "prod.branches: no revision has the branch label '1e5'",
        "one of: billing, orders",
    )


def test_ids_that_look_like_something_else(sqlite: Pipeline) -> None:
    """An id stays the text it is, on the command line and unquoted in the file, and is matched as a whole."""
    sqlite.project.tables("001", "1e5", "1e59")
    path = sqlite.write({"branches": ["LABEL"]})
    path.write_text(path.read_text().replace("LABEL", "001"))
    told(sqlite("rollout", "--to", "1e5", "--yes"), 0, "prod applied 2 of 2 1e5")
    assert sqlite.heads("prod") == {"1e5"}
    told(sqlite("runs"), 0, "--to 1e5")
