"""What the stories are told with: a pipeline on real databases and an ordinary project outside this repository."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.command import Command
from tests.conftest import FAMILIES
from tests.stories.pipeline import Pipeline

EVERY_FAMILY = [pytest.param(family, marks=getattr(pytest.mark, family)) for family in FAMILIES]


@pytest.fixture
def make_pipeline(
    new_database: Callable[[str], str], alembic_project: Callable[..., Any], orchestrate: Command
) -> Callable[..., Pipeline]:
    """Makes a pipeline of new databases of one family, by default staging and prod."""

    def make(family: str, *names: str, **options: Any) -> Pipeline:
        project = alembic_project("shop")
        urls = {name: new_database(family) for name in names or ("staging", "prod")}
        pipeline = Pipeline(project, urls, orchestrate)
        pipeline.write(**options)
        return pipeline

    return make


@pytest.fixture(params=EVERY_FAMILY)
def pipeline(request: pytest.FixtureRequest, make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """staging and prod, once for each family."""
    return make_pipeline(request.param)


@pytest.fixture
def sqlite(make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """staging and prod on SQLite, for what does not differ between databases."""
    return make_pipeline("sqlite")
