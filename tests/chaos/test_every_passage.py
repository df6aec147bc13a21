"""Every point at every passage, on every family: what tests/crash/test_points.py does of it, in full."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from orchestrator.faults import FaultPoint
from tests.command import Command
from tests.crash.fault_points.aftermath import assert_as_undisturbed, carried_on, named
from tests.crash.fault_points.arming import Act, Armed, Fault
from tests.crash.scene import Scene, Watched
from tests.projects_builder import AlembicProject

pytestmark = pytest.mark.chaos
_KILLED = -9
_EXITS = {Act.KILL: {_KILLED, 6, 7}, Act.RAISE: {1, 6, 7}, Act.CUT: {0, 6, 7, 9}}
"""How a command may end that met the act: itself, or when its worker did."""
FAMILIES = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("sqlite", "postgresql", "mysql")]


@pytest.mark.parametrize("act", [Act.KILL, Act.RAISE, Act.CUT])
@pytest.mark.parametrize("point", list(FaultPoint), ids=lambda point: point.name.lower())
@pytest.mark.parametrize("family", FAMILIES)
def test_a_fault_at_every_passage(
    alembic_project: Callable[..., AlembicProject],
    orchestrate: Command,
    new_database: Callable[[str], str],
    *,
    family: str,
    point: FaultPoint,
    act: Act,
) -> None:
    """Wherever a run of two revisions meets a fault, its state has a name and it ends as an undisturbed one."""
    if act is Act.CUT and family == "sqlite":
        pytest.skip("a file has no connection that could be cut")
    for nth in count(1):
        database = Watched(family, new_database(family))
        if family == "postgresql":
            database.watch()
        scene = Scene(alembic_project(f"app_{nth}"), orchestrate, {"dev": database})
        scene.line("r1", "r2")
        if not _met(scene, Fault(point, act, nth), database.url):
            break
    assert nth > 1, "no run comes to this point"


def _met(scene: Scene, fault: Fault, url: str) -> bool:
    """Whether a run met the fault; then also that what followed was as it must be."""
    armed = Armed(scene.root / "armed", fault, (url,))
    done = scene.run("rollout", "--yes", env=armed.environment)
    if not armed.fired:
        assert done.returncode == 0, str(done)
        return False
    assert done.returncode in _EXITS[fault.act], str(done)
    named(scene)
    carried_on(scene)
    # Only PostgreSQL's own trail tells applied from begun; elsewhere a second application would have failed.
    assert_as_undisturbed(scene, {step for step, starts in scene.starts().items() if starts > 1})
    return True
