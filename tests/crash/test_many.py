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
from tests.crash.switched_off import RUN_LOCK, WORK_LOCK, without
from tests.reliability import Happened

AT_ONCE = 5
ROUNDS = 3


def started(scene: Scene, *extra: str, env: Mapping[str, str] | None = None) -> list[subprocess.Popen[str]]:
    """Several rollouts at the same time."""
    return [scene.start("rollout", "--yes", "--format", "json", *extra, env=env) for _ in range(AT_ONCE)]


def ended(processes: list[subprocess.Popen[str]]) -> list[tuple[int, dict[str, Any]]]:
    """Exit code and document of each."""
    outputs = [one.communicate(timeout=90) for one in processes]
    assert all(out.strip() for out, _ in outputs), outputs
    return [(one.returncode, json.loads(out)) for one, (out, _) in zip(processes, outputs, strict=True)]


def versioned(make_scene: MakeScene, family: str) -> Scene:
    """A scene with one revision. Its version table is there: the making of it would lock others out."""
    scene = make_scene(family, "dev")
    scene.line("r0")
    assert scene.run("rollout", "--yes").returncode == 0
    return scene


def contended(scene: Scene, number: int) -> str:
    """One round: five at once at a revision that waits until all others were sent away; what was seen.

    Exactly one applies it, and each other is told who does.
    """
    revision, gate = f"r{number}", f"gate_{number}"
    scene.revision(revision, gate=gate)
    processes = started(scene)
    alone = AT_ONCE - 1
    wait_until(lambda: sum(one.poll() is not None for one in processes) == alone, "the others to be sent away")
    scene.open(gate)
    done = ended(processes)
    assert sorted(code for code, _ in done) == [0, *[8] * alone], done
    (winner,) = (document["run_id"] for code, document in done if code == 0)
    told = [document["error"]["message"] for code, document in done if code == 8]
    assert all(f"run {winner}" in message for message in told), (winner, told)
    assert scene.starts()["dev", revision] == 1
    assert scene.databases["dev"].heads() == {revision}
    return f"run {winner} held the target while {alone} others ended"


@pytest.mark.fault(19)
def test_of_several_at_once_exactly_one_applies(make_scene: MakeScene, family: str, happened: Happened) -> None:
    """Of five orchestrators one applies; each other is told which run holds the target, and changes nothing."""
    scene = versioned(make_scene, family)
    for number in range(1, ROUNDS + 1):
        happened(contended(scene, number))
    scene.assert_complete(exactly_once=True)


@pytest.mark.postgresql
@pytest.mark.fault(19)
def test_of_several_that_queue_exactly_one_applies(make_scene: MakeScene, happened: Happened) -> None:
    """Those that queue find nothing left to do once they get the lock."""
    scene = make_scene("postgresql", "dev")
    scene.line("r1", "r2")
    done = ended(started(scene, "--wait", "60"))
    happened(f"{len(scene.lines('lock_waiting'))} times a run said that it waits for another's lock")
    outcomes = [document["outcome"] for _, document in done]
    assert {code for code, _ in done} <= {0, 5}, done  # 5: saw another database than it had planned for
    assert outcomes.count("succeeded") == 1, done
    assert set(outcomes) <= {"succeeded", "nothing_to_do", "refused"}
    scene.assert_complete(exactly_once=True)


@pytest.mark.control(19)
def test_without_the_locks_several_apply(make_scene: MakeScene, family: str, tmp_path: Path) -> None:
    """With the locks switched off several run one revision at the same time."""
    scene = versioned(make_scene, family)
    scene.revision("r1", gate="gate")
    processes = started(scene, env=without(tmp_path / "unlocked", RUN_LOCK, WORK_LOCK))
    wait_until(lambda: scene.starts()["dev", "r1"] > 1, "a second one to be at work")
    scene.open("gate")
    with pytest.raises(AssertionError):
        assert sorted(code for code, _ in ended(processes)) == [0, 8, 8, 8, 8]
