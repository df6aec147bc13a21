"""Public applications, their env.py as installed, go through four environments by the real command."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.engine import make_url

from tests.applications.application import Application
from tests.applications.applications import APPLICATIONS, JUPYTERHUB
from tests.applications.installation import Installation
from tests.applications.schema import schema
from tests.command import Command, Completed
from tests.stories import databases

pytestmark = pytest.mark.application

ENVIRONMENTS = ("dev", "test", "staging", "prod")
_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Scene:
    """An installed application with its databases: one for its own upgrade, and one for each environment."""

    application: Application
    installation: Installation
    own: str
    urls: Mapping[str, str]
    command: Command
    directory: Path

    def write(self, environments: Iterable[str], project: Mapping[str, Any]) -> None:
        """Write environments.yaml and the files beside it."""
        for name, text in self.application.files.items():
            (self.directory / name).write_text(text)
        keys = {
            name: {
                "url": f"${{{name.upper()}_URL}}",
                "protected": name == "prod",
                **self.application.environment,
            }
            for name in environments
        }
        project = {**project, "python": str(self.installation.python)}
        self.save({"version": 1, "environments": keys, "projects": {"app": project}})

    def save(self, given: Any) -> None:
        """Write environments.yaml with this content."""
        text = yaml.safe_dump(given, sort_keys=False).replace("{directory}", str(self.directory))
        (self.directory / "environments.yaml").write_text(text)

    def __call__(self, *args: str) -> Completed:
        """Run the command; it must succeed."""
        environ = {f"{name.upper()}_URL": url for name, url in self.urls.items()}
        return self.command(*args, env=environ, check=True, timeout=_SECONDS)

    def states(self) -> tuple[set[str], set[str]]:
        """The targets' states and the relations of neighbours, as status says them."""
        status = self("status", "--format", "json").json
        return (
            {target["state"] for target in status["targets"]},
            {pair["relation"] for pair in status["pairs"]},
        )

    def heads(self, url: str) -> set[str] | None:
        """The rows of the version table, read without the product."""
        return databases.heads(url, self.application.environment.get("version_table", "alembic_version"))


Play = Callable[[Application, str], Scene]


@pytest.fixture
def scene(
    install: Callable[[Application], Installation],
    new_database: Callable[[str], str],
    orchestrate: Command,
    tmp_path: Path,
) -> Play:
    """Installs an application and makes its databases, still empty, in a family."""

    def make(application: Application, family: str) -> Scene:
        installation = install(application)
        urls = {name: make_url(new_database(family)) for name in ("own", *ENVIRONMENTS)}
        driven = {
            name: url.set(drivername=application.drivers[family]).render_as_string(hide_password=False)
            for name, url in urls.items()
        }
        return Scene(application, installation, driven.pop("own"), driven, orchestrate, tmp_path)

    return make


each_application = pytest.mark.parametrize(
    ("application", "family"),
    [
        pytest.param(application, family, id=f"{application.name}-{family}")
        for application in APPLICATIONS
        for family in application.drivers
    ],
)


@each_application
def test_through_four_environments(application: Application, family: str, scene: Play) -> None:
    """From empty to prod every environment gets the heads and the schema of the application's own upgrade."""
    play = scene(application, family)
    play.write(ENVIRONMENTS, application.project)
    play.installation.upgrade(play.own, play.directory)

    play("rollout", "--through", "staging", "--yes")
    play("promote", "staging", "prod", "--confirm", "prod")

    assert play.states() == ({"at_head"}, {"in_sync"})
    expected = schema(play.own)
    assert len(databases.tables(play.own)) > 1
    for name, url in play.urls.items():
        assert play.heads(url) == play.heads(play.own) != set(), name
        assert schema(url) == expected, name


@each_application
def test_doctor_names_a_way_in(application: Application, family: str, scene: Play) -> None:
    """Where nothing says how a target reaches env.py, the lines that doctor prints make a promotion work."""
    play = scene(application, family)
    play.write(["dev"], {key: value for key, value in application.project.items() if key != "inject"})

    suggestion = play("doctor", "--format", "json").json["suggestion"]

    given = yaml.safe_load((play.directory / "environments.yaml").read_text())
    play.save(_merged(given, yaml.safe_load(suggestion or "{}")))
    play("rollout", "--yes")
    assert play.states() == ({"at_head"}, set())


def test_tables_that_the_application_made_are_adopted(scene: Play) -> None:
    """Where the history starts from tables of the application's own, each environment is adopted as it stands."""
    play = scene(JUPYTERHUB, "sqlite")
    play.write(ENVIRONMENTS, JUPYTERHUB.project)
    for url in play.urls.values():
        play.installation.upgrade(url, play.directory)
    before = {name: schema(url) for name, url in play.urls.items()}

    reason = ("--reason", "made by the application itself")
    play("adopt", "dev", "heads", *reason, "--accept-differences", "--yes")
    for name in ("test", "staging"):
        play("adopt", name, "heads", *reason, "--yes")
    play("adopt", "prod", "heads", *reason, "--confirm", "prod")

    assert play.states() == ({"at_head"}, {"in_sync"})
    for name, url in play.urls.items():
        after = schema(url)
        assert {key: after[key] for key in before[name]} == before[name], name


def _merged(given: Any, added: Any) -> Any:
    if not isinstance(given, dict) or not isinstance(added, dict):
        return added
    return given | {key: _merged(given.get(key), value) for key, value in added.items()}
