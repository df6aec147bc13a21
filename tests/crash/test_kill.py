"""kill -9, at the worst moments: of everything, of the parent alone, of the worker alone."""

from __future__ import annotations

import os
import random
import signal
import subprocess

import pytest

from tests.crash.conftest import MakeScene
from tests.crash.scene import Scene, gone, held_still, kill, kill_groups, wait_until, worker
from tests.reliability import Happened

SLEEPING = """
SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(%' AND state = 'active' AND pid <> pg_backend_pid()
"""
SLEEPING_MARIADB = "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(%'"


GATE_FIRST = """
(place / ("at_gate_" + name)).touch()
patience = time.monotonic() + 60
while not (place / "gate").exists() and time.monotonic() < patience:
    time.sleep(0.01)
"""
ONCE = """
if not (place / "gate").exists():
    op.execute({statement!r})
"""
FORKED = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(40)"], close_fds=False, start_new_session=True)
"""


def resumed(scene: Scene, limit: int = 3) -> int:
    """How many resumes it took to get to a good end."""
    for count in range(1, limit + 1):
        done = scene.resume()
        if done.returncode == 0:
            return count
    raise AssertionError(str(done))


def sleeping(scene: Scene, environment: str) -> int | None:
    """The server's session that runs a revision's sleep just now."""
    database = scene.databases[environment]
    found = database.rows(SLEEPING if database.family == "postgresql" else SLEEPING_MARIADB)
    return int(found[0][0]) if found else None


def asleep(scene: Scene, environment: str) -> bool:
    """Whether there is such a session."""
    return sleeping(scene, environment) is not None


# --- everything at once ---


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "revision", [pytest.param("r1", marks=pytest.mark.slow), "r3", pytest.param("r4", marks=pytest.mark.slow)]
)
@pytest.mark.fault(4)
def test_killed_while_a_revision_is_in_hand(make_scene: MakeScene, revision: str, happened: Happened) -> None:
    """Killed between a revision's intent and its commit, the run resumes to where an undisturbed one ends."""
    scene = make_scene("postgresql", "dev", "test", "prod")
    for name in ("r1", "r2", "r3", "r4"):
        scene.revision(name, gate="gate" if name == revision else None)
    process = scene.start()
    wait_until(scene.at("gate", "dev"), "the revision to run", process)
    kill(process)
    assert process.returncode == -signal.SIGKILL
    happened("SIGKILL while the revision waited between its last statement and its commit")
    assert scene.recorded("step_intent", "dev", revision) == 1
    assert scene.recorded("step_applied", "dev", revision) == 0
    scene.open("gate")
    assert resumed(scene) == 1
    scene.assert_complete()
    assert scene.starts()["dev", revision] == 2


@pytest.mark.postgresql
@pytest.mark.fault(3)
def test_killed_in_the_middle_of_a_statement(make_scene: MakeScene, happened: Happened) -> None:
    """A resume right after the kill waits for the server that still executes, names it, and applies once."""
    scene = make_scene("postgresql", "dev", "test")
    scene.line("r1")
    scene.revision("r2", before=ONCE.format(statement="SELECT pg_sleep(12)"))
    process = scene.start()
    wait_until(lambda: asleep(scene, "dev"), "the statement to run", process)
    backend = sleeping(scene, "dev")
    kill(process)
    assert asleep(scene, "dev"), "the server must outlive its client, or this proves nothing"
    happened(f"SIGKILL, and server process {backend} still executed the statement")
    scene.open("gate")
    done = scene.resume()
    assert done.returncode == 0, str(done)
    waits = [line for line in scene.lines("lock_waiting") if line["lock"] == "work lock"]
    assert waits
    assert str(backend) in waits[0]["holder"]
    scene.assert_complete()


@pytest.mark.mysql
@pytest.mark.fault(3)
def test_killed_in_the_middle_of_a_statement_on_mariadb(make_scene: MakeScene, happened: Happened) -> None:
    """On MariaDB a resume waits for the dead worker's statement too, and then leaves the doubt to a person."""
    scene = make_scene("mysql", "dev")
    scene.line("r1")
    scene.revision("r2", after='op.execute("SELECT SLEEP(4)")')
    process = scene.start()
    wait_until(lambda: asleep(scene, "dev"), "the statement to run", process)
    kill(process)
    assert asleep(scene, "dev"), "the server must outlive its client, or this proves nothing"
    happened("SIGKILL, and the server still executed the statement")
    done = scene.resume()
    assert done.returncode == 7, str(done)
    assert [line for line in scene.lines("lock_waiting") if line["lock"] == "work lock"]
    assert not asleep(scene, "dev")
    assert scene.starts()["dev", "r2"] == 1
    assert "t_r2" in scene.databases["dev"].tables()
    assert "table t_r2 appeared" in done.json["error"]["message"]


@pytest.mark.postgresql
@pytest.mark.parametrize("revision", ["r1", "r2"])
@pytest.mark.fault(5)
def test_killed_after_the_commit_before_the_record(
    make_scene: MakeScene, revision: str, happened: Happened
) -> None:
    """A revision that was committed and never recorded is recorded as recovered, and not run again."""
    scene = make_scene("postgresql", "dev", "test")
    for name in ("r1", "r2"):
        scene.revision(name, gate="gate" if name == revision else None)
    process = scene.start()
    wait_until(scene.at("gate", "dev"), "the revision to run", process)
    with held_still(process.pid):
        scene.open("gate")
        wait_until(lambda: scene.databases["dev"].heads() == {revision}, "the commit")
        assert scene.recorded("step_applied", "dev", revision) == 0
        kill(process)
    assert scene.recorded("step_applied", "dev", revision) == 0
    happened("the version table had the revision and the journal had no outcome when SIGKILL came")
    assert resumed(scene) == 1
    assert scene.recorded("step_recovered", "dev", revision) == 1
    (_, _, _, recovered), *_ = scene.events("step_recovered")
    (_, _, _, finished), *_ = scene.events("target_finished")
    assert recovered["identity"] == finished["identity"] is not None
    scene.assert_complete(exactly_once=True)


@pytest.mark.slow
@pytest.mark.postgresql
def test_killed_at_random_moments(make_scene: MakeScene) -> None:
    """Killed ten times at random, the run still gives every revision to every database exactly once."""
    seed = int(os.environ.get("CRASH_SEED") or random.randrange(10**6))
    print(f"CRASH_SEED={seed}")
    moments = random.Random(seed)
    scene = make_scene("postgresql", "dev", "test", "prod")
    for number in range(1, 9):
        scene.revision(f"r{number}", before='op.execute("SELECT pg_sleep(0.12)")')
    kills = open_steps = 0
    while kills < 10 and not scene.events("run_finished"):
        before = len(scene.events("step_intent"))
        process = scene.start("resume") if scene.events("run_started") else scene.start()
        if kills % 3:  # every third one at any time at all, the others while steps are running
            wait_until(lambda n=before, p=process: len(scene.events("step_intent")) > n or ended(p), "a step")
        if not ended(process, within=moments.uniform(0, 0.5 if kills % 3 else 3.0)):
            kill(process)
            kills += 1
            settled = sum(len(scene.events(f"step_{kind}")) for kind in ("applied", "recovered", "failed"))
            open_steps += len({(t, r) for _, t, r, _ in scene.events("step_intent")}) - settled > 0
    resumes = 0 if scene.events("run_finished") else resumed(scene)
    scene.assert_complete()
    starts = scene.starts()
    print(f"kills {kills} ({open_steps} with a step open), last resumes {resumes}, starts {sum(starts.values())}")
    assert kills >= 5, f"seed {seed}"
    assert open_steps, f"seed {seed}: no kill found a step open"


def ended(process: subprocess.Popen[str], within: float = 0.0) -> bool:
    """Whether the process has come to its end; it must be a good one."""
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        return False
    out, err = process.communicate()
    assert process.returncode == 0, f"{out}\n{err}"
    return True


# --- the parent alone ---


@pytest.mark.fault(8)
def test_only_the_parent_is_killed(make_scene: MakeScene, family: str, happened: Happened) -> None:
    """The worker finishes the revision in hand, starts no other, and ends; resume records what it finished."""
    scene = make_scene(family, "dev")
    scene.line("r1")
    scene.revision("r2", gate="gate", after='print("spoken to nobody", flush=True)')
    scene.line("r3")
    process = scene.start()
    wait_until(scene.at("gate", "dev"), "the revision to run", process)
    orphan = worker(process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not gone(orphan)
    happened(f"the orchestrator was gone by SIGKILL and its worker {orphan} lived")
    scene.open("gate")
    wait_until(lambda: gone(orphan), "the worker to end")
    assert scene.databases["dev"].heads() == {"r2"}
    assert scene.recorded("step_applied", "dev", "r2") == 0
    assert resumed(scene) == 1
    assert scene.recorded("step_recovered", "dev", "r2") == 1
    scene.assert_complete(exactly_once=True)


@pytest.mark.fault(8)
def test_resume_while_the_orphan_still_works(make_scene: MakeScene, family: str, happened: Happened) -> None:
    """A resume that comes while the dead parent's worker is at work waits for it and repeats nothing."""
    scene = make_scene(family, "dev")
    scene.revision("r1", gate="gate")
    scene.line("r2")
    process = scene.start()
    wait_until(scene.at("gate", "dev"), "the revision to run", process)
    orphan = worker(process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    second = scene.start("resume", "--format", "json")
    wait_until(lambda: scene.lines("lock_waiting"), "the resume to wait", second)
    assert not gone(orphan)
    happened(f"the orchestrator was gone by SIGKILL and its worker {orphan} lived")
    scene.open("gate")
    out, err = second.communicate(timeout=60)
    assert second.returncode == 0, f"{out}\n{err}"
    scene.assert_complete(exactly_once=True)


# --- the worker alone ---


@pytest.mark.fault(45)
def test_only_the_worker_is_killed(make_scene: MakeScene, family: str, happened: Happened) -> None:
    """Without its worker a run fails with a known state (6) or, where DDL is not undone, in doubt (7)."""
    scene = make_scene(family, "dev", "test")
    scene.line("r1")
    scene.revision("r2", gate="gate")
    process = scene.start("rollout", "--yes", "--format", "json")
    wait_until(scene.at("gate", "dev"), "the revision to run", process)
    kill_groups([victim := worker(process)])
    wait_until(lambda: gone(victim), "the worker to be gone")
    happened(f"worker {victim} was gone after SIGKILL, as the kernel ends what takes too much memory")
    out, err = process.communicate(timeout=60)
    undone = family == "postgresql"
    assert process.returncode == (6 if undone else 7), f"{out}\n{err}"
    assert "SIGKILL" in out
    assert ("t_r2" in scene.databases["dev"].tables()) is not undone
    assert scene.databases["test"].heads() == set()
    again = scene.resume() if not undone else None
    assert again is None or again.returncode == 7, str(again)
    assert scene.starts()["dev", "r2"] == 1, "in doubt, it must not have been tried again"
    scene.open("gate")
    if not undone:
        settle(scene, "dev", "t_r2")
    assert resumed(scene) == 1
    assert scene.databases["dev"].heads() == scene.databases["test"].heads() == {"r2"}
    scene.verify()


def settle(scene: Scene, environment: str, table: str) -> None:
    """What the tool asks of a person: undo what is left, and say so."""
    scene.databases[environment].do(f"DROP TABLE {table}")
    run = scene.run("runs").json["runs"][0]["run_id"]
    done = scene.run("resolve", run, environment, "--not-applied", "--reason", "dropped by the test")
    assert done.returncode == 0, str(done)


@pytest.mark.sqlite
@pytest.mark.fault(2)
def test_killed_on_sqlite_before_anything_was_written(make_scene: MakeScene, happened: Happened) -> None:
    """On SQLite a revision that was cut off before its first statement is known to have left nothing."""
    scene = make_scene("sqlite", "dev")
    scene.line("r1")
    scene.revision("r2", before=GATE_FIRST)
    process = scene.start()
    wait_until(scene.at("gate", "dev"), "the revision to run", process)
    kill(process)
    assert scene.recorded("step_intent", "dev", "r2") == 1
    happened("SIGKILL after the recorded intent, before the revision's first statement")
    scene.open("gate")
    assert resumed(scene) == 1
    assert scene.databases["dev"].heads() == {"r2"}


@pytest.mark.mysql
def test_another_run_does_not_hide_a_doubt(make_scene: MakeScene) -> None:
    """Who was turned away while a run worked does not make its doubt forgotten when that run then dies."""
    scene = make_scene("mysql", "dev")
    scene.revision("r1", gate="gate")
    process = scene.start()
    wait_until(scene.at("gate", "dev"), "the revision to run", process)
    turned_away = scene.run("rollout", "--yes")
    assert turned_away.returncode == 8, str(turned_away)
    queued = scene.start("rollout", "--yes", "--wait", "60", "--format", "json")
    wait_until(lambda: scene.lines("lock_waiting"), "the second run to queue", queued)
    kill(process)
    out, err = queued.communicate(timeout=90)
    assert queued.returncode == 7, f"{out}\n{err}"
    third = scene.run("rollout", "--yes")
    assert third.returncode == 7, str(third)
    assert scene.starts()["dev", "r1"] == 1


@pytest.mark.slow
@pytest.mark.sqlite
def test_a_program_started_by_a_revision_does_not_keep_its_run(make_scene: MakeScene) -> None:
    """A program that a revision started and that lives on does not keep the run waiting for a dead worker."""
    scene = make_scene("sqlite", "dev")
    scene.revision("r1", before=FORKED, gate="gate")
    process = scene.start()
    wait_until(scene.at("gate", "dev"), "the revision to run", process)
    kill_groups([worker(process)])
    out, err = process.communicate(timeout=30)
    assert process.returncode == 7, f"{out}\n{err}"
