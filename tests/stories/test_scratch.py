"""The database that revisions are run on, to see what schema they make, is nobody's."""

from __future__ import annotations

from tests.stories.pipeline import Pipeline, told


def test_a_target_is_no_scratch_database(pipeline: Pipeline) -> None:
    """An empty database of the file is refused, and nothing is run on it."""
    pipeline.project.tables("a1")
    pipeline.project.alembic("upgrade", "a1", url=pipeline.urls["prod"])
    pipeline.execute("prod", "DROP TABLE alembic_version")
    adopting = ("adopt", "prod", "a1", "--reason", "made by hand", "--dry-run", "--scratch")
    told(pipeline(*adopting, pipeline.urls["staging"]), 5, "--scratch: is the database of staging")
    assert pipeline.heads("staging") is None


def test_a_target_that_is_not_known_here(sqlite: Pipeline) -> None:
    """Where a target's variable is not set the scratch database may be that target, and is refused."""
    sqlite.project.tables("a1")
    sqlite.execute("staging", "CREATE TABLE t_a1 (id INTEGER)")
    scratch = sqlite.urls["prod"]
    adopting = ("adopt", "staging", "a1", "--reason", "made by hand", "--dry-run", "--scratch", scratch)
    told(sqlite(*adopting, env={"PROD_DATABASE_URL": None}), 5, "--scratch: may be the database of prod")
    assert sqlite.tables("prod") == set()


def test_what_is_no_url_is_refused(sqlite: Pipeline) -> None:
    """What keeps a scratch database from being used is told."""
    sqlite.project.tables("a1")
    sqlite.execute("prod", "CREATE TABLE t_a1 (id INTEGER)")
    told(
        sqlite("adopt", "prod", "a1", "--reason", "made by hand", "--dry-run", "--scratch", "nonsense"),
        5,
        "--scratch: cannot be used: ",
    )
