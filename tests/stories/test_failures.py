"""What happens when a revision fails on prod, and how the run is brought to its end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.reliability import Happened
from tests.stories.conftest import EVERY_FAMILY
from tests.stories.pipeline import Pipeline, told

COUNTED = "op.execute(\"INSERT INTO applied (revision) VALUES ('{0}')\")"


def make_people(make_pipeline: Callable[..., Pipeline], family: str) -> Pipeline:
    """Four revisions that each count themselves; the third cannot be applied to prod because of its data.

    Its one writing statement breaks a unique key, so that no database is left with a part of it.
    """
    people = make_pipeline(family)
    project = people.project
    project.revision(
        "a1",
        None,
        """
        op.execute("CREATE TABLE applied (revision VARCHAR(32) NOT NULL)")
        op.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(40) UNIQUE)")
        """,
    )
    project.revision("a2", "a1", COUNTED.format("a2"), message="count people")
    lines = ("op.execute(\"INSERT INTO people (id, email) VALUES (1, 'root@shop')\")", COUNTED.format("a3"))
    project.revision("a3", "a2", "\n".join(lines), message="add the first person")
    project.revision("a4", "a3", COUNTED.format("a4"))
    people("rollout", "--through", "staging", "--yes", check=True)
    people("rollout", "--to", "a1", "--yes", check=True)
    people.execute("prod", "INSERT INTO people (id, email) VALUES (7, 'root@shop')")
    return people


@pytest.fixture
def people(make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """On SQLite, for what does not differ between databases."""
    return make_people(make_pipeline, "sqlite")


def _failed(people: Pipeline) -> str:
    """Promote, which fails at the third revision; returns the run's id."""
    said = told(
        people("promote", "staging", "prod", "--yes"), 6, "revision a3 failed", "a3_add_the_first_person.py:"
    )
    run = people.latest_run()
    assert f"orchestrate resume {run}" in said
    assert people.heads("prod") == {"a2"}
    return run


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_a_failed_revision_leaves_prod_before_it_and_resume_finishes(
    family: str, make_pipeline: Callable[..., Pipeline]
) -> None:
    """prod stays at the revision before, the rest is not started, and after the cause is gone each runs once."""
    people = make_people(make_pipeline, family)
    run = _failed(people)
    assert people.rows("prod", "SELECT revision FROM applied") == [("a2",)]
    told(
        people("status"),
        0,
        "prod a2 count people behind 2",
        "prod: revision a3 failed",
        f"next: orchestrate resume {run}",
    )

    people.execute("prod", "DELETE FROM people WHERE id = 7")
    document = people("resume", "--format", "json").json
    assert (document["run_id"], document["outcome"], document["exit_code"]) == (run, "succeeded", 0)
    (prod,) = (target for target in document["targets"] if target["target"] == "prod")
    assert [step["outcome"] for step in prod["revisions"]] == ["applied", "applied", "applied"]
    assert people.heads("prod") == {"a4"}
    assert people.rows("prod", "SELECT revision FROM applied ORDER BY revision") == [("a2",), ("a3",), ("a4",)]
    told(people("resume"), 0, "nothing to do")


def test_the_outcome_of_every_step_is_in_the_document(people: Pipeline) -> None:
    """A program reads from one document which revision failed, why, and which were not started."""
    completed = people("promote", "staging", "prod", "--yes", "--format", "json")
    document = completed.json
    assert (completed.returncode, document["exit_code"], document["outcome"]) == (6, 6, "failed")
    assert document["error"].items() >= {"code": "revision_failed"}.items()
    assert document["error"]["mend"].endswith(f"orchestrate resume {document['run_id']}")
    (prod,) = document["targets"]
    assert (prod["result"], prod["from"], prod["to"]) == ("failed", ["a1"], ["a2"])
    assert [(step["revision"], step["outcome"]) for step in prod["revisions"]] == [
        ("a2", "applied"),
        ("a3", "failed"),
        ("a4", "not_started"),
    ]


@pytest.mark.fault(36)
def test_a_script_edited_between_makes_the_plan_stale(people: Pipeline, happened: Happened) -> None:
    """resume refuses another script than was planned, and names the command that plans again.

    That works once it is waived that the environment before ran another one. Other line ends alone make none.
    """
    run = _failed(people)
    path = next(people.project.versions.glob("a3_*"))
    original = path.read_bytes()
    path.write_bytes(original.replace(b"\n", b"\r\n"))
    told(people("resume", run), 6, "revision a3 failed")
    path.write_bytes(original.replace(b"root@shop", b"admin@shop"))
    assert people.heads("staging") == {"a4"}
    assert path.read_bytes() != original
    happened("staging has a3, and its script is another now")
    told(
        people("resume", run),
        5,
        f"the script of revision a3 changed since run {run} planned it",
        "orchestrate promote staging prod",
    )
    assert people.heads("prod") == {"a2"}

    told(people("promote", "staging", "prod", "--yes"), 5, "gate scripts: a3 changed since staging ran it")
    people.write({"gates": {"waivable": ["scripts"]}})
    waived = ("--waive", "scripts", "--reason", "prod has that person already")
    told(people("promote", "staging", "prod", "--yes", *waived), 0, "applied 2 of 2 a4")
    assert people.rows("prod", "SELECT email FROM people ORDER BY id") == [("admin@shop",), ("root@shop",)]


def test_a_rollout_that_fails_in_the_middle_stops_there(make_pipeline: Callable[..., Pipeline]) -> None:
    """Environments after the one that failed are not started, and stand in the report as such."""
    sqlite = make_pipeline("sqlite", "dev", "staging", "prod")
    sqlite.project.revision("a1", None, 'op.execute("CREATE TABLE t (id INTEGER)")')
    sqlite.execute(
        "staging", "CREATE TABLE alembic_version (version_num VARCHAR(32))", "CREATE TABLE t (id INTEGER)"
    )
    document = sqlite("rollout", "--yes", "--format", "json").json
    assert document["exit_code"] == 6
    assert [target["result"] for target in document["targets"]] == ["applied", "failed", "not_started"]
    assert [sqlite.heads(name) for name in sqlite.urls] == [{"a1"}, set(), None]


def test_source_with_a_failed_run_is_not_promoted(sqlite: Pipeline) -> None:
    """What a failed run left in staging does not go to prod before that run has ended well."""
    sqlite.project.tables("a1")
    sqlite.project.revision("a2", "a1", 'raise RuntimeError("not today")')
    told(sqlite("rollout", "--through", "staging", "--yes"), 6, "revision a2 failed: RuntimeError: not today")
    assert sqlite.heads("staging") == {"a1"}
    told(sqlite("promote", "staging", "prod", "--yes"), 5, "left staging unfinished: failed", "orchestrate resume")
    assert sqlite.heads("prod") is None
