"""A scene for each family: the application, its databases, and neither processes nor passwords left afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import canary
from tests.command import Command
from tests.crash.scene import Scene, Watched
from tests.projects_builder import AlembicProject

MakeScene = Callable[..., Scene]


@pytest.fixture
def make_scene(  # noqa: PLR0917 - fixtures are not given by position
    alembic_project: Callable[..., AlembicProject],
    orchestrate: Command,
    new_database: Callable[[str], str],
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[MakeScene]:
    """Makes a scene: its family, then the names of its environments.

    Its databases are reached with a password that can be found again. When the test is over it must be nowhere.
    """
    made: list[Scene] = []
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))

    def database(family: str) -> Watched:
        url = new_database(family)
        if family == "sqlite":
            return Watched(family, url)
        canary.superuser(request.getfixturevalue(f"{family}_server"))
        return Watched(family, canary.with_canary(url))

    def make(family: str, *environments: str) -> Scene:
        databases = {name: database(family) for name in environments or ("dev",)}
        for found in databases.values():
            if family == "postgresql":
                found.watch()
        made.append(Scene(alembic_project("app"), orchestrate, databases))
        return made[-1]

    yield make
    for scene in made:
        for gate in ("gate", "gate_2"):
            scene.open(gate)
    for scene in made:
        scene.assert_discreet()


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
