"""What the journal tells of a revision torn apart where the database keeps its parts, and a person's word."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from orchestrator.faults import FaultPoint as At
from tests.crash.conftest import MakeScene
from tests.crash.fault_points.arming import Act, Armed, Fault
from tests.crash.scene import Scene, kill, wait_until

Happened = Callable[[str], None]
ENDLESS = "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) AS n FROM c"
SLOW = {"sqlite": ENDLESS, "mysql": "SELECT SLEEP(3) AS n", "postgresql": "SELECT 1 AS n FROM pg_sleep(3)"}
BLOCK = """
with op.get_context().autocommit_block():
    op.execute("CREATE VIEW v AS SELECT 'hunter2' AS word -- it's a password")
    op.execute({slow!r})
"""
FAMILIES = [
    pytest.param("sqlite", marks=(pytest.mark.sqlite, pytest.mark.fault(18))),
    pytest.param("mysql", marks=(pytest.mark.mysql, pytest.mark.fault(18))),
    pytest.param("postgresql", marks=(pytest.mark.postgresql, pytest.mark.fault(17))),
]


def progress(scene: Scene) -> dict[int, str]:
    """What the journal says of each statement of dev's r1, the latest."""
    return {body["number"]: body["progress"] for _, _, _, body in scene.events("step_statement")}


@pytest.mark.parametrize("kind", FAMILIES)
def test_killed_with_its_worker_the_journal_tells_what_was_done(
    make_scene: MakeScene, kind: str, happened: Happened
) -> None:
    """After kill -9 of both it tells which statements are done, without their literals, and which was in hand."""
    scene = make_scene(kind, "dev")
    scene.revision("r1", after=BLOCK.format(slow=f"CREATE TABLE slow AS {SLOW[kind]}"))
    process = scene.start()
    wait_until(lambda: progress(scene).get(3) == "started", "the third statement to be in hand", process)
    kill(process)
    assert progress(scene) == {1: "done", 2: "done", 3: "started"}
    assert "hunter2" not in json.dumps(scene.events())
    database = scene.databases["dev"]
    assert {"t_r1"} <= set(database.tables())
    assert database.heads() == set()
    happened("worker and parent were killed after two statements that the database kept, and no row says so")

    done = scene.resume()
    assert done.returncode == 7, str(done)
    doubt = done.json["targets"][0]["revisions"][0]["doubt"]
    assert [one["progress"] for one in doubt["statements"]] == ["done", "done", "started"]
    assert doubt["statements"][1]["statement"] == "CREATE VIEW v AS SELECT '…' AS word"
    assert {"table t_r1 appeared", "view v appeared"} <= set(doubt["changes"])
    assert scene.starts()["dev", "r1"] == 1


@pytest.mark.sqlite
def test_killed_while_a_persons_word_is_written(make_scene: MakeScene) -> None:
    """Wherever `resolve --applied` is cut off, what was completed by hand is never run again."""
    scene = make_scene("sqlite", "dev")
    scene.revision("r1", after='raise ValueError("half-way")')
    assert scene.run("rollout", "--yes").returncode == 7
    run = scene.run("runs").json["runs"][0]["run_id"]

    def resolved(point: At, nth: int = 1) -> int:
        armed = Armed(scene.root / f"{point.name}_{nth}", Fault(point, Act.KILL, nth))
        word = ("resolve", run, "dev", "--applied", "--reason", "made the table", "--yes")
        code = scene.run(*word, env=armed.environment).returncode
        armed.proof()
        return code

    word = ("dev", "r1")
    assert resolved(At.JOURNAL_WRITTEN) == -9
    assert scene.recorded("step_resolved", *word) == 0
    assert resolved(At.JOURNAL_COMMITTED) == -9
    assert scene.recorded("step_resolved", *word) == 1
    assert resolved(At.BEFORE_COMMIT) == 6
    assert scene.databases["dev"].heads() == set()
    assert scene.resume().returncode == 7

    assert resolved(At.JOURNAL_WRITTEN, 2) == -9
    assert scene.databases["dev"].heads() == {"r1"}
    assert scene.recorded("step_applied", *word) == 0
    assert scene.resume().returncode == 0
    assert scene.recorded("step_recovered", *word) == 1
    assert scene.starts()["dev", "r1"] == 1
