"""Several orchestrators at one target at once, and the proof that it is the lock that keeps them apart."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.crash.conftest import MakeScene
from tests.crash.scene import Scene, wait_until

AT_ONCE = 5
UNLOCKED = """
import sys

if "orchestrator" in sys.orig_argv:
    from orchestrator.databases import postgresql_locks

    postgresql_locks.AdvisoryLocks.try_run = lambda self: self.prove() or True
    postgresql_locks.AdvisoryLocks.work_holder = lambda self: None
else:
    # The worker: the guard finds its proof, as ever, and the work lock granted, whoever has it.
    import sqlalchemy.engine.result

    original = sqlalchemy.engine.Connection.execute

    def execute(self, statement, *rest, **options):
        text = str(statement)
        if "pg_try_advisory_lock" in text:
            asked = execute.count = getattr(execute, "count", 0) + 1
            statement = statement if asked == 1 else sqlalchemy.text("SELECT true")
        return original(self, statement, *rest, **options)

    sqlalchemy.engine.Connection.execute = execute
"""


def started(scene: Scene, *extra: str, env: Mapping[str, str] | None = None) -> list[subprocess.Popen[str]]:
    """Several rollouts at the same time."""
    return [scene.start("rollout", "--yes", "--format", "json", *extra, env=env) for _ in range(AT_ONCE)]


def ended(processes: list[subprocess.Popen[str]]) -> list[tuple[int, dict[str, Any]]]:
    """Exit code and document of each."""
    outputs = [one.communicate(timeout=90) for one in processes]
    assert all(out.strip() for out, _ in outputs), outputs
    return [(one.returncode, json.loads(out)) for one, (out, _) in zip(processes, outputs, strict=True)]


def gated(make_scene: MakeScene) -> Scene:
    """A scene whose second revision waits. Its version table is there: the making of it would lock others out."""
    scene = make_scene("postgresql", "dev")
    scene.line("r0")
    assert scene.run("rollout", "--yes").returncode == 0
    scene.revision("r1", gate="gate")
    scene.line("r2")
    return scene


@pytest.mark.postgresql
def test_of_several_at_once_exactly_one_applies(make_scene: MakeScene) -> None:
    """Of five orchestrators one applies; each other is told that the target is locked, and changes nothing."""
    scene = gated(make_scene)
    processes = started(scene)
    wait_until(
        lambda: sum(one.poll() is not None for one in processes) == AT_ONCE - 1, "the others to be sent away"
    )
    scene.open("gate")
    done = ended(processes)
    assert sorted(code for code, _ in done) == [0, 8, 8, 8, 8], done
    scene.assert_complete(exactly_once=True)


@pytest.mark.postgresql
def test_of_several_that_queue_exactly_one_applies(make_scene: MakeScene) -> None:
    """Those that queue find nothing left to do once they get the lock."""
    scene = make_scene("postgresql", "dev")
    scene.line("r1", "r2")
    done = ended(started(scene, "--wait", "60"))
    outcomes = [document["outcome"] for _, document in done]
    assert {code for code, _ in done} <= {0, 5}, done  # 5: saw another database than it had planned for
    assert outcomes.count("succeeded") == 1, done
    assert set(outcomes) <= {"succeeded", "nothing_to_do", "refused"}
    scene.assert_complete(exactly_once=True)


@pytest.mark.slow
@pytest.mark.postgresql
def test_without_the_lock_several_apply(make_scene: MakeScene, tmp_path: Path) -> None:
    """The negative control: with the locks switched off several run one revision, so the locks are what helps."""
    scene = gated(make_scene)
    folder = tmp_path / "unlocked"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(UNLOCKED)
    processes = started(scene, env={"PYTHONPATH": str(folder)})
    wait_until(lambda: scene.starts()["dev", "r1"] > 1, "a second one to be at work")
    scene.open("gate")
    assert [code for code, _ in ended(processes)].count(8) == 0
