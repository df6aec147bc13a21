"""An env.py that does not use the URL it is given: stopped before it changes anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.stories import databases
from tests.stories.conftest import EVERY_FAMILY
from tests.stories.pipeline import Pipeline, told


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_an_env_py_that_connects_elsewhere_is_stopped(
    family: str, make_pipeline: Callable[..., Pipeline], new_database: Callable[[str], str]
) -> None:
    """Exit 11 says so, and neither the target nor that other database gets as much as a version table."""
    elsewhere = new_database(family)
    pipeline = make_pipeline(family)
    pipeline.project.tables("a1")
    databases.execute(elsewhere, "CREATE TABLE theirs (id INTEGER)")
    env = pipeline.project.env_py.read_text()
    override = f'config.set_main_option("sqlalchemy.url", {elsewhere.replace("%", "%%")!r})\n'
    pipeline.project.env_py.write_text(
        env.replace("target_metadata = None", f"target_metadata = None\n{override}")
    )

    document = pipeline("rollout", "--yes", "--format", "json").json
    assert (document["exit_code"], document["outcome"]) == (11, "failed")
    assert document["error"]["code"] == "wrong_database"
    assert [target["result"] for target in document["targets"]] == ["failed", "not_started"]
    told(pipeline("rollout", "--yes"), 11, "which is not the target's database", "sqlalchemy.url", "variables:")
    assert databases.tables(elsewhere) == {"theirs"}
    assert pipeline.tables("staging") == set()
