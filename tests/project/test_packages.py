"""Packages of another Python, found as that Python finds them, without running it."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.project.revision_scripts.packages import is_resource, resource


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own, without packages."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, symlinks=True)
    return folder


def _package(folder: Path, name: str = "shop_database") -> Path:
    """A package that fails when it is imported, with an ini file in a folder of it."""
    (folder / name / "deep").mkdir(parents=True)
    (folder / name / "__init__.py").write_text("raise SystemExit\n")
    (folder / name / "deep" / "alembic.ini").touch()
    return folder / name


def _installed(site: Path, _elsewhere: Path) -> Path:
    return _package(site)


def _pth(site: Path, elsewhere: Path) -> Path:
    (site / "shop.pth").write_text(f"# a comment\nimport sys\n\n{elsewhere}\n")
    return _package(elsewhere)


def _finder(site: Path, elsewhere: Path) -> Path:
    package = _package(elsewhere)
    (site / "__editable___shop_1_0_finder.py").write_text(
        f"import sys\nMAPPING: dict[str, str] = {{'shop_database': {str(package)!r}}}\nNAMESPACES = {{}}\n"
    )
    return package


def _older_finder(site: Path, elsewhere: Path) -> Path:
    package = _package(elsewhere)
    text = f"MAPPING = {{'shop_database': {str(package)!r}}}\n"
    (site / "__editable___shop_1_0_finder.py").write_text(text)
    return package


@pytest.mark.parametrize("install", [_installed, _pth, _finder, _older_finder])
def test_a_package_of_another_python(
    install: Callable[[Path, Path], Path], environment: Path, tmp_path: Path
) -> None:
    """Installed, or in place by a .pth file or a finder of setuptools, it is found and not imported."""
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.parent.mkdir()
    subprocess.run(["cp", "-a", f"{environment}/.", python.parent.parent], check=True)
    site = next(python.parent.parent.glob("lib/python3*/site-packages"))
    package = install(site, tmp_path / "elsewhere")
    for text in ("shop_database:deep/alembic.ini", "shop_database:deep:alembic.ini"):
        assert resource(text, str(python)) == package / "deep" / "alembic.ini"
    assert resource("shop_database.deep:alembic.ini", str(python)) == package / "deep" / "alembic.ini"


def test_a_package_of_this_python_is_not_one_of_another(environment: Path) -> None:
    """What is installed for the tests is found for their Python, and not for an environment without it."""
    assert resource("pytest:__init__.py", sys.executable) == Path(pytest.__file__)
    assert resource("pytest:__init__.py", str(environment / "bin" / "python")) is None


def test_a_python_by_its_name(environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare name is looked up in PATH, as when it is run; one that is not there has no packages."""
    site = next(environment.glob("lib/python3*/site-packages"))
    package = _package(site, "found_by_name")
    monkeypatch.setenv("PATH", str(environment / "bin"))
    assert resource("found_by_name:deep", "python") == package / "deep"
    assert resource("found_by_name:deep", "python9") is None


def test_folders_that_come_first(tmp_path: Path) -> None:
    """prepend_sys_path comes before what is installed."""
    mine = _package(tmp_path, "pytest")
    assert resource("pytest:deep", sys.executable, [str(tmp_path)]) == mine / "deep"


@pytest.mark.parametrize(
    ("text", "package"), [("a:b", True), ("a.b:c/d", True), ("/a:b", False), ("a/b", False), ("a", False)]
)
def test_what_names_a_package(text: str, package: bool) -> None:
    """A colon in a path that is not absolute, as for Alembic."""
    assert is_resource(text) is package
