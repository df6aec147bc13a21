"""Where output goes, and what a pipe, a log file or a program finds there."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.stories.pipeline import Pipeline, told


@pytest.fixture
def shop(sqlite: Pipeline) -> Pipeline:
    """Two revisions, nowhere applied yet."""
    sqlite.project.tables("a1", "a2")
    return sqlite


def test_the_log_is_on_stderr_and_in_the_runs_file(shop: Pipeline) -> None:
    """A program finds one JSON object a line on stderr, the same in the run's file, and one document on stdout."""
    completed = shop("rollout", "--yes", "--format", "json")
    lines = [json.loads(line) for line in completed.stderr.splitlines()]
    assert (lines[0]["event"], lines[-1]["event"]) == ("run_started", "run_finished")
    assert all({"at", "event", "run", "actor"} <= line.keys() for line in lines)
    file = shop.project.root / ".orchestrator" / "logs" / f"{completed.json['run_id']}.jsonl"
    assert [json.loads(line) for line in file.read_text().splitlines()] == lines


def test_log_lines_for_people(shop: Pipeline) -> None:
    """--log-format human writes what happens in words, one line each, without escape sequences in a pipe."""
    completed = shop("rollout", "--yes", "--log-format", "human")
    told(completed, 0, "staging applied 1/2 a1 Revision a1", "prod applied 2/2 a2 Revision a2")
    assert "\x1b" not in completed.stderr


def _through_a_pipe(shop: Pipeline, command: str) -> tuple[int, str, str]:
    """Run `orchestrate COMMAND | head -1` as a shell does; the exit code is the command's."""
    line = f"set -o pipefail; {sys.executable} -m orchestrator {command} | head -1"
    environ = {name: value for name, value in shop.environ.items() if value is not None}
    done = subprocess.run(
        ["bash", "-c", line],
        check=False,
        cwd=shop.project.root,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", ["runs", "status", "schema", "--help"])
def test_a_reader_that_goes_early(shop: Pipeline, command: str) -> None:
    """`orchestrate … | head -1` shows the first line and no complaint."""
    _, output, errors = _through_a_pipe(shop, command)
    assert output.count("\n") == 1
    assert errors == ""


def test_a_reader_that_goes_during_a_run(shop: Pipeline) -> None:
    """A run whose log nobody reads any more goes on to its end."""
    _through_a_pipe(shop, "rollout --yes 2>&1")
    assert [shop.heads(name) for name in shop.urls] == [{"a2"}, {"a2"}]
    told(shop("runs"), 0, "succeeded")


def test_json_lines(shop: Pipeline) -> None:
    """Each event is a line of stdout as it happens, and the last line is the document; stderr is silent."""
    completed = shop("rollout", "--yes", "--format", "jsonl")
    *events, document = (json.loads(line) for line in completed.stdout.splitlines())
    assert (events[0]["event"], events[-1]["event"], completed.stderr) == ("run_started", "run_finished", "")
    assert [event["target"] for event in events if event["event"] == "target_finished"] == ["staging", "prod"]
    assert (document["outcome"], document["summary"]["prod"]) == (
        "succeeded",
        {"targets": 1, "results": {"applied": 1}},
    )
    looked = shop("status", env={"ORCHESTRATE_FORMAT": "jsonl"})
    staging, prod, document = (json.loads(line) for line in looked.stdout.splitlines())
    assert [{"event": "target", **target} for target in document["targets"]] == [staging, prod]
    failed = shop("show", "nope", "--format", "jsonl")
    assert (failed.returncode, json.loads(failed.stdout)["exit_code"], failed.stdout.count("\n")) == (2, 2, 1)
    misused = shop("show", "--nope", "--format", "jsonl")
    assert (misused.returncode, misused.stdout.count("\n"), misused.stderr) == (2, 1, "")


def test_a_reader_of_json_lines_that_goes_during_a_run(shop: Pipeline) -> None:
    """A run whose events nobody reads any more goes on to its end."""
    _, output, _ = _through_a_pipe(shop, "rollout --yes --format jsonl")
    assert json.loads(output)["event"] == "run_started"
    assert [shop.heads(name) for name in shop.urls] == [{"a2"}, {"a2"}]


@pytest.mark.parametrize("columns", ["0", "20", "40", "500"])
def test_narrow_and_wide(shop: Pipeline, columns: str) -> None:
    """However few columns there are, a revision's id can be read and nothing breaks."""
    shop.stamp(staging="a2")
    completed = shop("status", env={"COLUMNS": columns})
    told(completed, 0, "a2")
    assert max(map(len, completed.stdout.splitlines())) <= max(int(columns), 80)


def test_a_program_gets_one_document_also_when_it_fails(shop: Pipeline) -> None:
    """Whatever goes wrong, stdout is one JSON document with the exit code and the error in it."""
    shop.stamp(staging="a2", prod="zz9")
    for args, code in (
        (("promote", "staging", "prod"), 4),
        (("status", "--config", "nope.yaml"), 2),
        (("resume",), 2),
        (("show", "nope"), 2),
    ):
        completed = shop(*args, "--format", "json")
        document = completed.json
        assert (completed.returncode, document["exit_code"], document["success"]) == (code, code, False)
        assert document["error"]["message"]
        assert completed.stderr == ""
