"""Projects whose own command, framework or env.py says where the scripts are, and not their alembic.ini."""

from __future__ import annotations

import shutil
import sysconfig
import venv
from pathlib import Path

from tests.stories.pipeline import Pipeline, told


def _released(shop: Pipeline, *revisions: str) -> None:
    """The pipeline goes to the last of the revisions, and each has made its table."""
    told(shop("rollout", "--yes"), 0)
    told(shop("status", "--exit-code"), 0, "in sync with staging")
    assert shop.heads("prod") == {revisions[-1]}
    assert shop.tables("prod") == {"alembic_version", *(f"t_{revision}" for revision in revisions)}


def test_env_py_beside_the_ini(sqlite: Pipeline) -> None:
    """An alembic.ini without script_location, in the folder of env.py, is read as Flask-Migrate reads it."""
    project = sqlite.project
    project.tables("a1", "a2")
    text = project.ini.read_text().replace("script_location =", "# script_location =")
    (project.root / "migrations" / "alembic.ini").write_text(text)
    project.ini.unlink()
    sqlite.write(projects={"app": {"config": "migrations/alembic.ini"}})
    _released(sqlite, "a1", "a2")


def test_locations_that_only_the_applications_command_knows(sqlite: Pipeline) -> None:
    """environments.yaml names what the ini does not, paths with spaces and separators too."""
    project = sqlite.project
    project.tables("a1", "a2")
    (project.root / "scripts; two").mkdir()
    shutil.move(next(project.versions.glob("a2_*")), project.root / "scripts; two")
    project.ini.write_text(
        project.ini.read_text().replace("script_location = %(here)s/migrations", "script_location = {directory}")
    )
    told(sqlite("status"), 2, "{directory}, which does not exist")
    locations = ["migrations/versions", "scripts; two"]
    sqlite.write(projects={"app": {"script_location": "migrations", "version_locations": locations}})
    _released(sqlite, "a1", "a2")


def test_a_project_without_an_ini(sqlite: Pipeline) -> None:
    """With a script_location in environments.yaml there need be no alembic.ini: some programs ship none."""
    project = sqlite.project
    project.tables("a1")
    project.ini.unlink()
    sqlite.write(projects={"app": {"script_location": "migrations"}})
    _released(sqlite, "a1")


def test_a_project_that_is_shipped_in_a_package(sqlite: Pipeline, tmp_path: Path) -> None:
    """`package:path` is found among the packages of the project's own Python, and run from there."""
    sqlite.project.tables("a1")
    python = _virtual_environment(tmp_path / "venv")
    (package := next((tmp_path / "venv").glob("lib/python3*/site-packages")) / "shop_database").mkdir()
    (package / "__init__.py").touch()
    shutil.move(sqlite.project.root / "migrations", package / "migrations")
    shutil.move(sqlite.project.ini, package / "alembic.ini")
    ini = (package / "alembic.ini").read_text()
    (package / "alembic.ini").write_text(ini.replace("= %(here)s/migrations", "= shop_database:migrations"))
    given = {"config": "shop_database:alembic.ini", "python": str(python)}
    sqlite.write(projects={"app": {**given, "working_directory": "."}})
    _released(sqlite, "a1")
    sqlite.write(projects={"app": {"config": "shop_database:alembic.ini"}})
    told(sqlite("status"), 2, "shop_database:alembic.ini: there is no such file", "cannot find the package")


def _virtual_environment(folder: Path) -> Path:
    """An environment that sees what this one has installed, and the path of its Python."""
    venv.create(folder, symlinks=True)
    site = next(folder.glob("lib/python3*/site-packages"))
    (site / "below.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return folder / "bin" / "python"


def test_an_env_py_that_chooses_by_dialect(sqlite: Pipeline) -> None:
    """Scripts that env.py chooses when it runs are asked for, since none are read; named, they are released."""
    project = sqlite.project
    project.tables("a1")
    (project.versions / "sqlite").mkdir()
    shutil.move(next(project.versions.glob("a1_*")), project.versions / "sqlite")
    choice = f"context.script.version_locations = [{str(project.versions / 'sqlite')!r}]\n"
    project.env_py.write_text(project.env_py.read_text().replace("def run_", f"{choice}\n\ndef run_", 1))
    told(
        sqlite("rollout", "--yes"),
        2,
        "there is no revision script here, but below it are some, for instance in",
        "migrations/versions/sqlite",
        "projects.app.version_locations",
    )
    assert sqlite.tables("staging") == set()
    sqlite.write(projects={"app": {"version_locations": ["migrations/versions/sqlite"]}})
    _released(sqlite, "a1")


def test_an_env_py_that_takes_other_scripts_than_were_read(sqlite: Pipeline) -> None:
    """Locations chosen while env.py runs are noticed before anything is made in the database, and named."""
    project = sqlite.project
    project.tables("a1", "a2")
    shutil.copytree(project.versions, project.root / "other")
    next((project.root / "other").glob("a2_*")).unlink()
    text = next((project.root / "other").glob("a1_*")).read_text()
    (project.root / "other" / "b2.py").write_text(text.replace("'a1'", "'b2'").replace("= None", "= 'a1'", 1))
    choice = f"context.script.version_locations = [{str(project.root / 'other')!r}]\n"
    project.env_py.write_text(project.env_py.read_text().replace("def run_", f"{choice}\n\ndef run_", 1))
    told(
        sqlite("rollout", "--yes"),
        2,
        "env.py uses other scripts than were read: it lacks a2 and also has b2",
        "projects.app.version_locations",
    )
    assert [sqlite.tables(name) for name in sqlite.urls] == [set(), set()]
