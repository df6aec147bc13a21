"""An env.py that does not use the URL it is given: stopped before it changes anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import Command
from tests.projects_builder import AlembicProject
from tests.stories import databases
from tests.stories.conftest import EVERY_FAMILY
from tests.stories.pipeline import Pipeline, told

AWAIT = """
import pathlib, time
_end = time.monotonic() + 60
while not pathlib.Path({there!r}).exists():
    assert time.monotonic() < _end, "the other target did not come"
    time.sleep(0.02)
"""


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_an_env_py_that_connects_elsewhere_is_stopped(
    family: str, make_pipeline: Callable[..., Pipeline], new_database: Callable[[str], str]
) -> None:
    """Exit 11 says so, and neither the target nor that other database gets as much as a version table."""
    elsewhere = new_database(family)
    pipeline = make_pipeline(family)
    pipeline.project.tables("a1")
    databases.execute(elsewhere, "CREATE TABLE theirs (id INTEGER)")
    env = pipeline.project.env_py.read_text()
    override = f'config.set_main_option("sqlalchemy.url", {elsewhere.replace("%", "%%")!r})\n'
    pipeline.project.env_py.write_text(
        env.replace("target_metadata = None", f"target_metadata = None\n{override}")
    )

    document = pipeline("rollout", "--yes", "--format", "json").json
    assert (document["exit_code"], document["outcome"]) == (11, "failed")
    assert document["error"]["code"] == "wrong_database"
    assert [target["result"] for target in document["targets"]] == ["failed", "not_started"]
    told(pipeline("rollout", "--yes"), 11, "which is not the target's database", "sqlalchemy.url", "variables:")
    assert databases.tables(elsewhere) == {"theirs"}
    assert pipeline.tables("staging") == set()


@pytest.mark.parametrize("family", [each for each in EVERY_FAMILY if "sqlite" not in each.values])
def test_an_env_py_that_connects_to_its_neighbour_is_stopped(
    family: str,
    alembic_project: Callable[..., AlembicProject],
    new_database: Callable[[str], str],
    orchestrate: Command,
    tmp_path: Path,
) -> None:
    """Billing that goes to app's database while app's run lock is held there exits 11 and leaves nothing."""
    app, billing = alembic_project("app"), alembic_project("billing")
    app.tables("a1")
    billing.tables("b1")
    urls = {name: new_database(family) for name in ("app", "billing")}
    projects = {name: {"config": f"{name}/alembic.ini"} for name in urls}
    root = AlembicProject(tmp_path, app.root)  # only to write the file at the top
    root.ini.unlink()
    root.environments(
        {"prod": {"databases": {name: {"url": url} for name, url in urls.items()}}}, projects=projects
    )
    _meet(app, billing, urls["app"], tmp_path)

    document = orchestrate("rollout", "--yes", "--format", "json").json
    assert (document["exit_code"], document["outcome"]) == (11, "failed")
    assert {target["target"]: target["result"] for target in document["targets"]} == {
        "prod": "applied",
        "prod/billing": "failed",
    }
    assert databases.heads(urls["app"]) == {"a1"}
    assert databases.tables(urls["app"]) == {"alembic_version", "t_a1"}
    assert databases.tables(urls["billing"]) == set()


def _meet(app: AlembicProject, billing: AlembicProject, url: str, place: Path) -> None:
    """Billing's env.py goes to `url` once app's run lock is held, and app's does not begin before that ended."""
    began, ended = str(place / "app_began"), str(place / "billing_ended")
    text = app.env_py.read_text()
    app.env_py.write_text(
        text.replace(
            "target_metadata = None",
            f"target_metadata = None\nopen({began!r}, 'w').close()\n{AWAIT.format(there=ended)}",
        )
    )
    elsewhere = f'config.set_main_option("sqlalchemy.url", {url.replace("%", "%%")!r})'
    text = billing.env_py.read_text()
    online = "    run_migrations_online()\n"
    assert text.endswith(online)
    text = text.replace(
        "target_metadata = None", f"target_metadata = None\n{elsewhere}\n{AWAIT.format(there=began)}"
    )
    billing.env_py.write_text(
        text.removesuffix(online) + f"    try:\n    {online}    finally:\n        open({ended!r}, 'w').close()\n"
    )
