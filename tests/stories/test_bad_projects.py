"""An env.py or a revision that misbehaves: told as what it is, and nothing is believed that was not seen."""

from __future__ import annotations

import json
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stories.pipeline import Pipeline, told

LEFT = pytest.mark.fault(30)


@pytest.fixture
def shop(sqlite: Pipeline) -> Pipeline:
    """Three revisions for one environment, staging."""
    sqlite.project.tables("a1", "a2", "a3")
    return sqlite


def _rollout(shop: Pipeline, code: int, *texts: str) -> str:
    said = told(shop("rollout", "--through", "staging", "--yes"), code, *texts)
    assert f"orchestrate resume {shop.latest_run()}" in said
    return said


def _before(shop: Pipeline, line: str) -> None:
    """Put a line at the top of env.py."""
    env = shop.project.env_py
    env.write_text(f"{line}\n{env.read_text()}")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('raise RuntimeError("boom")', "env.py failed: RuntimeError: boom (migrations/env.py:1)"),
        ("import nosuchmodule", "env.py failed: ModuleNotFoundError: No module named 'nosuchmodule'"),
        ("def broken(:", "env.py failed: SyntaxError"),
        pytest.param("import sys; sys.exit(0)", "env.py ended without running any migrations", marks=LEFT),
        pytest.param("import os; os._exit(0)", "ended without a word (exit code 0)", marks=LEFT),
        ("import os; os.kill(os.getpid(), 9)", "killed by SIGKILL"),
    ],
)
def test_an_env_py_that_fails_or_leaves(
    shop: Pipeline, line: str, said: str, happened: Callable[[str], None]
) -> None:
    """Whatever an env.py ends with, also with exit code 0, nothing ran and the run failed with 6."""
    came = shop.project.root / "came"
    _before(shop, f"open({str(came)!r}, 'w').close(); {line}")
    _rollout(shop, 6, said)
    assert shop.tables("staging") == set()
    if "exit(0)" in line:
        assert came.exists()
        happened("env.py came to its first line, which ends the process with 0, and no table was made")
    document = shop("resume", "--format", "json").json
    assert (document["exit_code"], document["outcome"]) == (6, "failed")
    assert {step["outcome"] for step in document["targets"][0]["revisions"]} == {"not_started"}


def test_a_python_without_alembic(shop: Pipeline, tmp_path: Path) -> None:
    """The interpreter is named, and env.py is not blamed for it."""
    venv.create(tmp_path / "bare", with_pip=False)
    python = tmp_path / "bare" / "bin" / "python"
    shop.write(projects={"app": {"python": str(python)}})
    _rollout(shop, 2, f"{python} has no module alembic", "projects.NAME.python")
    assert shop.tables("staging") == set()


def test_an_env_py_that_runs_nothing(shop: Pipeline) -> None:
    """An env.py that returns without context.run_migrations has failed, although it raised nothing."""
    shop.project.env_py.write_text("print('hello from env.py')\n")
    _rollout(shop, 6, "without running any migrations")
    assert "hello from env.py" in shop.recorded()


def test_where_a_revision_failed_can_be_looked_up(shop: Pipeline) -> None:
    """The run's own log has the statement and the traceback of a failure, whole; the journal has neither."""
    shop.project.revision("a2", "a1", 'op.execute("SELECT 1 FROM nowhere")')
    _rollout(shop, 6, "no such table: nowhere")
    log = (shop.project.root / ".orchestrator" / "logs" / f"{shop.latest_run()}.jsonl").read_text()
    lines = [found["line"] for found in map(json.loads, log.splitlines()) if found["event"] == "output"]
    (told,) = [line for line in lines if line.startswith("statement:\nSELECT 1 FROM nowhere\ntraceback:\n")]
    assert "in upgrade" in told
    assert "in upgrade" not in shop("show", shop.latest_run(), "--format", "json", check=True).stdout


@pytest.mark.parametrize("leaving", ["import os; os._exit(0)", "import sys; sys.exit(0)"])
def test_a_revision_that_ends_the_process(shop: Pipeline, leaving: str) -> None:
    """A revision that leaves with exit code 0 is not applied; what came before it is."""
    shop.project.revision("a2", "a1", leaving)
    _rollout(shop, 6)
    assert shop.heads("staging") == {"a1"}
    shop.project.tables("a2", down="a1")
    told(shop("promote", "staging", "prod", "--yes"), 5, "unfinished")
    told(shop("rollout", "--through", "staging", "--yes"), 0, "applied 2 of 2")


def test_an_env_py_that_swallows_errors(shop: Pipeline) -> None:
    """A revision that failed behind an env.py's `except` is not believed to be applied."""
    shop.project.revision("a2", "a1", 'raise RuntimeError("hidden")')
    env = shop.project.env_py
    env.write_text(
        env.read_text().replace(
            "else:\n    run_migrations_online()",
            "else:\n    try:\n        run_migrations_online()\n    except BaseException:\n        pass",
        )
    )
    _rollout(shop, 6, "revision a2 failed: RuntimeError: hidden")
    assert shop.heads("staging") == {"a1"}


def test_an_env_py_that_forgets_to_commit(shop: Pipeline) -> None:
    """Steps that env.py rolls back at its end are reported as not applied, although nothing was raised."""
    env = shop.project.env_py
    env.write_text(
        env.read_text()
        .replace(
            "with connectable.connect() as connection:",
            "with connectable.connect() as connection:\n        outer = connection.begin()",
        )
        .replace(
            "            context.run_migrations()\n\n\nif",
            "            context.run_migrations()\n        outer.rollback()\n\n\nif",
        )
    )
    assert "outer.rollback()" in env.read_text()
    completed = shop("rollout", "--through", "staging", "--yes", "--format", "json")
    assert completed.returncode in {6, 7}, str(completed)
    assert not shop.heads("staging")
    assert "applied" not in {step["outcome"] for step in completed.json["targets"][0]["revisions"]}
