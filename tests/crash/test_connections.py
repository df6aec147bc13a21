"""Connections that are cut under a run: the server's restart, the worker's session, the run lock's."""

from __future__ import annotations

import json

import pytest

from tests.crash.conftest import MakeScene
from tests.crash.scene import Scene, wait_until
from tests.crash.test_kill import ONCE, asleep, resumed, sleeping
from tests.reliability import Happened
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL

RUN_LOCK = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name LIKE 'orchestrate %' AND datname = current_database()
AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')
"""


@pytest.mark.fault(11)
def test_the_server_restarts_in_the_middle_of_a_statement(
    make_scene: MakeScene, postgresql_server: PostgreSQL, happened: Happened
) -> None:
    """After a crash of the server the run looks again until it answers, and names the outcome: not applied."""
    scene = make_scene("postgresql", "dev", "test")
    scene.line("r1")
    scene.revision("r2", after=ONCE.format(statement="SELECT pg_sleep(30)"))
    process = scene.start("rollout", "--yes", "--format", "json")
    wait_until(lambda: asleep(scene, "dev"), "the statement to run", process)
    before = postgresql_server.pid
    postgresql_server.restart(immediate=True)
    happened(f"server {before} was ended at once, {postgresql_server.pid} came in its place")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 6, f"{out}\n{err}"
    assert scene.recorded("step_failed", "dev", "r2") == 1
    assert scene.databases["dev"].heads() == {"r1"}
    scene.open("gate")
    assert resumed(scene) == 1
    scene.assert_complete()


@pytest.mark.slow
@pytest.mark.fault(11)
def test_the_server_stays_away(make_scene: MakeScene, postgresql_server: PostgreSQL, happened: Happened) -> None:
    """Where the server does not come back the step stays open, the run says so, and resume settles it."""
    scene = make_scene("postgresql", "dev")
    scene.line("r1")
    scene.revision("r2", after=ONCE.format(statement="SELECT pg_sleep(30)"))
    process = scene.start("rollout", "--yes", "--format", "json")
    wait_until(lambda: asleep(scene, "dev"), "the statement to run", process)
    postgresql_server.stop(immediate=True)
    assert not postgresql_server.running
    happened("the server was ended at once and stayed away")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 9, f"{out}\n{err}"
    assert "what became of revision r2 is not known yet" in out
    assert "orchestrate resume" in out
    assert scene.recorded("step_failed", "dev", "r2") == 0
    postgresql_server.start()
    scene.open("gate")
    assert resumed(scene) == 1
    scene.assert_complete()


TERMINATE = {
    "postgresql": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = {session}",
    "mysql": "KILL {session}",
}


@pytest.mark.fault(12)
def test_the_workers_session_is_terminated(make_scene: MakeScene, server_family: str, happened: Happened) -> None:
    """A revision whose session an administrator ends has failed, or is in doubt, in plain words."""
    scene = make_scene(server_family, "dev")
    scene.line("r1")
    sleep = "pg_sleep" if server_family == "postgresql" else "SLEEP"
    scene.revision("r2", after=ONCE.format(statement=f"SELECT {sleep}(30)"))
    process = scene.start("rollout", "--yes", "--format", "json")
    wait_until(lambda: asleep(scene, "dev"), "the statement to run", process)
    session = sleeping(scene, "dev")
    scene.databases["dev"].do(TERMINATE[server_family].format(session=session))
    wait_until(lambda: not asleep(scene, "dev"), "the session to be gone")
    happened(f"session {session} was ended by an administrator and is gone")
    out, err = process.communicate(timeout=60)
    document = json.loads(out)
    scene.open("gate")
    assert "Traceback" not in err
    if server_family == "postgresql":
        assert process.returncode == 6, f"{out}\n{err}"
        assert "terminating connection" in document["error"]["message"]
        assert resumed(scene) == 1
        scene.assert_complete()
    else:
        assert process.returncode == 7, f"{out}\n{err}"
        assert "t_r2" in document["error"]["message"]
        assert scene.starts()["dev", "r2"] == 1


def lose_the_lock(scene: Scene) -> None:
    """End the run lock's session and no other; it must have been there."""
    assert scene.databases["dev"].rows(RUN_LOCK) == [(True,)]


@pytest.mark.postgresql
@pytest.mark.fault(13)
def test_only_the_run_lock_is_lost(make_scene: MakeScene, happened: Happened) -> None:
    """Without its run lock a run finishes and records the revision in hand, starts no other, and says why."""
    scene = make_scene("postgresql", "dev")
    scene.revision("r1", gate="gate")
    scene.line("r2")
    process = scene.start("rollout", "--yes", "--format", "json")
    wait_until(scene.at("gate", "dev"), "the revision to run", process)
    lose_the_lock(scene)
    happened("the server ended the session that held the run lock, and no other")
    scene.open("gate")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 9, f"{out}\n{err}"
    assert "the run lock was lost" in out
    assert scene.databases["dev"].heads() == {"r1"}
    assert scene.recorded("step_applied", "dev", "r1") == 1
    assert scene.recorded("step_intent", "dev", "r2") == 0
    assert resumed(scene) == 1
    scene.assert_complete(exactly_once=True)


@pytest.mark.postgresql
@pytest.mark.fault(13)
def test_the_run_lock_is_lost_and_the_revision_fails(make_scene: MakeScene, happened: Happened) -> None:
    """A failure is judged only with the run lock in hand: it is taken again first, and the outcome recorded."""
    scene = make_scene("postgresql", "dev")
    scene.line("r1")
    scene.revision("r2", gate="gate", after='raise RuntimeError("as planned")')
    process = scene.start("rollout", "--yes", "--format", "json")
    wait_until(scene.at("gate", "dev"), "the revision to run", process)
    lose_the_lock(scene)
    happened("the server ended the session that held the run lock, and no other")
    scene.open("gate")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 6, f"{out}\n{err}"
    assert "as planned" in out
    assert scene.recorded("step_failed", "dev", "r2") == 1
    assert "t_r2" not in scene.databases["dev"].tables()


@pytest.mark.postgresql
@pytest.mark.fault(13)
def test_another_run_takes_the_lost_lock(make_scene: MakeScene, happened: Happened) -> None:
    """Who takes a lost run lock waits for the worker that still works; nothing is applied twice."""
    scene = make_scene("postgresql", "dev")
    scene.revision("r1", gate="gate")
    scene.line("r2")
    process = scene.start("rollout", "--yes", "--format", "json")
    wait_until(scene.at("gate", "dev"), "the revision to run", process)
    lose_the_lock(scene)
    happened("the server ended the session that held the run lock, and no other")
    second = scene.start("rollout", "--yes", "--format", "json")
    wait_until(lambda: scene.lines("lock_waiting"), "the second run to wait for the worker", second)
    assert scene.lines("lock_waiting")[0]["lock"] == "work lock"
    scene.open("gate")
    outputs = [one.communicate(timeout=60) for one in (process, second)]
    assert process.returncode != 0, outputs
    assert second.returncode == 0, outputs
    scene.assert_complete(exactly_once=True)


@pytest.mark.slow
@pytest.mark.fault(11)
def test_mariadb_restarts_in_the_middle_of_a_statement(
    make_scene: MakeScene, mysql_server: MariaDB, happened: Happened
) -> None:
    """On MariaDB a crash of the server leaves a doubt that is named with what is left, and never retried."""
    scene = make_scene("mysql", "dev")
    scene.line("r1")
    scene.revision("r2", after=ONCE.format(statement="SELECT SLEEP(30)"))
    process = scene.start("rollout", "--yes", "--format", "json")
    wait_until(lambda: asleep(scene, "dev"), "the statement to run", process)
    before = mysql_server.pid
    mysql_server.restart(immediate=True)
    happened(f"server {before} was ended at once, {mysql_server.pid} came in its place")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 7, f"{out}\n{err}"
    assert "t_r2" in out
    assert scene.resume().returncode == 7
    assert scene.starts()["dev", "r2"] == 1
