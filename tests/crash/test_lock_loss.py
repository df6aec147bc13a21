"""The run lock is lost while a revision is in hand; and one run is resumed twice at once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from orchestrator.databases import holders
from tests.crash.conftest import MakeScene
from tests.crash.scene import Scene, wait_until
from tests.crash.switched_off import HOLD, RUN_LOCK, WORK_LOCK, without
from tests.databases.builders import endpoint
from tests.reliability import Happened

NEVER_LOST = {"orchestrator.databases.locks": "RunLock.alive = lambda self: True"}
_RUN_LOCK = """
SELECT pid FROM pg_stat_activity
WHERE application_name LIKE 'orchestrate %' AND datname = current_database()
AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')
"""


def lose_the_lock(scene: Scene) -> str:
    """End the session of dev's run lock and no other; what was seen of it."""
    database = scene.databases["dev"]
    if database.family == "postgresql":
        find, there = _RUN_LOCK, "SELECT 1 FROM pg_stat_activity WHERE pid = {}"
        end = "SELECT pg_terminate_backend({})"
    else:
        find = f"SELECT IS_USED_LOCK('{holders.mysql_name('run', database.name, endpoint(database.url))}')"
        there, end = "SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = {}", "KILL {}"
    ((session,),) = database.rows(find)
    database.do(end.format(session))
    wait_until(lambda: not database.rows(there.format(session)), "the session to be gone")
    return f"session {session}, which held the run lock, was ended and is gone"


def at_the_gate(make_scene: MakeScene, family: str, **options: object) -> tuple[Scene, subprocess.Popen[str]]:
    """A run whose first revision of two waits at its gate."""
    scene = make_scene(family, "dev")
    scene.revision("r1", gate="gate")
    scene.line("r2")
    process = scene.start("rollout", "--yes", "--format", "json", **options)
    wait_until(scene.at("gate", "dev"), "the revision to run", process)
    return scene, process


@pytest.mark.fault(13)
def test_a_lost_run_lock_is_told_at_once(make_scene: MakeScene, server_family: str, happened: Happened) -> None:
    """It is told while the revision is in hand; that one is finished, no other begins, and resume goes on."""
    scene, process = at_the_gate(make_scene, server_family)
    happened(lose_the_lock(scene))
    wait_until(lambda: scene.lines("run_lock_lost"), "the loss to be told", process)
    (lost,) = scene.lines("run_lock_lost")
    assert (lost["target"], lost["revision"]) == ("dev", "r1")
    assert scene.recorded("step_applied", "dev", "r1") == 0
    scene.open("gate")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 9, f"{out}\n{err}"
    assert "the run lock was lost" in out
    assert scene.recorded("step_applied", "dev", "r1") == 1
    assert scene.recorded("step_intent", "dev", "r2") == 0
    assert scene.resume().returncode == 0
    scene.assert_complete(exactly_once=True)


@pytest.mark.postgresql
@pytest.mark.control(13)
def test_without_the_watch_a_run_goes_on_unlocked(make_scene: MakeScene, tmp_path: Path) -> None:
    """Where nobody asks whether the lock is still held, the next revision begins without it."""
    scene, process = at_the_gate(make_scene, "postgresql", env=without(tmp_path / "blind", NEVER_LOST))
    lose_the_lock(scene)
    scene.open("gate")
    process.communicate(timeout=60)
    assert scene.recorded("step_intent", "dev", "r2") == 1


def resumed_twice(
    make_scene: MakeScene, family: str, **options: object
) -> tuple[Scene, str, subprocess.Popen[str], subprocess.Popen[str]]:
    """A failed run whose only revision waits at its gate for the first that resumes it; then a second does too."""
    scene = make_scene(family, "dev")
    scene.line("r0")  # whose version table is there then: the making of it would lock others out
    failing = 'if not (place / "mended").exists(): raise RuntimeError("as planned")'
    scene.revision("r1", before=failing, gate="gate")
    failed = scene.run("rollout", "--yes")
    assert failed.returncode == 6, failed
    (scene.root / "mended").touch()
    first = scene.start("resume", "--format", "json", **options)
    wait_until(scene.at("gate", "dev"), "the revision to run", first)
    return scene, failed.json["run_id"], first, scene.start("resume", "--format", "json", **options)


@pytest.mark.fault(20)
def test_of_two_that_resume_one_run_one_goes_on(make_scene: MakeScene, family: str, happened: Happened) -> None:
    """The second is told who resumes it, leaves no mark on the run, and the revision is run once."""
    scene, run, first, second = resumed_twice(make_scene, family)
    out, err = second.communicate(timeout=60)
    assert first.poll() is None
    happened(f"process {second.pid} resumed run {run} and ended while process {first.pid} was resuming it")
    assert second.returncode == 8, f"{out}\n{err}"
    assert f"run {run}: driven by process {first.pid} of {holders.here()} since" in out
    assert len(scene.events("run_resumed")) == 1
    scene.open("gate")
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0, f"{out}\n{err}"
    assert scene.starts()["dev", "r1"] == 2  # the attempt that failed, and one more
    assert scene.databases["dev"].heads() == {"r1"}
    assert scene.recorded("step_applied", "dev", "r1") == 1


@pytest.mark.postgresql
@pytest.mark.control(20)
def test_without_the_locks_both_resume(make_scene: MakeScene, tmp_path: Path) -> None:
    """With the locks switched off both that resume a run are in its revision at the same time."""
    unlocked = without(tmp_path / "unlocked", RUN_LOCK, WORK_LOCK, HOLD)
    scene, _, _, second = resumed_twice(make_scene, "postgresql", env=unlocked)
    wait_until(lambda: scene.starts()["dev", "r1"] == 3, "both to be at work", second)
