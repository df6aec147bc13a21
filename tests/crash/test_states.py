"""Databases that are not what somebody takes them for: foreign, doubled, silent, moved, restored."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from tests.crash.conftest import MakeScene
from tests.crash.scene import Scene, Watched
from tests.reliability import Happened
from tests.servers.mariadb import required
from tests.servers.process import Server
from tests.stories.terminal import type_in


@pytest.fixture
def server(request: pytest.FixtureRequest, family: str) -> Server | None:
    """The server of the family; None for files."""
    found: Server | None = None if family == "sqlite" else request.getfixturevalue(f"{family}_server")
    return found


def released(scene: Scene, *more: str) -> Scene:
    """The scene after a rollout."""
    done = scene.run("rollout", "--yes", *more)
    assert done.returncode == 0, str(done)
    return scene


@pytest.mark.fault(33)
def test_a_revision_that_no_script_has(make_scene: MakeScene, family: str, happened: Happened) -> None:
    """A database at a revision that the scripts lack is told with that id, and nothing is run."""
    scene = make_scene(family, "dev")
    scene.line("r1")
    released(scene).line("r2")
    database = scene.databases["dev"]
    database.do("UPDATE alembic_version SET version_num = 'zz99'")
    happened(f"the version table holds {database.heads()}, the scripts have r1 and r2")
    done = scene.run("rollout", "--yes")
    assert done.returncode == 4, str(done)
    assert "revision zz99, which is in no script" in done.json["error"]["message"]
    assert "t_r2" not in database.tables()


def renamed(family: str, url: str, server: Server | None, place: Path) -> str:
    """Another URL of the same database: another host name and user, or another path."""
    address = make_url(url)
    if server is None:
        (place / "elsewhere").mkdir()
        (place / "elsewhere" / "other.db").symlink_to(str(address.database))
        return f"sqlite:///{place}/elsewhere/other.db"
    server.create_role("somebody", "s3cret-word")
    if family == "mysql":
        server.execute("GRANT ALL ON *.* TO somebody")
    else:
        server.execute("ALTER ROLE somebody SUPERUSER")
    other = make_url(server.url(str(address.database), "somebody", "s3cret-word")).set(host="localhost")
    return other.render_as_string(hide_password=False)


@pytest.mark.fault(41)
def test_one_database_under_two_names(
    make_scene: MakeScene, family: str, server: Server | None, tmp_path: Path, happened: Happened
) -> None:
    """Two environments whose URLs lead to one database are refused, whatever the URLs look like."""
    scene = make_scene(family, "staging")
    staging = scene.databases["staging"]
    staging.do("CREATE TABLE marked (id INTEGER)")
    prod = Watched(family, renamed(family, staging.url, server, tmp_path))
    assert prod.url != staging.url
    assert "marked" in prod.tables()
    happened("what was written through one URL is read through the other")
    scene.databases["prod"] = prod
    scene.project.environments({name: found.url for name, found in scene.databases.items()})
    scene.line("r1")
    done = scene.run("rollout", "--yes")
    assert done.returncode == 2, str(done)
    assert "same database" in done.json["error"]["message"]
    assert set(staging.tables()) == {"marked"}


@pytest.mark.fault(44)
def test_one_of_several_does_not_answer(
    make_scene: MakeScene, family: str, tmp_path: Path, happened: Happened
) -> None:
    """Where one target cannot be reached none is begun: it is named, and the others are as they were."""
    scene = make_scene(family, "dev", "prod")
    scene.line("r1")
    dev = scene.databases["dev"]
    address = make_url(dev.url)
    if family == "sqlite":
        silent = f"sqlite:///{tmp_path}/no_such_folder/prod.db"
        happened(f"there is no folder {tmp_path}/no_such_folder: {not (tmp_path / 'no_such_folder').exists()}")
    else:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))  # bound and never listening: nobody else can answer there
            port = free.getsockname()[1]
            silent = address.set(port=port).render_as_string(hide_password=False)
            with pytest.raises(ConnectionRefusedError) as refused:
                socket.create_connection(("127.0.0.1", port))
            happened(f"port {port}: {refused.value}")
    scene.project.environments({"dev": dev.url, "prod": silent})
    done = scene.run("rollout", "--yes")
    assert done.returncode == 9, str(done)
    assert "prod" in (done.json["error"]["message"] + str(done.json["error"]["problems"]))
    assert dev.tables() == {}
    assert scene.run("rollout", "--through", "dev", "--yes").returncode == 0
    assert dev.heads() == {"r1"}


@pytest.mark.fault(46)
def test_the_database_moved_after_the_plan(make_scene: MakeScene, family: str, happened: Happened) -> None:
    """What somebody applied by hand while a person was asked makes the plan stale: refused, with what changed."""
    scene = make_scene(family, "dev")
    scene.line("r1")
    released(scene).line("r2", "r3")
    database = scene.databases["dev"]

    def yes_after_a_while() -> str:
        with sa.create_engine(database.url, poolclass=sa.NullPool).begin() as connection:
            connection.execute(sa.text("CREATE TABLE t_r2 (id INTEGER)"))
            connection.execute(sa.text("UPDATE alembic_version SET version_num = 'r2'"))
        happened("the version table went from r1 to r2 by another program between the plan and its run")
        return "y\n"

    code, screen, _ = type_in("rollout", cwd=scene.root, env={}, answers={"Run this": yes_after_a_while})
    assert (code, "changed since this plan was made" in screen) == (5, True), screen
    assert database.heads() == {"r2"}
    assert scene.starts()["dev", "r2"] == scene.starts()["dev", "r3"] == 0


def kept(database: Watched, server: Server | None, place: Path) -> Callable[[], object]:
    """A backup of the database as it is now; calling what is returned restores it."""
    name = make_url(database.url).database or ""
    if server is None:
        shutil.copy(name, place / "backup.db")
        return partial(shutil.copy, place / "backup.db", name)
    if database.family == "postgresql":
        server.execute(f'CREATE DATABASE "{name}_backup" TEMPLATE "{name}"')

        def restore() -> None:
            server.drop_database(name)
            server.execute(f'ALTER DATABASE "{name}_backup" RENAME TO "{name}"')

        return restore
    address = [f"--socket={server.directory / 'socket'}", "--user=root"]
    dumped = subprocess.run(
        [required("mariadb-dump"), "--no-defaults", *address, name], capture_output=True, check=True
    )

    def load() -> None:
        server.drop_database(name)
        server.create_database(name)
        subprocess.run([required("mariadb"), "--no-defaults", *address, name], input=dumped.stdout, check=True)

    return load


@pytest.mark.fault(49)
def test_a_restored_database(
    make_scene: MakeScene, family: str, server: Server | None, tmp_path: Path, happened: Happened
) -> None:
    """What a restore took away is told and planned again: the database is the fact, not the journal."""
    scene = make_scene(family, "dev")
    scene.line("r1")
    released(scene).line("r2")
    database = scene.databases["dev"]
    restore = kept(database, server, tmp_path)
    released(scene)
    assert database.heads() == {"r2"}
    restore()
    assert database.heads() == {"r1"}
    assert "t_r2" not in database.tables()
    happened("the version table is back at r1, and the journal has r2 as applied")
    (shown,) = scene.run("status").json["targets"]
    assert (shown["state"], shown["missing"]) == ("behind", ["r2"])
    ((planned,),) = scene.run("plan").json["waves"]
    assert shown["lost"] == planned["lost"] == {"run_id": shown["last_run"]["run_id"], "revisions": ["r2"]}
    resumed = scene.resume()
    assert resumed.returncode == 5, str(resumed)
    assert "ended well, and revision r2 is gone" in resumed.json["error"]["message"]
    done = scene.run("rollout", "--yes")
    assert done.returncode == 0, str(done)
    assert database.heads() == {"r2"}
    assert scene.starts()["dev", "r2"] == 2
