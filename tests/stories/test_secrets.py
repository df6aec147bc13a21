"""Passwords: in no output, no log, no journal, also when drivers and env.py repeat them in their errors."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL
from tests.stories.pipeline import Pipeline

CANARY = "Tr0ub4dor-canary"


@pytest.fixture(
    params=[
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mysql", marks=pytest.mark.mysql),
    ]
)
def guarded(request: pytest.FixtureRequest, make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """A pipeline whose role has the canary as its password; env.py and a revision print and raise the URL."""
    server: PostgreSQL | MariaDB = request.getfixturevalue(f"{request.param}_server")
    guarded = make_pipeline(request.param)
    server.create_role("canary", CANARY)
    for name, url in guarded.urls.items():
        database = url.rpartition("/")[2]
        if request.param == "postgresql":
            server.execute("GRANT ALL ON SCHEMA public TO canary", database=database)
        else:
            server.execute(f"GRANT ALL ON `{database}`.* TO canary@'%'")
        guarded.environ[f"{name.upper()}_DATABASE_URL"] = server.url(database, "canary", CANARY)
    env = guarded.project.env_py
    loud = 'print("connecting to", config.get_main_option("sqlalchemy.url"))\n'
    env.write_text(env.read_text().replace("target_metadata = None", f"target_metadata = None\n{loud}"))
    guarded.project.tables("a1")
    raising = 'raise RuntimeError("cannot use " + op.get_context().config.get_main_option("sqlalchemy.url"))'
    guarded.project.revision("a2", "a1", raising)
    return guarded


def test_a_password_is_shown_nowhere(guarded: Pipeline) -> None:
    """Whatever is typed and however it fails, the password stands in no stream and in no file that is left."""
    first = guarded("rollout", "--yes")
    assert first.returncode == 6
    run = guarded.latest_run()
    said = [first.stdout + first.stderr]
    for args in (
        ("status",),
        ("resume", "--format", "json"),
        ("runs",),
        ("show", run),
        ("show", run, "--format", "json"),
        ("status", "--format", "json"),
    ):
        completed = guarded(*args)
        said.append(completed.stdout + completed.stderr)
    everything = "".join(said) + guarded.recorded()
    assert "connecting to" in everything
    assert "cannot use" in everything
    assert CANARY not in everything
    for path in (guarded.project.root / ".orchestrator").rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes()


def test_the_files_of_a_run_are_private(guarded: Pipeline) -> None:
    """The journal and the logs can be read by their owner alone."""
    guarded("rollout", "--yes")
    folder = guarded.project.root / ".orchestrator"
    modes = {path.relative_to(folder).as_posix(): path.stat().st_mode & 0o777 for path in folder.rglob("*")}
    assert modes.pop("logs") == 0o700
    assert set(modes.values()) == {0o600}
