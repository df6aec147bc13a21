"""Applications that upgrade their database by themselves when they are loaded."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.stories.conftest import EVERY_FAMILY
from tests.stories.pipeline import Pipeline, told

APPLICATION = """
from pathlib import Path
from alembic import command
from alembic.config import Config

own = Config(str(Path(__file__).with_name("alembic.ini")))
own.set_main_option("sqlalchemy.url", {url!r})
command.upgrade(own, "head")
"""


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_an_application_that_upgrades_when_imported(family: str, make_pipeline: Callable[..., Pipeline]) -> None:
    """What the application's own `command.upgrade` would run is left out; the plan goes on as it was shown."""
    pipeline = make_pipeline(family)
    pipeline.project.tables("a1", "a2")
    url = pipeline.urls["staging"].replace("%", "%%")
    (pipeline.project.root / "shop.py").write_text(APPLICATION.format(url=url))
    env = pipeline.project.env_py
    env.write_text(env.read_text().replace("target_metadata = None", "target_metadata = None\nimport shop\n"))
    done = pipeline("rollout", "--to", "a1", "--yes", "--log-format", "json")
    told(done, 0, "runs Alembic by itself: left out")
    assert [pipeline.heads(name) for name in pipeline.urls] == [{"a1"}, {"a1"}]
    assert "t_a2" not in pipeline.tables("staging")
