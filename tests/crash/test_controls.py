"""Negative controls: with one protection switched off the harm that it keeps away is seen."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.conftest import MakeScene
from tests.crash.scene import Watched, kill, wait_until
from tests.crash.switched_off import (
    CHAIN,
    FINGERPRINT,
    GUARD,
    INTENT,
    READ_BACK,
    RUN_LOCK,
    WORK_LOCK,
    without,
)
from tests.crash.test_deferred import CONFIGURED, edited
from tests.crash.test_kill import ONCE, asleep
from tests.crash.test_many import versioned
from tests.stories.terminal import type_in

SLOW = """
import os, pathlib, time
if "SLOW" in os.environ:
    pathlib.Path("at_env").touch()
    while not pathlib.Path("gate").exists():
        time.sleep(0.01)
"""
OTHER_URL = 'config.set_main_option("sqlalchemy.url", {url!r})\n'
UNSEEN = "revision = 'r2'\ndown_revision = 'r1'\ndef upgrade(): pass"


@pytest.mark.control(20)
@pytest.mark.sqlite
def test_without_the_run_lock_two_drive_one_target(make_scene: MakeScene, tmp_path: Path) -> None:
    """A second run enters a target, and changes it, while the first has begun it and is loading env.py."""
    scene = make_scene("sqlite", "dev")
    scene.line("r1")
    scene.project.env_py.write_text(SLOW + scene.project.env_py.read_text())
    first = scene.start("rollout", "--yes", "--format", "json", env={"SLOW": "1"})
    wait_until((scene.root / "at_env").exists, "the first run to load env.py", first)
    assert scene.run("rollout", "--yes").returncode == 8, "with the lock the second is turned away"
    assert scene.run("rollout", "--yes", env=without(tmp_path / "off", RUN_LOCK)).returncode == 0
    scene.open("gate")
    out, err = first.communicate(timeout=60)
    assert first.returncode not in (0, 8), f"{out}\n{err}"


@pytest.mark.control(3)
@pytest.mark.postgresql
def test_without_the_work_lock_a_dead_runs_statement_is_not_waited_for(
    make_scene: MakeScene, tmp_path: Path
) -> None:
    """A resume begins the revision again while the server still executes it for the run that was killed."""
    scene = versioned(make_scene, "postgresql")
    scene.revision("r1", before=ONCE.format(statement="SELECT pg_sleep(60)"))
    process = scene.start()
    wait_until(lambda: asleep(scene, "dev"), "the statement to run", process)
    kill(process)
    scene.open("gate")
    second = scene.start("resume", env=without(tmp_path / "off", WORK_LOCK))
    wait_until(lambda: scene.starts()["dev", "r1"] == 2, "the revision to begin again", second)
    assert asleep(scene, "dev")
    kill(second)


@pytest.mark.control(31)
@pytest.mark.sqlite
def test_without_the_guard_another_database_is_changed(
    make_scene: MakeScene, new_database: Callable[[str], str], tmp_path: Path
) -> None:
    """An env.py that connects elsewhere migrates that other database."""
    scene = make_scene("sqlite", "dev")
    scene.line("r1")
    elsewhere = Watched("sqlite", new_database("sqlite"))
    env = scene.project.env_py.read_text()
    wanted = "target_metadata = None\n"
    assert wanted in env
    scene.project.env_py.write_text(env.replace(wanted, wanted + OTHER_URL.format(url=elsewhere.url)))
    guarded = scene.run("rollout", "--yes")
    assert (guarded.returncode, elsewhere.tables()) == (11, {}), str(guarded)
    scene.run("rollout", "--yes", env=without(tmp_path / "off", GUARD))
    assert "t_r1" in elsewhere.tables()


@pytest.mark.control(30)
@pytest.mark.postgresql
def test_without_the_read_back_an_env_py_is_believed(make_scene: MakeScene, tmp_path: Path) -> None:
    """A revision that env.py rolled back is recorded as applied, and the run ends with 0."""
    scene = make_scene("postgresql", "dev")
    edited(scene, CONFIGURED, "        connection.exec_driver_sql('SET search_path TO public')\n" + CONFIGURED)
    scene.line("r1")
    done = scene.run("rollout", "--yes", env=without(tmp_path / "off", READ_BACK))
    assert done.returncode == 0, str(done)
    assert scene.recorded("step_applied", "dev", "r1") == 1
    assert scene.databases["dev"].tables() == {}


@pytest.mark.control(4, 18)
@pytest.mark.sqlite
def test_without_the_intent_a_half_done_revision_is_run_again(make_scene: MakeScene, tmp_path: Path) -> None:
    """A revision that was cut off after its table was made is begun a second time, unasked."""
    scene = make_scene("sqlite", "dev")
    scene.revision("r1", gate="gate")
    off = without(tmp_path / "off", INTENT)
    process = scene.start("rollout", "--yes", env=off)
    wait_until(scene.at("gate", "dev"), "the revision to run", process)
    kill(process)
    scene.open("gate")
    assert "t_r1" in scene.databases["dev"].tables()
    scene.run("resume", env=off)
    assert scene.starts()["dev", "r1"] == 2


@pytest.mark.control(26)
@pytest.mark.sqlite
def test_without_the_chain_a_changed_journal_is_believed(make_scene: MakeScene, tmp_path: Path) -> None:
    """A journal in which an event was given to somebody else is called whole."""
    scene = make_scene("sqlite", "dev")
    scene.line("r1")
    assert scene.run("rollout", "--yes").returncode == 0
    with sqlite3.connect(scene.journal) as journal:
        changed = "UPDATE orchestrate_events SET actor = 'somebody else' WHERE kind = 'run_finished'"
        assert journal.execute(changed).rowcount == 1
    assert scene.run("journal", "verify").returncode == 10
    assert scene.run("journal", "verify", env=without(tmp_path / "off", CHAIN)).returncode == 0


@pytest.mark.control(46)
@pytest.mark.sqlite
def test_without_the_fingerprint_more_is_run_than_was_shown(make_scene: MakeScene, tmp_path: Path) -> None:
    """A revision that appears while a person is asked about the plan that was shown is run unseen."""
    scene = make_scene("sqlite", "dev")
    scene.line("r1")
    unseen = scene.project.versions / "r2_unseen.py"

    def yes_after_a_while() -> str:
        unseen.write_text(UNSEEN)
        return "y\n"

    def asked(env: dict[str, str]) -> tuple[int, str]:
        return type_in("rollout", cwd=scene.root, env=env, answers={"Run this": yes_after_a_while})[:2]

    code, screen = asked({})
    assert (code, "changed since this plan was made" in screen) == (5, True), screen
    assert not scene.databases["dev"].heads()
    unseen.unlink()
    code, screen = asked(without(tmp_path / "off", FINGERPRINT))
    assert code == 0, screen
    assert scene.databases["dev"].heads() == {"r2"}
