"""Mistakes in what the user wrote: each is told with what, where and mend, and creates nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reliability import Happened
from tests.stories.pipeline import Pipeline, told

YAML = {
    "cut off": ('version: 1\nenvironments:\n  dev: {url: "x"\n', ["environments.yaml:4", "not YAML", "→"]),
    "empty file": ("", ["environments.yaml", "→"]),
    "no environments": (
        "version: 1\nenvironments: {}\n",
        ["environments.yaml:2: there are no environments", "→ add"],
    ),
    "empty list": ("version: 1\nenvironments: []\n", ["environments.yaml:2: there are no environments", "→ add"]),
    "unknown keys": (
        "version: 1\nenvironments:\n  dev: {urll: 'sqlite:///a.db'}\n  prod: {url: 'sqlite:///p', protcted: 1}\n",
        [
            "2 problems",
            "environments.yaml:3: dev: unknown key 'urll'",
            "'url'?",
            "environments.yaml:4",
            "'protected'?",
        ],
    ),
    "unset variables": (
        "version: 1\nenvironments:\n  dev: {url: '${DEV_URL_X}'}\n  prod: {url: '${PROD_URL_X}'}\n",
        ["2 problems", "DEV_URL_X", "PROD_URL_X", "environments.yaml:3", "environments.yaml:4", "→"],
    ),
    "the same key twice": (
        "version: 1\nenvironments:\n  dev: {url: 'sqlite:///a.db'}\n  dev: {url: 'sqlite:///b.db'}\n",
        ["environments.yaml:4", "dev", "→"],
    ),
    "one database twice": (
        "version: 1\nenvironments:\n  dev: {url: 'sqlite:///a.db'}\n  prod: {url: 'sqlite:///a.db'}\n",
        ["dev", "prod", "same database", "→"],
    ),
}


@pytest.mark.parametrize("case", YAML)
@pytest.mark.parametrize("command", [("status",), ("promote", "dev", "prod", "--yes")], ids=["status", "promote"])
def test_mistakes_in_the_file(sqlite: Pipeline, case: str, command: tuple[str, ...]) -> None:
    """Every mistake is told at once, each with its line and its mend, with exit code 2."""
    text, said = YAML[case]
    (sqlite.project.root / "environments.yaml").write_text(text)
    before = sqlite.files()
    told(sqlite(*command), 2, *said)
    assert sqlite.files() == before


def test_no_file_at_all(sqlite: Pipeline) -> None:
    """Without environments.yaml the command that writes one is named."""
    (sqlite.project.root / "environments.yaml").unlink()
    told(sqlite("status"), 2, "environments.yaml: there is no such file", "orchestrate init")
    told(sqlite("status", "-c", "other.yaml"), 2, "other.yaml: there is no such file")


def test_no_alembic_ini(sqlite: Pipeline) -> None:
    """A missing alembic.ini is told with its path and both ways to mend it."""
    sqlite.project.ini.unlink()
    told(sqlite("status"), 2, f"{sqlite.project.ini}: there is no such file", "projects.app.config")


def test_no_script_location(sqlite: Pipeline) -> None:
    """A script_location that does not exist is told with its path."""
    (sqlite.project.root / "migrations").rename(sqlite.project.root / "moved")
    told(sqlite("status"), 2, "script_location", str(sqlite.project.root / "migrations"), "does not exist")


BROKEN_TREES = {
    "a missing parent": ([("b1", "a9")], ["b1_revision_b1.py", "a9"]),
    "a cycle": ([("b1", "c1"), ("c1", "b1")], ["b1_revision_b1.py", "c1_revision_c1.py"]),
}


@pytest.mark.fault(37)
@pytest.mark.parametrize("case", BROKEN_TREES)
def test_scripts_that_form_no_graph(sqlite: Pipeline, case: str, happened: Happened) -> None:
    """A broken tree of scripts is a mistake of the files named, with exit code 2."""
    revisions, said = BROKEN_TREES[case]
    for revision, down in revisions:
        sqlite.project.revision(revision, down)
    happened(f"the files say {revisions}: {case}")
    told(sqlite("rollout", "--yes"), 2, *said)
    assert not any(map(sqlite.tables, sqlite.urls))


@pytest.mark.fault(37)
def test_one_id_in_two_files(sqlite: Pipeline, happened: Happened) -> None:
    """A revision id that two files claim names both files."""
    path = sqlite.project.revision("a1")
    Path(path.with_name("copy.py")).write_text(path.read_text())
    happened("two files hold the same script")
    told(sqlite("status"), 2, "a1_revision_a1.py", "copy.py")


COMMANDS = {
    ("status", "prdo"): ["there is no environment 'prdo'", "did you mean 'prod'?"],
    ("status", "--format", "xml"): ["'xml' is not one of text, json"],
    ("status", "--log-format", "loud"): ["'loud' is not one of auto, human, json"],
    ("statos",): ["No such command 'statos'", "'status'"],
    ("status", "--exitcode"): ["No such option", "--exit-code"],
    ("promote",): ["Missing argument 'SOURCE'"],
    ("promote", "staging", "prdo"): ["there is no environment 'prdo'", "did you mean 'prod'?"],
    ("promote", "prod", "prod"): ["prod cannot be promoted to itself", "orchestrate promote SOURCE DESTINATION"],
    ("promote", "staging", "prod", "--to", "zz", "--yes"): ["'zz'", "alembic history"],
    ("rollout", "--through", "stagng"): ["there is no environment 'stagng'", "did you mean 'staging'?"],
    ("plan", "staging"): ["a promotion has a source and a destination"],
    ("resume",): ["no run is recorded yet"],
    ("resume", "20260101-000000-0000"): ["there is no run '20260101-000000-0000'", "orchestrate runs"],
    ("show", "nope"): ["there is no run 'nope'", "orchestrate runs"],
    ("runs", "--limit", "0"): ["--limit"],
}


@pytest.mark.parametrize("args", list(COMMANDS), ids=" ".join)
def test_mistakes_on_the_command_line(sqlite: Pipeline, args: tuple[str, ...]) -> None:
    """A wrong command line ends with 2, says what was meant, and creates nothing."""
    before = sqlite.files()
    told(sqlite(*args), 2, *COMMANDS[args])
    assert sqlite.files() == before


@pytest.mark.parametrize("args", [("status", "prdo"), ("status", "--exitcode"), ("promote",)], ids=" ".join)
def test_a_program_gets_one_document_also_then(sqlite: Pipeline, args: tuple[str, ...]) -> None:
    """With --format json a wrong command line gives exactly one document on stdout, and nothing on stderr."""
    completed = sqlite(*args, "--format", "json")
    assert (completed.returncode, completed.stderr) == (2, "")
    assert completed.json["command"] == args[0]
    assert (completed.json["success"], completed.json["exit_code"], completed.json["targets"]) == (False, 2, [])
    assert completed.json["error"]["code"]
    assert completed.json["error"]["message"]
    assert completed.json["error"]["mend"]


def test_an_unknown_format_in_the_environment(sqlite: Pipeline) -> None:
    """ORCHESTRATE_FORMAT=xml is refused by its name."""
    told(sqlite("status", env={"ORCHESTRATE_FORMAT": "xml"}), 2, "ORCHESTRATE_FORMAT", "json")
