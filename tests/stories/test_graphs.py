"""Trees of revisions that are more than a line: branches, merges, dependencies, labels, and --to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.projects_builder import AlembicProject
from tests.reliability import Happened
from tests.stories import databases
from tests.stories.conftest import EVERY_FAMILY
from tests.stories.pipeline import Pipeline, told


def _fork(project: AlembicProject) -> None:
    """a1, then b1 and c1 beside each other, merged by d1; each makes its table."""
    project.tables("a1", "b1")
    project.tables("c1", down="a1")
    project.tables("d1", down=("b1", "c1"))


def test_a_branch_and_its_merge(sqlite: Pipeline) -> None:
    """Promotion brings one side of a branch, then the other with the merge, each revision once."""
    _fork(sqlite.project)
    told(sqlite("rollout", "--to", "b1", "--yes"), 0)
    assert [sqlite.heads(name) for name in sqlite.urls] == [{"b1"}, {"b1"}]
    told(sqlite("rollout", "--yes"), 0, "prod applied 2 of 2 d1")
    assert [sqlite.heads(name) for name in sqlite.urls] == [{"d1"}, {"d1"}]
    assert sqlite.tables("prod") == {"alembic_version", "t_a1", "t_b1", "t_c1", "t_d1"}


def test_several_heads(sqlite: Pipeline) -> None:
    """Heads that nobody merged are all applied, all shown, and all promoted."""
    sqlite.project.tables("a1", "b1")
    sqlite.project.tables("c1", down="a1")
    told(sqlite("rollout", "--through", "staging", "--yes"), 0)
    assert sqlite.heads("staging") == {"b1", "c1"}
    told(sqlite("promote", "staging", "prod", "--yes"), 0)
    assert sqlite.heads("prod") == {"b1", "c1"}
    told(sqlite("status"), 0, "b1 Revision b1", "c1 Revision c1", "in sync with staging", "nothing to do")


def test_a_dependency_comes_first(sqlite: Pipeline) -> None:
    """A revision that depends on another branch's brings that one along, before it."""
    sqlite.project.tables("a1")
    sqlite.project.revision("x1", None, 'op.execute("CREATE TABLE x1 (id INTEGER)")', branch_labels="extra")
    sqlite.project.revision("a2", "a1", 'op.execute("INSERT INTO x1 VALUES (1)")', depends_on="x1")
    told(sqlite("rollout", "--to", "a2", "--through", "staging", "--yes"), 0)
    assert sqlite.rows("staging", "SELECT id FROM x1") == [(1,)]
    told(sqlite("promote", "staging", "prod", "--yes"), 0)
    assert sqlite.heads("prod") == sqlite.heads("staging")
    told(sqlite("status", "--exit-code"), 0, "in sync with staging")


def test_to_a_label(sqlite: Pipeline) -> None:
    """--to label@head takes that branch alone."""
    sqlite.project.tables("a1")
    sqlite.project.revision("x1", None, branch_labels="extra")
    sqlite.project.revision("x2", "x1")
    told(sqlite("rollout", "--to", "extra@head", "--yes"), 0)
    assert [sqlite.heads(name) for name in sqlite.urls] == [{"x2"}, {"x2"}]


def test_to_the_beginning_of_an_id(sqlite: Pipeline) -> None:
    """--to takes an id by its first letters, and refuses letters that more than one begins with."""
    sqlite.project.tables("abcd1", "abcd2", "ef3456")
    told(sqlite("rollout", "--to", "abcd", "--yes"), 2, "'abcd'", "abcd1", "abcd2")
    told(sqlite("rollout", "--to", "ef34", "--yes"), 0)
    assert sqlite.heads("prod") == {"ef3456"}


def test_to_limits_a_promotion(sqlite: Pipeline) -> None:
    """promote --to takes no more than that revision, and the next promotion takes the rest."""
    sqlite.project.tables("a1", "a2", "a3")
    sqlite.stamp(staging="a3")
    told(sqlite("promote", "staging", "prod", "--to", "a2", "--yes"), 0, "applied 2 of 2 a2")
    told(sqlite("runs"), 0, "orchestrate promote staging prod --to a2")
    told(sqlite("promote", "staging", "prod", "--to", "a1", "--yes"), 0, "nothing to do")
    told(sqlite("promote", "staging", "prod", "--yes"), 0, "applied 1 of 1 a3")


def test_to_what_the_source_lacks(sqlite: Pipeline) -> None:
    """promote --to a revision that the source does not have is refused, with what brings it there."""
    sqlite.project.tables("a1", "a2")
    sqlite.stamp(staging="a1")
    told(
        sqlite("promote", "staging", "prod", "--to", "a2", "--yes"),
        5,
        "staging does not have a2 yet",
        "orchestrate rollout --through staging --to a2",
    )
    assert sqlite.tables("prod") == set()


def test_scripts_whose_values_are_computed(sqlite: Pipeline) -> None:
    """A script whose ids are no literals is loaded by the project's Python, and is promoted like any other."""
    path = sqlite.project.revision("a1", None, 'op.execute("CREATE TABLE t (id INTEGER)")')
    path.write_text(path.read_text().replace("revision = 'a1'", "revision = 'a' + str(1)"))
    told(sqlite("status"), 0, "empty, 1 to apply")
    told(sqlite("rollout", "--yes"), 0)
    assert sqlite.heads("prod") == {"a1"}


LONG = "add_the_currency_of_each_payment_method"


@pytest.mark.fault(38)
@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_an_id_longer_than_the_version_table(
    family: str, make_pipeline: Callable[..., Pipeline], happened: Happened
) -> None:
    """An id of over 32 characters is applied where the table holds it; elsewhere it is refused in advance."""
    shop = make_pipeline(family)
    shop.project.revision("a1", None, 'op.create_table("t_a1", sa.Column("id", sa.Integer))')
    shop.project.revision(LONG, "a1", 'op.create_table("t_long", sa.Column("id", sa.Integer))')
    told(shop("status"), 0, "2 to apply")
    assert len(LONG) > 32
    happened(f"the id has {len(LONG)} characters, and Alembic makes the column for 32")
    if family != "sqlite":
        told(shop("rollout", "--yes"), 2, "has 39 characters, and alembic_version holds 32", "widen the column")
        assert shop.tables("staging") <= {"alembic_version"}
        for url in shop.urls.values():
            databases.execute(url, "DROP TABLE IF EXISTS alembic_version")
            databases.execute(url, "CREATE TABLE alembic_version (version_num VARCHAR(200) NOT NULL PRIMARY KEY)")
    told(shop("rollout", "--yes"), 0)
    assert [shop.heads(name) for name in shop.urls] == [{LONG}, {LONG}]
