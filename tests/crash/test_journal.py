"""The journal under pressure: no space, no file, tampering, several writers, kill -9 in the middle of a record."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.events import Event, EventKind
from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.errors import JournalError
from orchestrator.journal.journal import Journal
from tests.crash.conftest import MakeScene
from tests.crash.scene import Scene, held_still, wait_until, worker
from tests.crash.test_kill import resumed
from tests.servers.postgresql import PostgreSQL

Happened = Callable[[str], None]

WRITER = """
import sys
from datetime import UTC, datetime
from orchestrator.core.events import Event, EventKind
from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.journal.journal import Journal

url, run, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Journal(Secret(url), writing=True) as journal:
    print("ready", flush=True)
    for number in range(count):
        now, body = datetime.now(UTC), {"n": number}
        journal.record([Event(EventKind.STEP_APPLIED, now, run, "test", Target("dev"), str(number), body)])
        print(number, flush=True)
"""


def writer(url: str, run: str, count: int, says: int | None = None) -> subprocess.Popen[bytes]:
    """A process that records events and says each number, in the file `says`, only when `record` has returned."""
    command = [sys.executable, "-c", WRITER, url, run, str(count)]
    return subprocess.Popen(command, stdout=says, cwd=Path(__file__).parents[2])


def numbers(url: str, run: str) -> list[int]:
    """What the journal holds of a writer."""
    with Journal(Secret(url)) as journal:
        return [int(event.revision or "") for event in journal.events(run)]


@pytest.fixture(params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("sqlite", "postgresql")])
def journal_url(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> str:
    """An empty place for a journal, of each kind that one may have."""
    return new_database(request.param)


def test_several_writers_keep_one_chain(journal_url: str) -> None:
    """Processes that make a journal together and write into it at once lose nothing and keep one chain."""
    writers = {f"run-{number}": writer(journal_url, f"run-{number}", 15) for number in range(4)}
    for process in writers.values():
        process.wait(90)
        assert process.returncode == 0
    assert all(numbers(journal_url, run) == list(range(15)) for run in writers)
    with Journal(Secret(journal_url)) as journal:
        assert journal.verify()[0] == 60


def kills(tmp_path: Path, url: str, count: int, seed: int) -> int:
    """Kill so many writers at random moments, also while they make the journal; how many events were acknowledged.

    Asserts of each that no acknowledged event is missing, that at most the one in hand is there beside these, and
    that the chain is whole at the end.
    """
    moments, acknowledged = random.Random(seed), 0
    for round_ in range(count):
        says = tmp_path / f"says-{round_}"
        with says.open("wb") as file:
            process = writer(url, f"run-{round_}", 10_000, file.fileno())
        if round_ % 10:
            wait_until(lambda says=says: "\n0\n" in says.read_text(), "an event to be acknowledged")
            time.sleep(moments.uniform(0, 0.12))
        else:
            time.sleep(moments.uniform(0.1, 0.9))
        process.kill()
        assert process.wait(30) == -signal.SIGKILL
        said = [int(line) for line in says.read_text().split("\n")[:-1] if line.isdigit()]
        held = numbers(url, f"run-{round_}")
        assert held[: len(said)] == said, f"seed {seed}, round {round_}"
        assert len(held) - len(said) <= 1, f"seed {seed}, round {round_}"
        acknowledged += len(said)
    with Journal(Secret(url)) as journal:
        assert journal.verify()[0] >= acknowledged
    return acknowledged


@pytest.mark.slow
def test_no_acknowledged_event_is_lost(tmp_path: Path, journal_url: str) -> None:
    """Of writers killed at any moment, also while they make the journal, no acknowledged event is missing."""
    seed = int(os.environ.get("CRASH_SEED") or random.randrange(10**6))
    print(f"CRASH_SEED={seed}")
    assert kills(tmp_path, journal_url, 12, seed) > 0


@pytest.mark.sqlite
def test_a_reader_gets_past_a_writer_killed_in_mid_commit(tmp_path: Path) -> None:
    """A journal whose writer died with its transaction half in the file is read as it was before that."""
    path = tmp_path / "journal.db"
    with Journal(Secret(f"sqlite:///{path}"), writing=True) as journal:
        journal.record([event(0)])
    half = "\n".join(
        [
            "import os, sqlite3, sys",
            "connection = sqlite3.connect(sys.argv[1], isolation_level=None)",
            "connection.execute('PRAGMA cache_size = 1')",
            "connection.execute('BEGIN IMMEDIATE')",
            "connection.execute('CREATE TABLE filler (x)')",
            "connection.executemany('INSERT INTO filler VALUES (?)', [('x' * 3000,)] * 500)",
            "os.kill(os.getpid(), 9)",
        ]
    )
    subprocess.run([sys.executable, "-c", half, str(path)], check=False)
    hot = path.with_name("journal.db-journal")
    assert hot.exists(), "without a hot journal this proves nothing"
    assert hot.stat().st_size > 0
    with Journal(Secret(f"sqlite:///{path}")) as journal:
        assert journal.verify()[0] == 1


def event(number: int) -> Event:
    """Some event."""
    return Event(
        EventKind.STEP_APPLIED, datetime.now(UTC), "run", "test", Target("dev"), str(number), {"n": number}
    )


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE orchestrate_events SET body = replace(body, '2', '3') WHERE sequence = 3",
        "UPDATE orchestrate_events SET actor = 'somebody else' WHERE sequence = 3",
        "UPDATE orchestrate_events SET kind = 'no_such_kind' WHERE sequence = 3",
        "UPDATE orchestrate_events SET at = 'yesterday' WHERE sequence = 3",
        "UPDATE orchestrate_events SET body = 'not json' WHERE sequence = 3",
        "DELETE FROM orchestrate_events WHERE sequence = 3",
        "DELETE FROM orchestrate_events WHERE sequence < 3",
    ],
)
def test_a_changed_event_is_found(tmp_path: Path, change: str) -> None:
    """A journal in which an event was changed or removed says so, and at which event; nothing is called a bug."""
    path = tmp_path / "journal.db"
    with Journal(Secret(f"sqlite:///{path}"), writing=True) as journal:
        journal.record([event(number) for number in range(5)])
        assert journal.verify()[0] == 5
    with sqlite3.connect(path) as connection:
        assert connection.execute(change).rowcount > 0
    with (
        Journal(Secret(f"sqlite:///{path}")) as journal,
        pytest.raises(JournalError, match=r"broken at event [13]"),
    ):
        journal.verify()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 96 KiB, where this user may mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96k", "none", str(place)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


def filled(place: Path) -> None:
    """Take all the space that is left."""
    with (place / "filler").open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 1024):
                pass
        except OSError:
            return


def in_mid_run(scene: Scene, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """A rollout whose second revision waits at its gate."""
    scene.line("r1")
    scene.revision("r2", gate="gate")
    scene.line("r3")
    process = scene.start("rollout", "--yes", "--format", "json", env=env)
    wait_until(scene.at("gate", "dev"), "the revision to run", process)
    return process


def told(process: subprocess.Popen[str]) -> str:
    """The whole output of a run that lost its journal: exit 10, the revision in hand named, no other begun."""
    out, err = process.communicate(timeout=60)
    assert process.returncode == 10, f"{out}\n{err}"
    document = json.loads(out)
    assert "outcome of revision r2 could not be recorded; the database is at r2" in document["error"]["message"], (
        out
    )
    assert document["error"]["mend"].count(f"orchestrate resume {document['run_id']}") == 1
    (target,) = document["targets"]
    assert [step["outcome"] for step in target["revisions"]] == ["applied", "applied", "not_started"]
    return out + err


@pytest.mark.fault(23)
@pytest.mark.postgresql
def test_the_disk_of_the_journal_is_full(make_scene: MakeScene, small_disk: Path, happened: Happened) -> None:
    """On a full disk the run stops after the revision in hand and says what was applied; resume goes on.

    The outcome that could not be recorded is on stderr and in the run's log.
    """
    scene = make_scene("postgresql", "dev")
    env = {"ORCHESTRATE_JOURNAL": f"sqlite:///{small_disk}/journal.db"}
    process = in_mid_run(scene, env)
    filled(small_disk)
    happened(f"{os.statvfs(small_disk).f_bavail} blocks are free under the journal")
    assert os.statvfs(small_disk).f_bavail == 0
    scene.open("gate")
    said = told(process)
    assert "database or disk is full" in said
    (lost,) = [line for line in scene.lines("step_applied") if line.get("recorded") is False]
    assert (lost["target"], lost["revision"], lost["heads"]) == ("dev", "r2", ["r2"])
    assert '"recorded": false' in said
    assert scene.databases["dev"].heads() == {"r2"}
    (small_disk / "filler").unlink()
    done = scene.run("resume", env=env)
    assert done.returncode == 0, str(done)
    assert [step["outcome"] for step in done.json["targets"][0]["revisions"]] == [
        "applied",
        "recovered",
        "applied",
    ]
    assert scene.starts()["dev", "r2"] == 1
    assert scene.databases["dev"].heads() == {"r3"}


@pytest.mark.fault(23)
@pytest.mark.postgresql
def test_the_journal_cannot_grow(make_scene: MakeScene, happened: Happened) -> None:
    """A limit on the size of files stops a run as a full disk does, with the database where it is said to be."""
    scene = make_scene("postgresql", "dev")
    process = in_mid_run(scene)
    size = scene.journal.stat().st_size
    limit = subprocess.run(["prlimit", "--pid", str(process.pid), f"--fsize={size // 2}"], check=False)
    assert limit.returncode == 0
    happened(f"no file of process {process.pid} may be longer than {size // 2} bytes; the journal has {size}")
    scene.open("gate")
    told(process)
    assert scene.databases["dev"].heads() == {"r2"}
    assert resumed(scene) == 1
    scene.assert_complete(exactly_once=True)


@pytest.mark.slow
@pytest.mark.postgresql
def test_the_journal_is_locked_by_somebody(make_scene: MakeScene) -> None:
    """A journal that somebody keeps locked stops a run after the revision in hand; nothing hangs."""
    scene = make_scene("postgresql", "dev")
    process = in_mid_run(scene)
    with sqlite3.connect(scene.journal, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        scene.open("gate")
        told(process)
        other.execute("ROLLBACK")
    assert resumed(scene) == 1
    scene.assert_complete(exactly_once=True)


@pytest.mark.fault(25)
@pytest.mark.postgresql
def test_the_journal_is_removed(make_scene: MakeScene, happened: Happened) -> None:
    """A journal that is gone in mid-run stops it with exit 10; the databases are the truth to go on from."""
    scene = make_scene("postgresql", "dev")
    process = in_mid_run(scene)
    with held_still(process.pid):
        scene.journal.unlink()
        assert worker(process)
    happened(f"{scene.journal.name} was removed while process {process.pid} had it open")
    scene.open("gate")
    told(process)
    assert scene.databases["dev"].heads() == {"r2"}
    done = scene.run("rollout", "--yes")
    assert done.returncode == 0, str(done)
    scene.assert_complete(exactly_once=True)


@pytest.mark.postgresql
def test_the_journals_server_goes_away(make_scene: MakeScene, new_database: Callable[[str], str]) -> None:
    """A journal whose server ends the session while nothing is written is connected again; nothing is lost."""
    scene = make_scene("postgresql", "dev")
    env = {"ORCHESTRATE_JOURNAL": new_database("postgresql").replace("+psycopg", "")}
    process = in_mid_run(scene, env)
    ended = scene.databases["dev"].rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'orchestrate journal%'"
    )
    assert ended == [(True,)]
    scene.open("gate")
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert scene.starts()["dev", "r2"] == 1
    assert scene.databases["dev"].heads() == {"r3"}


@pytest.mark.fault(24)
@pytest.mark.slow
@pytest.mark.postgresql
def test_the_journals_server_stays_away(make_scene: MakeScene, happened: Happened, request: Any) -> None:
    """A journal whose server stopped in mid-run is waited for, then the run stops after the revision in hand.

    What was applied is said; when the server is back `resume` records it and goes on.
    """
    server = PostgreSQL()
    request.addfinalizer(server.remove)
    server.start()
    env = {"ORCHESTRATE_JOURNAL": server.new_database()[1]}
    scene = make_scene("postgresql", "dev")
    process = in_mid_run(scene, env)
    server.stop()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", server.port), 5)
    happened(f"nobody listens on port {server.port} any more")
    scene.open("gate")
    said = told(process)
    assert "warning: the journal in 127.0.0.1:" in said
    assert "does not answer; trying again for 10 seconds" in said
    assert scene.databases["dev"].heads() == {"r2"}
    server.start()
    done = scene.run("resume", env=env)
    assert done.returncode == 0, str(done)
    assert [step["outcome"] for step in done.json["targets"][0]["revisions"]] == [
        "applied",
        "recovered",
        "applied",
    ]
    assert scene.starts()["dev", "r2"] == 1


SKEWED = """
import datetime, os
shift = datetime.timedelta(seconds=float(os.environ["CLOCK_SHIFT"]))
class Shifted(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + shift
datetime.datetime = Shifted
"""


@pytest.mark.fault(22)
def test_clocks_an_hour_apart(make_scene: MakeScene, family: str, tmp_path: Path, happened: Happened) -> None:
    """A run begun by a clock an hour ahead and resumed by one an hour behind goes on; order is by sequence."""
    scene = make_scene(family, "dev")
    scene.line("r1")
    scene.revision("r2", gate="gate")
    scene.line("r3")
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(SKEWED)

    def clock(hours: int) -> dict[str, str]:
        return {"PYTHONPATH": str(tmp_path / "clock"), "CLOCK_SHIFT": str(3600 * hours)}

    process = scene.start("rollout", "--yes", env=clock(1))
    wait_until(scene.at("gate", "dev"), "the revision to run", process)
    process.send_signal(signal.SIGINT)
    scene.open("gate")
    process.communicate(timeout=60)
    assert process.returncode == 130
    done = scene.run("resume", env=clock(-1))
    assert done.returncode == 0, str(done)
    with Journal(Secret(f"sqlite:///{scene.journal}")) as journal:
        times = [row[1] for row in journal.rows()]
    assert times != sorted(times)
    happened(f"the journal's times go back, from {max(times)} to {times[-1]}")
    scene.assert_complete(exactly_once=True)
    assert [run["outcome"] for run in scene.run("runs").json["runs"]] == ["succeeded"]


@pytest.mark.sqlite
def test_unwritable_from_the_start(make_scene: MakeScene, tmp_path: Path) -> None:
    """Where no journal can be made nothing is begun."""
    scene = make_scene("sqlite", "dev")
    scene.line("r1")
    (tmp_path / "file").touch()
    done = scene.run("rollout", "--yes", env={"ORCHESTRATE_JOURNAL": f"sqlite:///{tmp_path}/file/journal.db"})
    assert done.returncode == 10, str(done)
    assert not scene.starts()
