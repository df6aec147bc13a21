"""kill -9 on the way back, and while a database is adopted: resume ends where an undisturbed run would."""

from __future__ import annotations

import pytest

from tests.command import Completed
from tests.crash.conftest import MakeScene
from tests.crash.scene import Scene, kill, wait_until

DOWN = """
import pathlib, time
place = pathlib.Path({place!r})
name = op.get_bind().engine.url.database.rpartition("/")[2]
with (place / "downs").open("a") as downs:
    downs.write("{revision}\\n")
{before}
op.drop_table("t_{revision}")
{after}
"""
GATE = """
(place / ("at_gate_" + name)).touch()
patience = time.monotonic() + 60
while not (place / "gate").exists() and time.monotonic() < patience:
    time.sleep(0.01)
"""


def released(scene: Scene, *, before: str = "", after: str = "") -> str:
    """a1 and then, in a run of its own, b2, c3 and d4; what c3 does before and after its drop. The run's id."""
    down = None
    for revision in ("a1", "b2", "c3", "d4"):
        around = {"before": before, "after": after} if revision == "c3" else {"before": "", "after": ""}
        body = DOWN.format(place=str(scene.root), revision=revision, **around)
        table = f'op.create_table("t_{revision}", sa.Column("id", sa.Integer, primary_key=True))'
        scene.project.revision(revision, down, table, body)
        down = revision
    assert scene.run("rollout", "--to", "a1", "--yes").returncode == 0
    return str(good(scene.run("rollout", "--yes")).json["run_id"])


def good(done: Completed) -> Completed:
    assert done.returncode == 0, str(done)
    return done


def cut_off(scene: Scene, run: str) -> None:
    """Take the run back, and kill everything while c3 is being reverted."""
    process = scene.start("rollback", run, "--yes")
    wait_until(scene.at("gate", "dev"), "the downgrade to run", process)
    kill(process)
    intents = [
        (revision, body["action"]) for _, _, revision, body in scene.events("step_intent") if "action" in body
    ]
    assert intents == [("d4", "downgrade"), ("c3", "downgrade")]
    scene.open("gate")


def downs(scene: Scene) -> list[str]:
    return (scene.root / "downs").read_text().split()


@pytest.mark.postgresql
def test_killed_in_a_downgrade_that_the_server_undoes(make_scene: MakeScene) -> None:
    """Nothing of it is left, and resume reverts it and the rest, each once."""
    scene = make_scene("postgresql", "dev")
    cut_off(scene, released(scene, after=GATE))
    assert scene.databases["dev"].heads() == {"c3"}
    good(scene.resume())
    assert scene.databases["dev"].heads() == {"a1"}
    assert set(scene.databases["dev"].tables()) == {"alembic_version", "t_a1"}
    assert downs(scene) == ["d4", "c3", "c3", "b2"]
    assert [r for _, _, r, b in scene.events("step_applied") if b.get("action")] == ["d4", "c3", "b2"]
    scene.verify()


@pytest.mark.mysql
def test_killed_in_a_downgrade_that_commits_by_itself(make_scene: MakeScene) -> None:
    """It is in doubt, is not run again unasked, and after a person's word the rest is reverted, each once."""
    scene = make_scene("mysql", "dev")
    cut_off(scene, released(scene, after=GATE))
    database = scene.databases["dev"]
    assert (database.heads(), "t_c3" in database.tables()) == ({"c3"}, False)
    stopped = scene.resume()
    assert stopped.returncode == 7, str(stopped)
    message = stopped.json["error"]["message"]
    assert "may be half reverted" in message
    assert "since then: table t_c3 disappeared" in message
    assert downs(scene) == ["d4", "c3"]
    database.do("CREATE TABLE t_c3 (id INTEGER PRIMARY KEY AUTO_INCREMENT)")
    run = stopped.json["run_id"]
    good(scene.run("resolve", run, "dev", "--not-applied", "--reason", "made t_c3 again"))
    good(scene.resume())
    assert (database.heads(), set(database.tables())) == ({"a1"}, {"alembic_version", "t_a1"})
    assert downs(scene) == ["d4", "c3", "c3", "b2"]


@pytest.mark.mysql
def test_a_downgrade_that_was_finished_by_hand_is_seen(make_scene: MakeScene) -> None:
    """The version table says that it is done: resume records it, and reverts what is left."""
    scene = make_scene("mysql", "dev")
    cut_off(scene, released(scene, after=GATE))
    scene.databases["dev"].do("UPDATE alembic_version SET version_num = 'b2'")
    good(scene.resume())
    assert scene.recorded("step_recovered", "dev", "c3") == 1
    assert scene.databases["dev"].heads() == {"a1"}
    assert downs(scene) == ["d4", "c3", "b2"]


@pytest.mark.sqlite
def test_killed_before_a_downgrade_wrote_on_sqlite(make_scene: MakeScene) -> None:
    """The schema tells that nothing was done: it is simply reverted again."""
    scene = make_scene("sqlite", "dev")
    cut_off(scene, released(scene, before=GATE))
    good(scene.resume())
    assert scene.databases["dev"].heads() == {"a1"}
    assert downs(scene) == ["d4", "c3", "c3", "b2"]


STAMPING = """
import pathlib, time
place = pathlib.Path({place!r})
def at_the_gate(**_):
    (place / "at_gate").touch()
    patience = time.monotonic() + 60
    while not (place / "gate").exists() and time.monotonic() < patience:
        time.sleep(0.01)
"""


def test_killed_while_a_database_is_adopted(family: str, make_scene: MakeScene) -> None:
    """Between the row and its commit: nothing is in doubt, since a stamp is a row, and resume writes it."""
    scene = make_scene(family, "dev", "prod")
    scene.project.tables("a1", "b2")
    good(scene.run("rollout", "--through", "dev", "--to", "a1", "--yes"))
    database = scene.databases["prod"]
    database.do("CREATE TABLE t_a1 (id INTEGER)")
    env_py = scene.project.env_py.read_text()
    waiting = env_py.replace(
        "target_metadata=target_metadata", "target_metadata=None, on_version_apply=at_the_gate"
    )
    scene.project.env_py.write_text(STAMPING.format(place=str(scene.root)) + waiting)
    process = scene.start("adopt", "prod", "a1", "--reason", "made by hand", "--yes", "--accept-differences")
    wait_until((scene.root / "at_gate").exists, "the stamp to wait", process)
    kill(process)
    assert database.heads() == set()
    assert scene.recorded("step_intent", "prod", "a1") == 1
    scene.open("gate")
    done = good(scene.resume())
    assert done.json["targets"][0]["direction"] == "stamp"
    assert database.heads() == {"a1"}
    assert scene.recorded("step_applied", "prod", "a1") == 1
    assert set(database.tables()) == {"alembic_version", "t_a1"}
