"""What a project that has no environments.yaml yet tells of itself: its Alembic files, its Python, its drivers."""

from __future__ import annotations

import configparser
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from orchestrator.core.urls import parse
from orchestrator.project.environments_file.url_rules import has_clear_password
from orchestrator.project.revision_scripts.packages import is_foreign, resource

_INI, _TOML, _SECTION = "alembic.ini", "pyproject.toml", "alembic"
_DEEPEST = 3
"""Directories below the first in which a configuration is looked for."""
_VIRTUAL = (".venv", "venv", "env")
_ASYNCHRONOUS = re.compile(r"async_engine_from_config|create_async_engine|AsyncEngine")
_MARKERS = {
    False: (
        ("psycopg", "postgresql+psycopg://app:app@localhost:5432/app"),
        ("psycopg2", "postgresql+psycopg2://app:app@localhost:5432/app"),
        ("pymysql", "mysql+pymysql://app:app@localhost:3306/app"),
        ("MySQLdb", "mysql+mysqldb://app:app@localhost:3306/app"),
        ("sqlalchemy", "sqlite:///app.db"),
    ),
    True: (
        ("asyncpg", "postgresql+asyncpg://app:app@localhost:5432/app"),
        ("aiosqlite", "sqlite+aiosqlite:///app.db"),
        ("psycopg", "postgresql+psycopg://app:app@localhost:5432/app"),
        ("aiomysql", "mysql+aiomysql://app:app@localhost:3306/app"),
        ("asyncmy", "mysql+asyncmy://app:app@localhost:3306/app"),
    ),
}
"""By whether env.py is asynchronous: the driver's module, and a URL to try env.py with that names it."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """The Alembic configuration that was taken, and the URL in it where it is a real one without a password.

    `others` are configurations and sections that could have been meant as well.
    """

    config: Path
    section: str = _SECTION
    url: str | None = None
    others: tuple[str, ...] = ()


def find(config: Path | None, root: Path) -> Beginning:
    """The configuration named; else the one in `root`, else the nearest below it. Nothing need be right in it."""
    files = [config] if config is not None else [path.relative_to(root) for path in _files(root)]
    taken = files[0] if files else Path(_INI)
    parser = configparser.RawConfigParser(strict=False)
    with suppress(OSError, ValueError, configparser.Error):
        parser.read(taken)
    sections = [name for name in parser.sections() if parser.has_option(name, "script_location")]
    section = _SECTION if _SECTION in sections or not sections else sections[0]
    rest = [*map(str, files[1:]), *(f"section {name} of {taken}" for name in sections if name != section)]
    return Beginning(taken, section, _url(parser, section), tuple(rest))


def python(root: Path) -> str | None:
    """The interpreter, relative, of a virtual environment in `root` with Alembic; None for none, or this one."""
    for name in _VIRTUAL:
        path = root / name / "bin" / "python"
        ours = (root / name).resolve() == Path(sys.prefix).resolve()
        if path.exists() and not ours and resource("alembic:", str(path)) is not None:
            return str(path.relative_to(root))
    return None


def markers(start: Beginning, script_location: Path, interpreter: str) -> Iterator[str]:
    """URLs to try env.py with: its own first, then one for each driver that the interpreter has."""
    if start.url:
        yield start.url
    env = ""
    with suppress(OSError, ValueError):
        env = (script_location / "env.py").read_text()
    for module, url in _MARKERS[_ASYNCHRONOUS.search(env) is not None]:
        if resource(f"{module}:", interpreter) is not None:
            yield url


def _files(root: Path) -> Iterator[Path]:
    """Every configuration from `root` down, the nearest first."""
    found = []
    for folder, folders, files in os.walk(root):
        place = Path(folder)
        depth = len(place.relative_to(root).parts)
        folders[:] = [name for name in folders if depth < _DEEPEST and not is_foreign(place / name)]
        if _INI in files:
            found.append((depth, place / _INI))
        elif _TOML in files and _configures(place / _TOML):
            found.append((depth, place / _TOML))
    return (path for _, path in sorted(found))


def _configures(toml: Path) -> bool:
    with suppress(OSError, ValueError):
        return "alembic" in tomllib.loads(toml.read_text()).get("tool", {})
    return False


def _url(parser: configparser.RawConfigParser, section: str) -> str | None:
    url = parser.get(section, "sqlalchemy.url", fallback="").replace("%%", "%")
    address = parse(url)
    usable = address is not None and address.family is not None and "%(" not in url
    return url if usable and not has_clear_password(url) else None
