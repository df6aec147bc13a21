"""The names by which an application's sources ask for a database, read and never run.

Names in capitals are found wherever they stand as text (`os.environ["DATABASE_URL"]`, `config("DB_HOST")`),
those of pydantic-settings are worked out from the fields of its classes. What each asks for is judged elsewhere.
"""

from __future__ import annotations

import ast
import configparser
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from orchestrator.core.injection_search import Names, wanted_by
from orchestrator.project.revision_scripts.packages import resource

_MOST_FILES = 3000
_LARGEST = 1_000_000
"""Bytes of a source that is still read: larger ones are generated."""
_SKIPPED = {"node_modules", "site-packages", "__pycache__", "versions", "tests", "test", "docs"}
_TEXT = re.compile(r"""["']([A-Z][A-Z0-9_]{2,})["']""")
_SETTINGS = re.compile(r"\bclass\s+\w+\(.*Settings")
_FLASK_APP = re.compile(r"^(?:(\w+)\s*=\s*(?:flask\.)?Flask\(|def\s+((?:create|make)_app)\()", re.MULTILINE)
_IMPORT = re.compile(r"^\s*(?:from|import)\s+(\w+)", re.MULTILINE)
_ASSIGNED = re.compile(r"""^\s*(?:export\s+)?FLASK_APP\s*=\s*["']?([^"'\s#]+)""", re.MULTILINE)
_MOST_APPS = 3
_USUAL = {"__future__", "alembic", "sqlalchemy", "sqlmodel", "flask", "flask_migrate", *sys.stdlib_module_names}


def names(root: Path, script_location: Path, python: str) -> Names:
    """What env.py, the sources under `root` and the installed packages that env.py imports ask for.

    `python` is the project's interpreter, beside which its packages are looked for. Unreadable files are left out.
    """
    env = _read(script_location / "env.py")
    sources = {path: _read(path) for path in _sources(root)}
    installed = [_read(path) for path in _installed(env, root, python)]
    texts = [env, *sources.values(), *installed]
    return Names(
        variables=tuple(dict.fromkeys(name for text in texts for name in _variables(text) if wanted_by(name))),
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
        folders[:] = sorted(name for name in folders if _is_source(Path(folder, name)))
        for name in sorted(files):
            if name.endswith(".py"):
                yield Path(folder, name)
                found += 1
                if found == _MOST_FILES:
                    return


def _is_source(folder: Path) -> bool:
    return not (folder.name in _SKIPPED or folder.name.startswith(".") or (folder / "pyvenv.cfg").exists())


def _installed(env: str, root: Path, python: str) -> Iterator[Path]:
    """The sources of the installed packages that env.py imports, but for the usual ones, which ask for nothing."""
    for package in sorted(set(_IMPORT.findall(env)) - _USUAL):
        if not (root / package).exists() and (folder := resource(f"{package}:", python)) is not None:
            yield from _sources(folder)


def _variables(text: str) -> Iterator[str]:
    yield from _TEXT.findall(text)
    if _SETTINGS.search(text):
        with suppress(SyntaxError, ValueError):
            yield from _settings(ast.parse(text))


def _settings(tree: ast.Module) -> Iterator[str]:
    """The variables that pydantic-settings reads: each field's name after the class's prefix, in capitals."""
    classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    for made in classes.values():
        if any(ast.unparse(base).endswith("Settings") for base in made.bases):
            prefix, delimiter = _option(made, "env_prefix"), _option(made, "env_nested_delimiter")
            for field, annotation in _fields(made):
                yield (prefix + field).upper()
                nested = classes.get(annotation) if delimiter else None
                for inner, _ in _fields(nested) if nested else ():
                    yield (prefix + field + delimiter + inner).upper()


def _fields(made: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for node in made.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, ast.unparse(node.annotation).partition(" | ")[0]


def _option(made: ast.ClassDef, name: str) -> str:
    """A setting of `model_config` or of the inner class Config; empty where it is not written as text."""
    for node in ast.walk(made):
        value = node.value if isinstance(node, ast.keyword) and node.arg == name else None
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            value = node.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
    return ""


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
