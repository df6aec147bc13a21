"""Two people who promote at the same time: one works, the other is told who, or waits and finds nothing to do."""

from __future__ import annotations

import getpass
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pymysql
import pytest

from tests.crash.scene import kill, wait_until
from tests.stories.conftest import EVERY_FAMILY
from tests.stories.pipeline import Pipeline, told

SLOW = """
import pathlib, time
pathlib.Path("started").touch()
while not pathlib.Path("go").exists():
    time.sleep(0.05)
op.create_table("slow", sa.Column("id", sa.Integer))
"""

_WORKING = {
    "mysql": "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'SELECT SLEEP(%'",
    "postgresql": "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
    " AND query LIKE 'SELECT pg_sleep(%'",
}
_ENDING = {"mysql": "KILL {}", "postgresql": "SELECT pg_terminate_backend({})"}


@pytest.fixture(params=EVERY_FAMILY)
def busy(
    request: pytest.FixtureRequest, make_pipeline: Callable[..., Pipeline]
) -> Iterator[tuple[Pipeline, subprocess.Popen[str]]]:
    """A promotion to prod that is in the middle of a revision until the file `go` exists."""
    pipeline = make_pipeline(request.param)
    pipeline.project.revision("a1", None, SLOW, message="take long")
    pipeline.stamp(staging="a1")
    first = pipeline.start("promote", "staging", "prod", "--yes")
    started = pipeline.project.root / "started"
    end = time.monotonic() + 60
    while not started.exists():
        assert first.poll() is None, first.communicate()
        assert time.monotonic() < end
        time.sleep(0.05)
    yield pipeline, first
    (pipeline.project.root / "go").touch()
    first.communicate(timeout=60)


def test_the_second_is_told_who_holds_it_and_since_when(
    busy: tuple[Pipeline, subprocess.Popen[str]],
) -> None:
    """While one works, the other exits with 8 and names the run, who and since when, and so does status."""
    pipeline, first = busy
    run = pipeline.latest_run()
    who = f"run {run} by {getpass.getuser()}@"
    told(pipeline("promote", "staging", "prod", "--yes"), 8, f"prod: driven by {who}", " since ", "--wait")
    told(pipeline("status"), 0, run, "is working on it now", who)
    shown = pipeline("locks", "--format", "json", "--exit-code").json
    assert shown["exit_code"] == 8
    staging, prod = shown["targets"]
    assert (staging["run_lock"], staging["work_lock"], staging["mend"]) == (None, None, None)
    driver, worker = prod["run_lock"], prod["work_lock"]
    assert (driver["run"], driver["pid"], driver["on_this_machine"]) == (run, first.pid, True)
    assert (driver["process_alive"], driver["recorded"]["outcome"]) == (True, None)
    assert (worker["run"], worker["recorded"]["run_id"], prod["revision"]) == (run, run, "a1")
    assert worker["session"] or worker["process_alive"]
    told(pipeline("locks", "prod"), 0, f"(process {first.pid}), on this machine", f"kill {first.pid}")
    (pipeline.project.root / "go").touch()
    output, errors = first.communicate(timeout=60)
    assert first.returncode == 0, output + errors
    assert pipeline.heads("prod") == {"a1"}
    told(pipeline("locks", "--exit-code"), 0, "no lock is held")


@pytest.mark.parametrize(
    ("family", "sleeping"),
    [
        pytest.param("mysql", "SELECT SLEEP(60)", marks=pytest.mark.mysql),
        pytest.param("postgresql", "SELECT pg_sleep(60)", marks=pytest.mark.postgresql),
    ],
)
def test_a_killed_runs_session_is_told_before_the_doubt_can_be_settled(
    make_pipeline: Callable[..., Pipeline], family: str, sleeping: str
) -> None:
    """While the server works for a killed run, status names the session and says nothing but to wait for it."""
    pipeline = make_pipeline(family, "prod")
    pipeline.project.revision(
        "a1", None, f'op.execute("CREATE TABLE slow (id INTEGER)")\nop.execute("{sleeping}")'
    )
    first = pipeline.start("rollout", "--yes")
    wait_until(lambda: pipeline.rows("prod", _WORKING[family]), "the statement to run", first)
    ((session,),) = pipeline.rows("prod", _WORKING[family])
    kill(first)
    said = told(pipeline("status"), 0, f"session {session} still works for it", " --wait 60")
    assert "resolve" not in said
    with suppress(pymysql.err.OperationalError):  # MariaDB may have noticed by itself that its client is gone
        pipeline.execute("prod", _ENDING[family].format(session))
    wait_until(lambda: not pipeline.rows("prod", _WORKING[family]), "the session to end")
    left = "orchestrate resolve " if family == "mysql" else "next: orchestrate resume "
    assert "still works" not in told(pipeline("status"), 0, left)


def test_the_second_may_wait_and_finds_nothing_to_do(busy: tuple[Pipeline, subprocess.Popen[str]]) -> None:
    """With --wait the other queues, says for whom, and ends with 0 when everything is there already."""
    pipeline, first = busy
    second = pipeline.start("promote", "staging", "prod", "--yes", "--wait", "60", "--log-format", "json")
    assert second.stderr is not None
    for line in second.stderr:
        if "lock_waiting" in line:
            break
    (pipeline.project.root / "go").touch()
    for process in (first, second):
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, output + errors
    assert pipeline.heads("prod") == {"a1"}
