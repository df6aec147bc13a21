"""Two people who promote at the same time: one works, the other is told who, or waits and finds nothing to do."""

from __future__ import annotations

import getpass
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from tests.stories.conftest import EVERY_FAMILY
from tests.stories.pipeline import Pipeline, told

SLOW = """
import pathlib, time
pathlib.Path("started").touch()
while not pathlib.Path("go").exists():
    time.sleep(0.05)
op.create_table("slow", sa.Column("id", sa.Integer))
"""


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
    """While one works, the other exits with 8 and names who and since when, and status names the run too.

    MariaDB tells of a lock's holder only the database user, unless its performance_schema is on.
    """
    pipeline, first = busy
    run = pipeline.latest_run()
    who = "root@127.0.0.1" if pipeline.urls["prod"].startswith("mysql") else f"run {run} by {getpass.getuser()}@"
    told(pipeline("promote", "staging", "prod", "--yes"), 8, f"prod: driven by {who}", " since ", "--wait")
    told(pipeline("status"), 0, run, "is working on it now", who)
    (pipeline.project.root / "go").touch()
    output, errors = first.communicate(timeout=60)
    assert first.returncode == 0, output + errors
    assert pipeline.heads("prod") == {"a1"}


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
