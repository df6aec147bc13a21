"""The names by which an application's sources ask for a database, read and never run.

A trial of env.py sees what is asked for until env.py fails; what would be asked for after that is seen here. Names
in capitals are taken wherever they stand as text: `os.environ["DATABASE_URL"]`, `config("DB_HOST")`.
"""

from __future__ import annotations

import ast
import configparser
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from orchestrator.core.injection_search import Names, wanted_by
from orchestrator.project.revision_scripts.packages import is_foreign

_MOST_FILES = 3000
_LARGEST = 1_000_000
"""Bytes of a source that is still read: larger ones are generated."""
_SKIPPED = {"versions", "tests", "test", "docs"}
_TEXT = re.compile(r"""["']([A-Z][A-Z0-9_]{2,})["']""")
_FLASK_APP = re.compile(r"^(?:(\w+)\s*=\s*(?:flask\.)?Flask\(|def\s+((?:create|make)_app)\()", re.MULTILINE)
_ASSIGNED = re.compile(r"""^\s*(?:export\s+)?FLASK_APP\s*=\s*["']?([^"'\s#]+)""", re.MULTILINE)
_MOST_APPS = 3


def names(root: Path, script_location: Path) -> Names:
    """What env.py and the sources under `root` may ask for; files that cannot be read are left out."""
    env = _read(script_location / "env.py")
    sources = {path: _read(path) for path in _sources(root)}
    texts = [env, *sources.values()]
    return Names(
        variables=tuple(dict.fromkeys(name for text in texts for name in _TEXT.findall(text) if wanted_by(name))),
        flask_apps=tuple(_flask_apps(root, sources))[:_MOST_APPS] if "current_app" in env else (),
    )


def version_table(script_location: Path) -> dict[str, str]:
    """`version_table` and `version_table_schema` where env.py passes them as text, or as the name of a text."""
    texts: dict[str, str] = {}
    passed: dict[str, ast.expr] = {}
    with suppress(SyntaxError, ValueError):
        for node in ast.walk(ast.parse(_read(script_location / "env.py"))):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str() as text)):
                    texts[name] = text
                case ast.keyword(arg="version_table" | "version_table_schema" as name, value=value):
                    passed[name] = value
    named = {key: texts.get(value.id) for key, value in passed.items() if isinstance(value, ast.Name)}
    written = {key: value.value for key, value in passed.items() if isinstance(value, ast.Constant)}
    return {key: text for key, text in {**named, **written}.items() if isinstance(text, str)}


def engines(config: Path, section: str) -> tuple[str, ...]:
    """The databases that a multidb configuration lists, as Alembic's template of that name writes them."""
    parser = configparser.RawConfigParser(strict=False)
    with suppress(OSError, ValueError, configparser.Error):
        parser.read(config)
    listed = parser.get(section, "databases", fallback="")
    return tuple(filter(None, re.split(r",\s*", listed.strip())))


def _sources(root: Path) -> Iterator[Path]:
    found = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(n for n in folders if n not in _SKIPPED and not is_foreign(Path(folder, n)))
        for name in sorted(files):
            if name.endswith(".py"):
                yield Path(folder, name)
                found += 1
                if found == _MOST_FILES:
                    return


def _flask_apps(root: Path, sources: dict[Path, str]) -> Iterator[str]:
    """Where `flask` would find its app: what FLASK_APP says, then what looks like one."""
    said = [
        os.environ.get("FLASK_APP", ""),
        *(m for file in (".flaskenv", ".env") for m in _ASSIGNED.findall(_read(root / file))),
    ]
    yield from filter(None, said)
    for path, text in sources.items():
        for assigned, factory in _FLASK_APP.findall(text):
            yield f"{_module(path.relative_to(root))}:{assigned or factory}"


def _module(path: Path) -> str:
    parts = [part for part in path.with_suffix("").parts if part != "__init__"]
    return ".".join(parts[1:] if parts[:1] == ["src"] else parts)


def _read(path: Path) -> str:
    with suppress(OSError):
        if path.stat().st_size <= _LARGEST:
            return path.read_text(errors="replace")
    return ""
