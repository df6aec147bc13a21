"""A database for each tenant, FLEET_DATABASES of them (1000): waves, failures, kill -9, and what a resume does.

The tests build on each other, on the same databases: each begins where the one before it ended. They must run all
together, in their order and in one process, not with `-n`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.crash.scene import Watched, gone, wait_until, workers
from tests.fleet.scene import VERSION_TABLE, WAVES, Scene, results, roomy
from tests.projects_builder import AlembicProject, make_template
from tests.servers.postgresql import PostgreSQL

pytestmark = [pytest.mark.fleet, pytest.mark.postgresql]
SIZE = max(30, int(os.environ.get("FLEET_DATABASES") or 1000))  # three must fail within one wave


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """All databases at `r1`, by a template whose server notes every table that is made."""
    folder = tmp_path_factory.mktemp("fleet")
    server = PostgreSQL(roomy(SIZE))
    server.start()
    server.create_database("template")
    Watched("postgresql", server.url("template")).watch()
    server.execute(f"CREATE TABLE {VERSION_TABLE}", database="template")
    server.execute("INSERT INTO alembic_version VALUES ('r1')", database="template")
    names = [f"tenant_{number:05}" for number in range(SIZE)]
    for name in names:
        server.execute(f"CREATE DATABASE {name} TEMPLATE template STRATEGY FILE_COPY")
    project = AlembicProject(folder / "app", make_template(folder / "template"))
    project.tables("r1")
    scene = Scene(server, project, names)
    yield scene
    scene.command.close()
    server.remove()


def _write(scene: Scene, max_failures: int) -> None:
    waves = {**WAVES, "max_failures": max_failures}
    prod = {"url": scene.server.url("postgres"), "tenants": {"databases": scene.names}, "waves": waves}
    scene.project.environments({"prod": prod})


def _assert_all_at(scene: Scene, revision: str, *tables: str) -> None:
    """Every database stands there, and each of the tables was made in it exactly once."""
    for name, found in scene.seen().items():
        assert found.heads == (revision,), name
        assert {table: found.made[table] for table in tables} == dict.fromkeys(tables, 1), name


def test_failures_within_the_budget(scene: Scene) -> None:
    """Three of all databases fail, all others are done after a canary and in waves, and resume does the three."""
    scene.project.tables("r2", down="r1")
    failing = {scene.names[5], scene.names[SIZE // 2], scene.names[-1]}
    scene.obstruct(failing, "t_r2")
    _write(scene, max_failures=3)

    document = scene.json("rollout", "--yes", code=6)

    found = results(document)
    assert {name for name, result in found.items() if result == "failed"} == failing
    assert Counter(found.values()) == {"applied": SIZE - 3, "failed": 3}
    waves = [body["targets"] for _, _, body in scene.events("wave_started")]
    assert waves[0] == 1, waves
    assert (len(waves), sum(waves)) == (11, SIZE)
    seen = scene.seen()
    assert {name for name, one in seen.items() if one.heads != ("r2",)} == failing
    assert {one.heads for name, one in seen.items() if name in failing} == {("r1",)}

    scene.clear(failing, "t_r2")
    before = Counter(target for _, target, _ in scene.events("step_intent"))
    scene.json("resume", code=0)
    after = Counter(target for _, target, _ in scene.events("step_intent"))
    assert {target.rpartition("@")[2] for target in after - before} == failing
    _assert_all_at(scene, "r2", "t_r2")


def test_failures_over_the_budget(scene: Scene) -> None:
    """More fail than may: what is in hand is finished, nothing else is begun, and resume does all that is left."""
    scene.project.tables("r3", down="r2")
    failing = set(scene.names[1:4])
    scene.obstruct(failing, "t_r3")
    _write(scene, max_failures=2)

    document = scene.json("rollout", "--yes", code=6)

    found = results(document)
    left = {name for name, result in found.items() if result == "not_started"}
    assert {name for name, result in found.items() if result == "failed"} == failing
    assert set(found.values()) == {"applied", "failed", "not_started"}
    second = 1 + max(1, -(-SIZE // 10))
    assert left.issuperset(scene.names[second:]), "a later wave was begun"
    begun = Counter(target for _, target, _ in scene.events("step_intent"))
    ended = Counter(target for _, target, _ in scene.events("step_applied", "step_failed"))
    assert begun == ended
    for name, one in scene.seen().items():
        assert one.heads == (("r3",) if found[name] == "applied" else ("r2",)), name

    scene.clear(failing, "t_r3")
    scene.json("resume", code=0)
    _assert_all_at(scene, "r3", "t_r2", "t_r3")


def test_killed_in_the_middle(scene: Scene) -> None:
    """kill -9 when a third is done: resume finishes all of them, and no revision takes effect twice."""
    scene.project.tables("r4", "r5", down="r3")
    _write(scene, max_failures=0)

    before = scene.newest()
    with scene.running("rollout", "--yes") as process:
        scene.wait(
            lambda: scene.newest() != before and len(scene.events("step_applied")) >= 2 * SIZE // 3, process
        )
        below = workers(process)
        process.kill()
    for pid in below:
        wait_until(lambda pid=pid: gone(pid), f"worker {pid} to end")

    done = {name for name, one in scene.seen().items() if one.heads == ("r5",)}
    assert 0 < len(done) < SIZE
    scene.json("resume", code=0)
    _assert_all_at(scene, "r5", "t_r2", "t_r3", "t_r4", "t_r5")
    scene.run("journal", "verify", code=0)
