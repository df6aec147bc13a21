"""What an application's sources are asked for and where it begins, read from trees of files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestrator.project import application, beginning


def write(root: Path, files: Mapping[str, str]) -> None:
    """Files by their path below `root`."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_names_of_databases_are_found_wherever_they_stand(tmp_path: Path) -> None:
    """However a source asks for a variable, its name in capitals is found; env.py's come first."""
    settings = 'config("DB_HOST"); environ.get("REDIS_URL"); Field(alias="SHOP_DATABASE_URL")'
    write(tmp_path, {"shop/settings.py": settings, "migrations/env.py": "os.environ['DATABASE_URL']"})
    found = application.names(tmp_path, tmp_path / "migrations")
    assert found.variables == ("DATABASE_URL", "DB_HOST", "SHOP_DATABASE_URL")


def test_what_is_not_the_application_s_own_is_not_read(tmp_path: Path) -> None:
    """Virtual environments, hidden and installed packages, tests and revisions ask for nothing."""
    places = ("venv/lib", "node_modules", "tests", "migrations/versions", ".hidden")
    write(tmp_path, {f"{place}/x.py": "os.environ['OTHER_DATABASE_URL']" for place in places})
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    assert application.names(tmp_path, tmp_path / "migrations").variables == ()


def test_sources_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    """Neither a broken link, nor a file that is no text, nor a missing env.py stops the others."""
    write(tmp_path, {"good.py": "'DATABASE_URL'"})
    (tmp_path / "broken.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe'DB_URL'")
    assert set(application.names(tmp_path, tmp_path / "migrations").variables) == {"DATABASE_URL", "DB_URL"}


def test_flask_apps_are_looked_for_where_env_py_asks_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FLASK_APP comes first, then apps and factories in the sources; an env.py without Flask needs none."""
    monkeypatch.delenv("FLASK_APP", raising=False)
    factory = "def create_app(config=None):\n    pass\n"
    write(tmp_path, {"src/shop/__init__.py": factory, "wsgi.py": "app = Flask(__name__)\n"})
    write(tmp_path, {"migrations/env.py": "from flask import current_app"})
    (tmp_path / ".flaskenv").write_text("export FLASK_APP='run:make()'\n")
    found = application.names(tmp_path, tmp_path / "migrations")
    assert found.flask_apps == ("run:make()", "wsgi:app", "shop:create_app")
    write(tmp_path, {"migrations/env.py": "from alembic import context"})
    assert application.names(tmp_path, tmp_path / "migrations").flask_apps == ()


@pytest.mark.parametrize(
    ("listed", "engines"),
    [("databases = one, two", ("one", "two")), ("databases =", ()), ("other = 1", ()), ("not a line\n[", ())],
)
def test_engines_are_those_that_the_section_lists(tmp_path: Path, listed: str, engines: tuple[str, ...]) -> None:
    """A multidb configuration lists its databases as Alembic's template does; others list none."""
    (tmp_path / "alembic.ini").write_text(f"[alembic]\n{listed}\n")
    assert application.engines(tmp_path / "alembic.ini", "alembic") == engines


@pytest.mark.parametrize(
    ("env", "found"),
    [
        ('context.configure(version_table="v")', {"version_table": "v"}),
        (
            'T = "v"\ncontext.configure(version_table=T, version_table_schema="s")',
            {"version_table": "v", "version_table_schema": "s"},
        ),
        ("context.configure(version_table=settings.table)", {}),
        ("context.configure(version_table_schema=None)", {}),
        ("def broken(", {}),
    ],
)
def test_the_version_table_is_what_env_py_passes_as_text(tmp_path: Path, env: str, found: dict[str, str]) -> None:
    """A table that is worked out is not guessed."""
    write(tmp_path, {"env.py": env})
    assert application.version_table(tmp_path) == found


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("sqlite:///app.db", "sqlite:///app.db"),
        ("postgresql://db/app%%20x", "postgresql://db/app%20x"),
        ("postgresql://me:secret@db/app", None),
        ("postgresql://db/app?user=me&password=secret", None),
        ("driver://user:pass@localhost/dbname", None),
        ("sqlite:///%(here)s/app.db", None),
    ],
)
def test_a_url_is_taken_over_where_it_is_a_real_one_without_a_password(
    tmp_path: Path, url: str, found: str | None
) -> None:
    """Secrets and placeholders stay where they are."""
    (tmp_path / "alembic.ini").write_text(f"[alembic]\nscript_location = m\nsqlalchemy.url = {url}\n")
    assert beginning.find(tmp_path / "alembic.ini", tmp_path).url == found


def test_a_pyproject_that_configures_alembic_is_found(tmp_path: Path) -> None:
    """One that does not is passed over, as are folders that hold other people's projects."""
    for folder, text in (("a", "[tool.black]\n"), ("b", "[tool.alembic]\nscript_location = 'm'\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "pyproject.toml").write_text(text)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "alembic.ini").touch()
    found = beginning.find(None, tmp_path)
    assert (found.config, found.others) == (Path("b/pyproject.toml"), ())


def test_where_there_is_nothing_the_usual_name_is_taken(tmp_path: Path) -> None:
    """Whoever reads it says that it is missing."""
    assert beginning.find(None, tmp_path).config == Path("alembic.ini")
