"""`report` and `graph`: what an auditor reads who was not there, and the picture of the pipeline."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from tests.stories.pipeline import Pipeline, told


@pytest.fixture
def released(make_pipeline: Callable[..., Pipeline]) -> tuple[Pipeline, str]:
    """A release to prod that failed at its second revision, and was taken up again after the cause was removed."""
    shop = make_pipeline("sqlite", "dev", "staging", "prod", protected=["prod"])
    shop.project.tables("a1", "a2", "a3")
    shop.stamp(dev="a3", staging="a2")
    shop.execute("prod", "CREATE TABLE t_a2 (x int)", "CREATE TABLE alembic_version (version_num varchar(32))")
    told(shop("promote", "staging", "prod", "--confirm", "prod"), 6)
    shop.execute("prod", "DROP TABLE t_a2")
    run = shop.latest_run()
    told(shop("resume", run, "--confirm", "prod"), 0)
    return shop, run


def test_a_release_is_told_to_somebody_who_was_not_there(released: tuple[Pipeline, str]) -> None:
    """Who, which bytes, which gates, how it came out: in each format; a request that cannot be met and a journal
    that was changed are refused, and leave the file as it was.
    """
    shop, run = released
    root = shop.project.root
    wrote = told(shop("report", run, "--out", "release.html"), 0, "release.html", "journal verify --expect")
    told(shop(*wrote.partition("next: orchestrate ")[2].split()), 0)
    page = (root / "release.html").read_text()
    document = shop("report", run, "--format", "json", check=True).json
    digests = {one["revision"]: one["digest"] for one in document["scripts"]}
    assert (document["run"]["outcome"], len(document["attempts"]), document["confirmed"]) == (
        "succeeded",
        2,
        ["prod"],
    )
    assert [one["gate"] for one in document["gates"]] == [
        one["gate"] for one in shop("plan", "dev", "staging", "--format", "json").json["gates"]
    ]
    (target,) = document["targets"]
    assert (target["result"], target["from"], target["to"]) == ("applied", [], ["a2"])
    assert [one["outcome"] for one in target["revisions"]] == ["applied", "applied"]
    assert list(digests) == ["a1", "a2"]
    markdown = shop("report", run, "--format", "markdown", check=True).stdout
    for told_there in (
        *digests.values(),
        document["journal"]["head"],
        document["run"]["fingerprint"],
        "Taken up again",
    ):
        assert told_there in page
        assert told_there in markdown
    shop.project.revision("a2", "a1", "pass  # edited since")
    told(shop("report", run), 0, "a2", "differs:", "[staging] [prod]", "(before: prod)")

    told(shop("report", "20200101-000000-0000"), 2, "there is no run", "orchestrate runs")
    told(shop("report", run, "--format", "pdf"), 2, "text, markdown, json, html")
    told(shop("report", run, "--out", "release"), 2, "--format html")
    told(shop("report", run, "--out", "no/release.html"), 2, "cannot be written")

    with sqlite3.connect(root / ".orchestrator" / "journal.db") as journal:
        for (trigger,) in journal.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            journal.execute(f"DROP TRIGGER {trigger}")
        journal.execute("UPDATE orchestrate_events SET actor = 'nobody@nowhere' WHERE sequence = 3")
    told(shop("report", run, "--out", "release.html"), 10, "broken")
    assert (root / "release.html").read_text() == page


def test_the_pipeline_is_a_picture(make_pipeline: Callable[..., Pipeline]) -> None:
    """Every environment at the revision that it has, in the terminal and as SVG; who is nowhere on it is told."""
    shop = make_pipeline("sqlite", "dev", "staging", "prod")
    shop.project.tables("a1", "a2", "a3")
    shop.stamp(dev="a3", staging="a2", prod="a2")
    picture = told(shop("graph", "--svg", "shop.svg"), 0, "a3 [dev]", "a2 [staging] [prod]")
    assert picture.index("a3") < picture.index("a2") < picture.index("a1")
    drawn = (shop.project.root / "shop.svg").read_text()
    assert drawn.startswith("<svg xmlns=")
    assert all(f">{name}<" in drawn for name in ("dev", "staging", "prod"))
    shop.stamp(dev="zz")
    (found,) = shop("graph", "--format", "json", check=True).json["graphs"]
    assert found["elsewhere"][0]["environment"] == "dev"
    assert [one["environment"] for row in found["rows"] for one in row["standing"]] == ["staging", "prod"]
