"""Kills at random moments: CHAOS_KILLS of them for each family (200), with CHAOS_SEED where one is given.

Each family's figures are printed as one line; with CHAOS_REPORT kept in that file too.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.chaos.storm import Storm, Tally
from tests.command import Command
from tests.crash.scene import Scene, Watched
from tests.projects_builder import AlembicProject

pytestmark = pytest.mark.chaos
ENVIRONMENTS = ("dev", "prod")
FAMILIES = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("sqlite", "postgresql", "mysql")]


@pytest.mark.parametrize("family", FAMILIES)
def test_killed_at_random_moments(
    family: str,
    alembic_project: Callable[..., AlembicProject],
    orchestrate: Command,
    new_database: Callable[[str], str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of hundreds of runs that were killed at any moment each is resumed to its end, and nothing is done twice."""
    tally = Tally(family, int(os.environ.get("CHAOS_SEED") or random.randrange(10**6)))
    numbers = count(1)

    def new_scene() -> Scene:
        databases = {name: Watched(family, new_database(family)) for name in ENVIRONMENTS}
        for database in databases.values():
            if family == "postgresql":
                database.watch()
        return Scene(alembic_project(f"app_{next(numbers)}"), orchestrate, databases)

    try:
        Storm(tally, int(os.environ.get("CHAOS_KILLS") or 200), new_scene).rage()
    finally:
        with capsys.disabled():
            print(f"\nchaos: {json.dumps(tally.summary)}")
    _kept(tally)
    assert (tally.applied_twice, tally.unnamed, tally.lost) == (0, 0, 0), tally


def _kept(tally: Tally) -> None:
    if path := os.environ.get("CHAOS_REPORT"):
        file = Path(path)
        kept = json.loads(file.read_text()) if file.exists() else {}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({**kept, tally.family: tally.summary}, indent=1))
