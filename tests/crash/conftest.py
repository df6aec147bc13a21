"""A scene for each family: the application, its databases, and nothing left running afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.command import Command
from tests.crash.scene import Scene, Watched
from tests.projects_builder import AlembicProject

MakeScene = Callable[..., Scene]


@pytest.fixture
def make_scene(
    alembic_project: Callable[..., AlembicProject],
    orchestrate: Command,
    new_database: Callable[[str], str],
) -> Iterator[MakeScene]:
    """Makes a scene: its family, then the names of its environments."""
    made: list[Scene] = []

    def make(family: str, *environments: str) -> Scene:
        databases = {name: Watched(family, new_database(family)) for name in environments or ("dev",)}
        for database in databases.values():
            if family == "postgresql":
                database.watch()
        made.append(Scene(alembic_project("app"), orchestrate, databases))
        return made[-1]

    yield make
    for scene in made:
        for gate in ("gate", "gate_2"):
            scene.open(gate)


@pytest.fixture(params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgresql", "mysql")])
def server_family(request: pytest.FixtureRequest) -> str:
    """The families whose server may outlive its client."""
    return str(request.param)


@pytest.fixture(
    params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgresql", "mysql", "sqlite")]
)
def family(request: pytest.FixtureRequest) -> str:
    """Every family."""
    return str(request.param)
