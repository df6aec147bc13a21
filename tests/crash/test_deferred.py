"""Projects whose env.py decides itself when to commit: nothing is applied before it was read back."""

from __future__ import annotations

import pytest

from tests.crash.conftest import MakeScene
from tests.crash.scene import Scene, kill, wait_until
from tests.crash.test_kill import resumed

CONNECTED = "    with connectable.connect() as connection:\n"
CONFIGURED = "        context.configure(\n"
INSERTING = """
import pathlib, time
place = pathlib.Path({place!r})
op.execute("INSERT INTO t_r1 (id) VALUES (1)")
(place / "at_gate").touch()
patience = time.monotonic() + 60
while not (place / "gate").exists() and time.monotonic() < patience:
    time.sleep(0.01)
"""
AUTOCOMMIT = '        poolclass=pool.NullPool,\n        isolation_level="AUTOCOMMIT",\n'


def edited(scene: Scene, old: str, new: str) -> None:
    """Change the project's env.py; what is changed must be there."""
    text = scene.project.env_py.read_text()
    before, found, after = text.rpartition(old)
    assert found, f"{old!r} is not in env.py"
    scene.project.env_py.write_text(before + new + after)


def deferred(make_scene: MakeScene, family: str, *, declared: bool) -> Scene:
    """A scene whose env.py commits all at its end; declared so in environments.yaml, or only found out."""
    scene = make_scene(family, "dev")
    edited(scene, CONNECTED, CONNECTED.replace("connect()", "begin()"))
    if declared:
        file = scene.root / "environments.yaml"
        project = "projects:\n  app:\n    config: alembic.ini\n    transactions: as_env\n"
        file.write_text(file.read_text() + project)
    return scene


@pytest.mark.postgresql
@pytest.mark.parametrize("declared", [True, False])
def test_all_is_recorded_after_it_was_read_back(make_scene: MakeScene, declared: bool) -> None:
    """While env.py's transaction is open nothing is recorded as applied; after its commit everything is."""
    scene = deferred(make_scene, "postgresql", declared=declared)
    scene.line("r1", "r2")
    scene.revision("r3", gate="gate")
    process = scene.start()
    wait_until(scene.at("gate", "dev"), "the third revision to run", process)
    assert len(scene.events("step_intent")) == 3
    assert scene.databases["dev"].heads() == set()
    assert not scene.events("step_applied")
    scene.open("gate")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, f"{out}\n{err}"
    assert len(scene.events("step_applied")) == 3
    scene.assert_complete(exactly_once=True)


@pytest.mark.postgresql
@pytest.mark.parametrize("declared", [True, False])
def test_a_failure_undoes_all(make_scene: MakeScene, declared: bool) -> None:
    """The third of four fails: the database has none of them, the run says so, and resume applies all."""
    scene = deferred(make_scene, "postgresql", declared=declared)
    scene.line("r1", "r2")
    scene.revision("r3", after='if not (place / "gate").exists():\n    raise RuntimeError("as planned")')
    scene.line("r4")
    done = scene.run("rollout", "--yes")
    assert done.returncode == 6, str(done)
    assert scene.databases["dev"].tables() == {}
    (target,) = done.json["targets"]
    assert [step["outcome"] for step in target["revisions"]] == ["failed", "failed", "failed", "not_started"]
    assert target["to"] == []
    scene.open("gate")
    assert resumed(scene) == 1
    scene.assert_complete()


@pytest.mark.postgresql
def test_killed_while_all_is_pending(make_scene: MakeScene) -> None:
    """Killed before env.py commits, nothing is applied, and the resumed run applies everything once."""
    scene = deferred(make_scene, "postgresql", declared=True)
    scene.line("r1", "r2")
    scene.revision("r3", gate="gate")
    process = scene.start()
    wait_until(scene.at("gate", "dev"), "the third revision to run", process)
    kill(process)
    scene.open("gate")
    assert resumed(scene) == 1
    scene.assert_complete()


@pytest.mark.postgresql
@pytest.mark.parametrize("declared", [True, False])
def test_an_env_py_that_never_commits(make_scene: MakeScene, declared: bool) -> None:
    """A statement before `configure` swallows every commit: that is told as a failure, never as applied."""
    scene = make_scene("postgresql", "dev")
    edited(scene, CONFIGURED, "        connection.exec_driver_sql('SET search_path TO public')\n" + CONFIGURED)
    if declared:
        file = scene.root / "environments.yaml"
        file.write_text(
            file.read_text() + "projects:\n  app:\n    config: alembic.ini\n    transactions: as_env\n"
        )
    scene.line("r1", "r2")
    done = scene.run("rollout", "--yes")
    assert done.returncode == 6, str(done)
    assert scene.starts()["dev", "r2"] == 1, "every revision ran, or this proves nothing"
    assert scene.databases["dev"].tables() == {}
    assert not scene.events("step_applied")
    assert "does not have revision" in done.json["error"]["message"]
    assert "commit" in done.json["error"]["mend"]


@pytest.mark.mysql
def test_a_failure_where_ddl_is_not_undone(make_scene: MakeScene) -> None:
    """On MariaDB the table of a revision that env.py rolled back stays, so that revision is in doubt."""
    scene = deferred(make_scene, "mysql", declared=True)
    scene.line("r1", "r2")
    scene.revision("r3", before='raise RuntimeError("before any statement")')
    done = scene.run("rollout", "--yes")
    assert done.returncode == 7, str(done)
    database = scene.databases["dev"]
    (target,) = done.json["targets"]
    outcomes = {step["revision"]: step["outcome"] for step in target["revisions"]}
    assert "t_r2" in database.tables()
    assert database.heads() == {"r1"}
    assert outcomes == {"r1": "applied", "r2": "in_doubt", "r3": "failed"}


@pytest.mark.mysql
def test_what_an_earlier_pending_revision_kept_is_not_forgotten(make_scene: MakeScene) -> None:
    """A statement of an earlier revision that the database kept and no schema shows leaves that one in doubt."""
    scene = deferred(make_scene, "mysql", declared=True)
    scene.line("r1")
    scene.project.revision("r2", "r1", 'op.execute("TRUNCATE TABLE t_r1")')
    scene.project.revision("r3", "r2", 'raise RuntimeError("before any statement")')
    done = scene.run("rollout", "--yes")
    assert done.returncode == 7, str(done)
    assert "TRUNCATE TABLE t_r1" in done.json["error"]["message"]
    assert scene.databases["dev"].heads() == {"r1"}


@pytest.mark.parametrize(
    "family", [pytest.param(f, marks=getattr(pytest.mark, f)) for f in ("postgresql", "sqlite")]
)
def test_an_engine_that_commits_each_statement(make_scene: MakeScene, family: str) -> None:
    """Where env.py has every statement commit by itself, a failed revision is in doubt on any database."""
    scene = make_scene(family, "dev")
    edited(scene, "        poolclass=pool.NullPool,\n", AUTOCOMMIT)
    scene.line("r1")
    scene.revision("r2", after='op.execute("INSERT INTO t_r1 (id) VALUES (1)")\nraise RuntimeError("as planned")')
    done = scene.run("rollout", "--yes")
    assert done.returncode == 7, str(done)
    assert scene.databases["dev"].rows("SELECT id FROM t_r1") == [(1,)]
    doubt = done.json["targets"][0]["revisions"][1]["doubt"]
    assert any("INSERT INTO t_r1 (id)" in one["statement"] for one in doubt["statements"]), doubt


@pytest.mark.slow
@pytest.mark.parametrize(
    "family", [pytest.param(f, marks=getattr(pytest.mark, f)) for f in ("postgresql", "sqlite")]
)
def test_killed_with_an_engine_that_commits_each_statement(make_scene: MakeScene, family: str) -> None:
    """Killed there, a revision whose schema change is not to be seen is in doubt too, and not run again."""
    scene = make_scene(family, "dev")
    edited(scene, "        poolclass=pool.NullPool,\n", AUTOCOMMIT)
    scene.line("r1")
    scene.project.revision("r2", "r1", INSERTING.format(place=str(scene.root)))
    process = scene.start()
    wait_until((scene.root / "at_gate").exists, "the second revision to run", process)
    kill(process)
    scene.open("gate")
    assert scene.databases["dev"].rows("SELECT id FROM t_r1") == [(1,)]
    assert scene.resume().returncode == 7
    assert scene.run("rollout", "--yes").returncode == 7
    assert scene.databases["dev"].rows("SELECT id FROM t_r1") == [(1,)]


@pytest.mark.postgresql
def test_a_commit_that_the_database_refuses(make_scene: MakeScene) -> None:
    """A constraint that is checked at the commit undoes the revision: failed, and known to have left nothing."""
    scene = make_scene("postgresql", "dev")
    scene.line("r1")
    late = (
        "op.execute('CREATE TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)')\n"
        "op.execute('INSERT INTO late VALUES (1), (1)')"
    )
    scene.project.revision("r2", "r1", late)
    done = scene.run("rollout", "--yes")
    assert done.returncode == 6, str(done)
    assert set(scene.databases["dev"].tables()) == {"alembic_version", "t_r1"}
    assert scene.recorded("step_failed", "dev", "r2") == 1
