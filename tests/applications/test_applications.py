"""Public applications, their env.py as installed, go through four environments by the real command."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.engine import make_url

from tests.applications.application import Application
from tests.applications.applications import APPLICATIONS
from tests.applications.installation import Installation
from tests.applications.schema import schema
from tests.command import Command
from tests.stories import databases

pytestmark = pytest.mark.application

ENVIRONMENTS = ("dev", "test", "staging", "prod")
_FOLDER = os.environ.get("ORCHESTRATE_APPLICATIONS")
_SECONDS = 900


@pytest.fixture(
    params=[
        pytest.param((application, family), id=f"{application.name}-{family}")
        for application in APPLICATIONS
        for family in application.drivers
    ]
)
def chosen(request: pytest.FixtureRequest) -> tuple[Application, str]:
    """An application and the database family it is tried on."""
    pair: tuple[Application, str] = request.param
    return pair


@pytest.fixture
def installation(chosen: tuple[Application, str], request: pytest.FixtureRequest) -> Installation:
    """The application, installed; kept in ORCHESTRATE_APPLICATIONS, or with pytest's cache."""
    folder = Path(_FOLDER) if _FOLDER else request.config.cache.mkdir("applications")
    made = Installation(chosen[0], folder)
    made.ensure()
    return made


def test_through_four_environments(
    chosen: tuple[Application, str],
    installation: Installation,
    new_database: Callable[[str], str],
    orchestrate: Command,
    tmp_path: Path,
) -> None:
    """From empty to prod every environment gets the heads and the schema of the application's own upgrade."""
    application, family = chosen
    own, *urls = (_driven(new_database(family), application.drivers[family]) for _ in ("own", *ENVIRONMENTS))
    by_environment = dict(zip(ENVIRONMENTS, urls, strict=True))
    environ = _write(tmp_path, application, installation, by_environment)
    installation.upgrade(own, tmp_path)

    orchestrate("rollout", "--through", "staging", "--yes", env=environ, check=True, timeout=_SECONDS)
    orchestrate("promote", "staging", "prod", "--confirm", "prod", env=environ, check=True, timeout=_SECONDS)

    status = orchestrate("status", "--exit-code", "--format", "json", env=environ, check=True, timeout=_SECONDS)
    assert [target["state"] for target in status.json["targets"]] == ["at_head"] * len(ENVIRONMENTS)
    assert [pair["relation"] for pair in status.json["pairs"]] == ["in_sync"] * (len(ENVIRONMENTS) - 1)
    table = application.environment.get("version_table", "alembic_version")
    expected = schema(own)
    assert len(databases.tables(own)) > 1
    for name, url in by_environment.items():
        assert databases.heads(url, table) == databases.heads(own, table) != set(), name
        assert schema(url) == expected, name


def test_doctor_names_a_way_in(
    chosen: tuple[Application, str],
    installation: Installation,
    new_database: Callable[[str], str],
    orchestrate: Command,
    tmp_path: Path,
) -> None:
    """Where nothing says how a target reaches env.py, the lines that doctor prints make a promotion work."""
    application, family = chosen
    told = {key: value for key, value in application.project.items() if key != "inject"}
    url = _driven(new_database(family), application.drivers[family])
    environ = _write(tmp_path, replace(application, project=told), installation, {"dev": url})

    doctor = orchestrate("doctor", "--format", "json", env=environ, check=True, timeout=_SECONDS)
    file = tmp_path / "environments.yaml"
    given = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump(_merged(given, yaml.safe_load(doctor.json["suggestion"] or "{}"))))

    orchestrate("rollout", "--yes", env=environ, check=True, timeout=_SECONDS)
    status = orchestrate("status", "--format", "json", env=environ, check=True, timeout=_SECONDS)
    assert [target["state"] for target in status.json["targets"]] == ["at_head"]


def _merged(given: Any, added: Any) -> Any:
    if not isinstance(given, dict) or not isinstance(added, dict):
        return added
    return given | {key: _merged(given.get(key), value) for key, value in added.items()}


def _write(
    directory: Path, application: Application, installation: Installation, urls: dict[str, str]
) -> dict[str, str | None]:
    """Write environments.yaml and the files beside it; returns the variables it names."""
    for name, text in application.files.items():
        (directory / name).write_text(text)
    environments = {
        name: {"url": f"${{{name.upper()}_URL}}", **application.environment, "protected": name == "prod"}
        for name in urls
    }
    project = {**application.project, "python": str(installation.python)}
    written = {"version": 1, "environments": environments, "projects": {"app": project}}
    text = yaml.safe_dump(written, sort_keys=False).replace("{directory}", str(directory))
    (directory / "environments.yaml").write_text(text)
    return {f"{name.upper()}_URL": url for name, url in urls.items()} | {"PYTHONHASHSEED": "0"}


def _driven(url: str, driver: str) -> str:
    return make_url(url).set(drivername=driver).render_as_string(hide_password=False)
