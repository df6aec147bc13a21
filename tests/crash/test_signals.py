"""Real signals to the real process: once stops after the revision in hand, twice cancels it."""

from __future__ import annotations

import signal
import subprocess

import pytest

from tests.crash.conftest import MakeScene
from tests.crash.scene import Scene, gone, wait_until, worker
from tests.crash.test_kill import SLEEPING, asleep, resumed, settle
from tests.reliability import Happened


def stopping(scene: Scene, count: int) -> bool:
    """Whether the run has noticed that many signals."""
    return len(scene.lines("stopping")) >= count


def begun(scene: Scene, *extra: str) -> subprocess.Popen[str]:
    """A rollout whose first revision waits at its gate."""
    process = scene.start("rollout", "--yes", "--format", "json", *extra)
    wait_until(scene.at("gate", "dev"), "the revision to run", process)
    return process


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, marks=pytest.mark.fault(9)),
        *(pytest.param(number, marks=pytest.mark.fault(10)) for number in (signal.SIGTERM, signal.SIGHUP)),
    ],
)
@pytest.mark.postgresql
def test_one_signal_lets_the_revision_in_hand_finish(
    make_scene: MakeScene, number: signal.Signals, happened: Happened
) -> None:
    """After one signal the revision in hand is applied, no other begins, and the exit code tells which signal."""
    scene = make_scene("postgresql", "dev", "test")
    scene.revision("r1", gate="gate")
    scene.line("r2")
    process = begun(scene)
    process.send_signal(number)
    wait_until(lambda: stopping(scene, 1), "the signal to be noticed", process)
    happened(f"{number.name} was noticed while the revision waited at its gate")
    scene.open("gate")
    out, err = process.communicate(timeout=60)
    assert process.returncode == (130 if number is signal.SIGINT else 143), f"{out}\n{err}"
    assert scene.databases["dev"].heads() == {"r1"}
    assert scene.databases["test"].heads() == set()
    assert scene.events("run_finished")[-1][3]["outcome"] == "interrupted"
    assert resumed(scene) == 1
    scene.assert_complete(exactly_once=True)


@pytest.mark.parametrize(
    "family", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "sqlite")]
)
@pytest.mark.fault(9)
def test_one_signal_elsewhere(make_scene: MakeScene, family: str, happened: Happened) -> None:
    """On MariaDB and SQLite, too, a run that was asked to stop ends after a clean checkpoint."""
    scene = make_scene(family, "dev")
    scene.revision("r1", gate="gate")
    scene.line("r2")
    process = begun(scene)
    process.send_signal(signal.SIGINT)
    wait_until(lambda: stopping(scene, 1), "the signal to be noticed", process)
    happened("SIGINT was noticed while the revision waited at its gate")
    scene.open("gate")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, f"{out}\n{err}"
    assert scene.databases["dev"].heads() == {"r1"}
    assert resumed(scene) == 1
    scene.assert_complete(exactly_once=True)


@pytest.mark.postgresql
@pytest.mark.fault(10)
def test_two_signals_cancel_the_statement_that_runs(make_scene: MakeScene, happened: Happened) -> None:
    """The second signal ends the server's statement as well: at once nothing works and nothing is left."""
    scene = make_scene("postgresql", "dev", "test")
    scene.line("r1")
    scene.revision("r2", after='op.execute("SELECT pg_sleep(50)")')
    process = scene.start("rollout", "--yes", "--format", "json")
    wait_until(lambda: asleep(scene, "dev"), "the statement to run", process)
    at_work = worker(process)
    for count in (1, 2):
        process.send_signal(signal.SIGINT)
        wait_until(lambda count=count: stopping(scene, count), "the signal to be noticed", process)
    happened("two SIGINTs were noticed while the server executed the statement")
    out, err = process.communicate(timeout=40)
    assert process.returncode == 130, f"{out}\n{err}"
    assert gone(at_work)
    assert not scene.databases["dev"].rows(SLEEPING)
    assert scene.databases["dev"].heads() == {"r1"}
    assert "t_r2" not in scene.databases["dev"].tables()
    assert scene.recorded("step_failed", "dev", "r2") == 1
    assert scene.events("run_finished")[-1][3]["outcome"] == "interrupted"


@pytest.mark.parametrize(
    "family", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "sqlite")]
)
@pytest.mark.fault(10)
def test_two_signals_where_ddl_is_not_undone(make_scene: MakeScene, family: str, happened: Happened) -> None:
    """A revision that was cancelled after its table was made is in doubt there, and settled by a person."""
    scene = make_scene(family, "dev")
    scene.revision("r1", gate="gate")
    process = begun(scene)
    for count in (1, 2):
        process.send_signal(signal.SIGINT)
        wait_until(lambda count=count: stopping(scene, count), "the signal to be noticed", process)
    happened("two SIGINTs were noticed while the revision waited behind its table")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 7, f"{out}\n{err}"
    assert scene.recorded("step_in_doubt", "dev", "r1") == 1
    assert scene.resume().returncode == 7
    scene.open("gate")
    settle(scene, "dev", "t_r1")
    assert resumed(scene) == 1
    assert scene.databases["dev"].heads() == {"r1"}


@pytest.mark.postgresql
def test_many_signals_at_once(make_scene: MakeScene) -> None:
    """However many signals arrive at once, the run ends in order and says where it stands."""
    scene = make_scene("postgresql", "dev")
    scene.revision("r1", gate="gate")
    process = begun(scene)
    for _ in range(25):
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode in (130, 143), f"{out}\n{err}"
    assert "Traceback" not in err
    scene.open("gate")
    assert resumed(scene) == 1
    scene.assert_complete()


@pytest.mark.postgresql
def test_a_run_that_queues_can_be_stopped(make_scene: MakeScene) -> None:
    """A run that waits for another's lock stops at the first signal, and has changed nothing."""
    scene = make_scene("postgresql", "dev")
    scene.revision("r1", gate="gate")
    first = begun(scene)
    second = scene.start("rollout", "--yes", "--wait", "600", "--format", "json")
    wait_until(lambda: scene.lines("lock_waiting"), "the second run to queue", second)
    second.send_signal(signal.SIGINT)
    out, err = second.communicate(timeout=60)
    assert second.returncode == 130, f"{out}\n{err}"
    scene.open("gate")
    first.communicate(timeout=60)
    assert first.returncode == 0
    scene.assert_complete(exactly_once=True)


@pytest.mark.slow
@pytest.mark.sqlite
def test_a_worker_that_does_not_react_is_killed(make_scene: MakeScene) -> None:
    """A revision that ignores the cancellation is killed after a few seconds."""
    scene = make_scene("sqlite", "dev")
    scene.revision("r1", before="import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)", gate="gate")
    process = begun(scene)
    at_work = worker(process)
    for count in (1, 2):
        process.send_signal(signal.SIGINT)
        wait_until(lambda count=count: stopping(scene, count), "the signal to be noticed", process)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 7, f"{out}\n{err}"
    assert gone(at_work)
