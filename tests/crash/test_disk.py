"""The disk under the target is full: a real small file system, on each family."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.conftest import MakeScene
from tests.crash.scene import Scene, Watched
from tests.reliability import Happened
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL

SIZE = 12 * 2**20
LARGE = 24 * 2**20


@pytest.fixture
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system that is smaller than what the revisions here write, open to the servers' account."""
    # Under /tmp itself: a server's account may not go down into the directories of pytest.
    place = Path("/tmp") / f"orchestrate-disk-{os.getpid()}"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0777", "none", str(place)]
    mounted = subprocess.run(mount, check=False, capture_output=True)
    if mounted.returncode:
        place.rmdir()
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)
    place.rmdir()


def too_much(scene: Scene, statement: str) -> str:
    """Roll out r1 and r2, which writes more than there is room for; what it said."""
    scene.line("r1")
    scene.revision("r2", after=f"op.execute({statement!r})")
    done = scene.run("rollout", "--yes")
    assert scene.databases["dev"].heads() == {"r1"}
    assert scene.starts()["dev", "r2"] == 1
    return f"{done.returncode} {done.json['error']['message']}"


@pytest.mark.fault(45)
def test_the_disk_under_postgresql_is_full(
    make_scene: MakeScene, small_disk: Path, postgresql_server: PostgreSQL, happened: Happened
) -> None:
    """PostgreSQL undoes the revision: failed with the server's words, and nothing of it is left."""
    scene = make_scene("postgresql", "dev")
    place = small_disk / "space"
    place.mkdir()
    postgresql_server.hand_over(place)
    postgresql_server.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
    statement = f"CREATE TABLE big TABLESPACE small AS SELECT g FROM generate_series(1, {LARGE // 30}) AS g"
    said = too_much(scene, statement)
    log = [line for line in postgresql_server.log.read_text().splitlines() if "No space left on device" in line]
    assert log
    happened(f"the server's log: {log[-1]}")
    assert said.startswith("6 "), said
    assert "No space left on device" in said
    assert set(scene.databases["dev"].tables()) == {"alembic_version", "t_r1"}
    postgresql_server.execute("DROP TABLESPACE small")


@pytest.mark.fault(45)
def test_the_disk_under_mariadb_is_full(
    make_scene: MakeScene, small_disk: Path, mysql_server: MariaDB, happened: Happened
) -> None:
    """MariaDB keeps what was made before: in doubt, with the objects that appeared."""
    scene = make_scene("mysql", "dev")
    place = small_disk / "space"
    place.mkdir()
    mysql_server.hand_over(place)
    statement = (
        f"CREATE TABLE big (t LONGTEXT) DATA DIRECTORY = '{place}' "
        f"AS SELECT REPEAT('x', 100000) AS t FROM seq_1_to_{LARGE // 100000}"
    )
    said = too_much(scene, statement)
    log = [line for line in mysql_server.log.read_text().splitlines() if "space" in line or "full" in line]
    assert log
    happened(f"the server's log: {log[-1]}")
    assert said.startswith("7 "), said
    assert "is full" in said
    assert "table t_r2 appeared" in said


@pytest.mark.sqlite
@pytest.mark.fault(45)
def test_the_disk_under_sqlite_is_full(make_scene: MakeScene, small_disk: Path, happened: Happened) -> None:
    """The revision ends with SQLite's words; what its table statement kept is named."""
    scene = make_scene("sqlite", "dev")
    database = Watched("sqlite", f"sqlite:///{small_disk}/dev.db")
    scene.databases["dev"] = database
    scene.project.environments({"dev": database.url})
    said = too_much(scene, f"INSERT INTO t_r2 (note) VALUES (zeroblob({LARGE}))")
    free = os.statvfs(small_disk)
    assert free.f_bavail * free.f_frsize < LARGE
    happened(f"{free.f_bavail * free.f_frsize} bytes were free for {LARGE}")
    assert said.startswith(("6 ", "7 ")), said
    assert "full" in said
