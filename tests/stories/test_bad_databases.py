"""Databases that do not answer or do not let us in: a row of status, and a promotion that does not begin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.stories.pipeline import Pipeline, told

SERVERS = [
    pytest.param("postgresql", marks=pytest.mark.postgresql),
    pytest.param("mysql", marks=pytest.mark.mysql),
]


def _changed(url: str, **parts: object) -> str:
    return make_url(url).set(**parts).render_as_string(hide_password=False)  # type: ignore[arg-type]


@pytest.fixture(params=SERVERS)
def served(request: pytest.FixtureRequest, make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """staging is at the newest revision, prod still empty, on a server."""
    served = make_pipeline(request.param)
    served.project.tables("a1")
    served.stamp(staging="a1")
    return served


def _unavailable(pipeline: Pipeline, state: str, *texts: str) -> None:
    """A row in status with exit code 0, 9 when asked; promote is 9; nothing is created."""
    files = pipeline.files()
    told(pipeline("status"), 0, "staging a1", state, *texts)
    document = pipeline("status", "--format", "json", "--exit-code").json
    assert (document["exit_code"], document["targets"][1]["state"]) == (9, state)
    assert document["targets"][1]["error"]["message"]
    told(pipeline("promote", "staging", "prod", "--yes"), 9, *texts)
    assert pipeline.files() == files


def test_a_server_that_is_not_there(served: Pipeline) -> None:
    """A refused connection is one unreachable row, and promotion ends with 9."""
    served.environ["PROD_DATABASE_URL"] = _changed(served.urls["prod"], port=1)
    _unavailable(served, "unreachable", "prod:", "127.0.0.1", "→")


def test_a_wrong_password(served: Pipeline) -> None:
    """A password that the server refuses is told as such, without being shown."""
    served.environ["PROD_DATABASE_URL"] = _changed(served.urls["prod"], password="wr0ng-secret")
    _unavailable(served, "denied", "prod:", "→")
    for args in (("status",), ("promote", "staging", "prod", "--yes"), ("status", "--format", "json")):
        completed = served(*args)
        assert "wr0ng-secret" not in completed.stdout + completed.stderr


def test_a_database_that_is_not_there(served: Pipeline) -> None:
    """A name that the server does not know is told with that name."""
    served.environ["PROD_DATABASE_URL"] = _changed(served.urls["prod"], database="nowhere")
    said = told(served("status"), 0, "nowhere")
    assert "prod:" in said
    told(served("promote", "staging", "prod", "--yes"), 9, "nowhere")


@pytest.mark.parametrize(
    ("family", "module", "extra"),
    [
        pytest.param("postgresql", "psycopg", ".[postgresql]", marks=pytest.mark.postgresql),
        pytest.param("mysql", "pymysql", ".[mysql]", marks=pytest.mark.mysql),
    ],
)
def test_a_missing_driver(
    family: str, module: str, extra: str, make_pipeline: Callable[..., Pipeline], tmp_path: Path
) -> None:
    """Where a database's driver is not installed the extra that brings it is named."""
    pipeline = make_pipeline(family)
    absent = tmp_path / "absent"
    absent.mkdir()
    (absent / f"{module}.py").write_text(
        f"raise ModuleNotFoundError('{module} is not installed', name='{module}')\n"
    )
    for args in (("status",), ("rollout", "--yes")):
        completed = pipeline(*args, env={"PYTHONPATH": str(absent)})
        said = told(completed, completed.returncode, f"pip install '{extra}'")
        assert completed.returncode in {0, 2, 9}, said
    assert completed.returncode != 0


def test_a_sqlite_file_in_a_folder_that_is_not_there(sqlite: Pipeline) -> None:
    """A path that leads nowhere is told as that; a typing mistake does not become a new and empty prod."""
    sqlite.project.tables("a1")
    sqlite.stamp(staging="a1")
    place = sqlite.project.root / "nowhere"
    sqlite.urls["prod"] = sqlite.environ["PROD_DATABASE_URL"] = f"sqlite:///{place}/prod.db"
    told(sqlite("status"), 0, f"the directory {place} does not exist", f"mkdir -p {place}")
    told(sqlite("promote", "staging", "prod", "--yes"), 9, f"mkdir -p {place}")
    assert not place.exists()
    place.mkdir()
    told(sqlite("promote", "staging", "prod", "--yes"), 0)
    assert sqlite.heads("prod") == {"a1"}
