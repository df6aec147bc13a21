"""Databases that are not where promotion could start: status names them, promote leaves everything as it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.stories.pipeline import Pipeline, told


@pytest.fixture
def forked(sqlite: Pipeline) -> Pipeline:
    """A graph with two branches and their merge."""
    return fork(sqlite)


def fork(pipeline: Pipeline) -> Pipeline:
    project = pipeline.project
    project.revision("a1", message="create products")
    project.revision("b1", "a1", message="add the price")
    project.revision("c1", "a1", message="add the colour")
    project.revision("d1", ("b1", "c1"), message="merge price and colour")
    return pipeline


def _refused(pipeline: Pipeline, *texts: str) -> None:
    """promote exits with 4 and says so, status --exit-code too, and neither changes or creates anything."""
    before = {name: (pipeline.tables(name), pipeline.heads(name)) for name in pipeline.urls}
    files = pipeline.files()
    told(pipeline("promote", "staging", "prod", "--yes"), 4, *texts)
    document = pipeline("promote", "staging", "prod", "--format", "json").json
    assert (document["exit_code"], document["error"]["code"]) == (4, "divergence")
    assert document["error"]["mend"]
    told(pipeline("status", "--exit-code"), 4)
    assert {name: (pipeline.tables(name), pipeline.heads(name)) for name in pipeline.urls} == before
    assert pipeline.files() == files


def test_prod_ahead_of_staging(forked: Pipeline) -> None:
    """status names the revisions that only prod has, and promote refuses with exit code 4."""
    forked.stamp(staging="b1", prod="d1")
    told(
        forked("status"),
        0,
        "ahead of staging by 2",
        "prod has what staging lacks: c1 (add the colour), d1 (merge price and colour)",
        "next: orchestrate rollout --through staging",
    )
    (pair,) = forked("status", "--format", "json").json["pairs"]
    assert (pair["relation"], pair["missing"], pair["extra"]) == ("ahead", [], ["c1", "d1"])
    _refused(forked, "prod: has what staging lacks: c1 (add the colour), d1 (merge price and colour)")
    told(forked("rollout", "--through", "staging", "--yes"), 0)
    told(forked("promote", "staging", "prod", "--yes"), 0, "nothing to do")


def test_prod_on_a_sibling_branch(forked: Pipeline) -> None:
    """status names both sides and what they share, and promote refuses with exit code 4."""
    forked.stamp(staging="b1", prod="c1")
    told(
        forked("status"),
        0,
        "diverged from staging: lacks 1, has 1 more",
        "prod has what staging lacks: c1 (add the colour)",
        "lacks what staging has: b1 (add the price)",
        "both have: a1 (create products)",
    )
    (pair,) = forked("status", "--format", "json").json["pairs"]
    assert (pair["relation"], pair["missing"], pair["extra"]) == ("diverged", ["b1"], ["c1"])
    _refused(forked, "prod: has what staging lacks: c1 (add the colour)")


def test_a_revision_that_no_script_has(forked: Pipeline) -> None:
    """A database at an unknown revision is told with that revision, and nothing is run against it."""
    forked.stamp(staging="d1", prod="zz99")
    told(forked("status"), 0, "unknown revision", "prod: holds revision zz99, which is in no script")
    assert forked("status", "--format", "json").json["targets"][1]["state"] == "unknown_revision"
    _refused(forked, "prod: holds revision zz99, which is in no script")


@pytest.mark.fault(35)
def test_a_row_and_its_ancestor(pipeline: Pipeline, happened: Callable[[str], None]) -> None:
    """Two version rows of which one is the other's ancestor are told with both names, and nothing is run."""
    forked = fork(pipeline)
    forked.stamp(staging="d1", prod=("a1", "b1"))
    assert forked.heads("prod") == {"a1", "b1"}
    happened("prod's version table has the rows a1 and b1")
    told(forked("status"), 0, "overlapping rows", "a1 and b1, which follows it")
    _refused(forked, "a1 and b1, which follows it", "DELETE FROM", "'a1'")


@pytest.mark.fault(34)
def test_tables_that_nobody_versioned(pipeline: Pipeline, happened: Callable[[str], None]) -> None:
    """A schema with tables and no version table is not migrated on top of, but named with the way to adopt it."""
    forked = fork(pipeline)
    forked.stamp(staging="d1")
    forked.execute("prod", "CREATE TABLE products (id INTEGER)")
    assert (forked.tables("prod"), forked.heads("prod")) == ({"products"}, None)
    happened("prod has the table products and no version table")
    told(forked("status"), 0, "unversioned", "orchestrate adopt prod REVISION")
    _refused(forked, "prod: the schema has tables but no version table", "orchestrate adopt prod")
    assert forked.heads("prod") is None


def test_several_targets_apart_are_told_together(make_pipeline: Callable[..., Pipeline]) -> None:
    """A rollout refused for two reasons tells both, not the first alone."""
    forked = fork(make_pipeline("sqlite", "dev", "staging", "prod"))
    forked.stamp(dev="zz98", staging="d1", prod="zz99")
    told(forked("rollout", "--yes"), 4, "zz98", "zz99")
