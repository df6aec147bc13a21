"""The file of a sealed plan: written, read back, and the digests of the files that a plan relies on.

It decides nothing. What is written is masked before, and holds no character that a reviewer would not see.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

from orchestrator import __version__
from orchestrator.core.scripts import digest
from orchestrator.core.sealed import FORMAT, Sealed, SealError, from_json, to_json
from orchestrator.core.targets import Target
from orchestrator.errors import RefusedError, UsageError
from orchestrator.project import files
from orchestrator.project.configuration import AlembicProject, Configuration
from orchestrator.project.revision_scripts.alembic_config import AlembicConfig, read_config

_LARGEST = 256 * 1024 * 1024
"""Bytes; a plan for ten thousand tenants has some 3 MB."""
_INSTALLED = {"site-packages", "dist-packages"}
_AS_WRITTEN = "take the file as it was written, or "


def write(path: Path, sealed: Sealed) -> None:
    """Write the plan, all of it or nothing; an older plan in that place is replaced.

    Raises UsageError where it cannot be written, or where something else than a plan has that name.
    """
    if os.path.lexists(path) and not _is_plan(path):
        mend = "--out ANOTHER-FILE, or delete it"
        raise UsageError("there is something there that is no plan", where=str(path), mend=mend)
    text = _visible(json.dumps({**to_json(sealed), "seal": sealed.seal}, indent=2, ensure_ascii=False)) + "\n"
    files.write(path, text, "--out")


def read(path: Path) -> Sealed:
    """The plan in the file; UsageError where there is none, RefusedError where it is not what was sealed."""
    again = "make it anew: orchestrate plan SOURCE DESTINATION --out FILE"
    try:
        return from_json(_values(path), str(path))
    except FileNotFoundError:
        raise UsageError("there is no such file", where=str(path), mend=again) from None
    except OSError as error:
        raise UsageError(f"it cannot be read: {error.strerror}", where=str(path), mend=again) from None
    except SealError as error:
        raise RefusedError(str(error), where=str(path), mend=_AS_WRITTEN + again, code="broken_seal") from None
    except (ValueError, RecursionError) as error:
        what = str(error) if type(error) is ValueError else f"it is no plan: {_why(error)}"
        raise UsageError(what, where=str(path), mend=_AS_WRITTEN + again) from None


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON: line {error.lineno}"
    return "it is not JSON" if isinstance(error, ValueError) else "it is nested too deeply"


def _values(path: Path) -> Any:
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError(f"it is larger than {_LARGEST // 1024**2} MB")
    return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which no name stands twice: a reader would see the one, and this the other."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise SealError("a name stands twice in it")
    return value


def _is_plan(path: Path) -> bool:
    try:
        value = _values(path) if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(value, dict) and value.get("format") == FORMAT


def _visible(text: str) -> str:
    """The JSON with every character escaped that would not be seen, or would turn the writing round."""
    if text.isascii():
        return text
    return "".join(one if one == "\n" or one.isprintable() else json.dumps(one)[1:-1] for one in text)


def digests(configuration: Configuration, targets: Iterable[Target]) -> dict[str, str]:
    """The SHA-256 of each file that a plan for these targets relies on beside the scripts, by its path.

    These are environments.yaml, and of each project its Alembic configuration and env.py: relative to the
    directory of environments.yaml; what lies in an installed package by its project's name. Line endings do not
    count. Raises ConfigurationError where a project's configuration cannot be read.
    """
    found = {_named(configuration, configuration.path.resolve(), ""): digest(configuration.path.read_bytes())}
    for project in _projects(configuration, targets):
        for path in _files_of(read_config(project)):
            found[_named(configuration, path, project.name)] = digest(path.read_bytes())
    return found


def script_digests(configuration: Configuration, planned: Iterable[tuple[Target, str, str]]) -> dict[str, str]:
    """The digests of planned scripts by their paths; `planned` are target, path within its project, and digest."""
    found: dict[str, str] = {}
    for target, path, planned_digest in planned:
        project = configuration.project_of(target)
        found[_named(configuration, project.config.parent / path, project.name)] = planned_digest
    return found


def tools(configuration: Configuration, targets: Iterable[Target]) -> dict[str, str]:
    """The versions with which a plan is made; Alembic's where the projects run on this same Python."""
    versions = {"orchestrate": __version__, "python": platform.python_version()}
    if all(project.python == sys.executable for project in _projects(configuration, targets)):
        for name in ("alembic", "sqlalchemy"):
            with suppress(metadata.PackageNotFoundError):
                versions[name] = metadata.version(name)
    return versions


def _projects(configuration: Configuration, targets: Iterable[Target]) -> list[AlembicProject]:
    by_name = {project.name: project for project in map(configuration.project_of, targets)}
    return [by_name[name] for name in sorted(by_name)]


def _files_of(config: AlembicConfig) -> list[Path]:
    """A project's ini file, its pyproject.toml where that says something of Alembic, and env.py."""
    found = [config.ini] if config.ini is not None else []
    if config.toml is not None and (config.ini is None or b"tool.alembic" in config.toml.read_bytes()):
        found.append(config.toml)
    return [*found, *(path for path in (config.script_location / "env.py",) if path.is_file())]


def _named(configuration: Configuration, path: Path, project: str) -> str:
    """A file's name that is the same wherever the repository is checked out."""
    absolute = path.resolve()
    if not _INSTALLED.isdisjoint(absolute.parts):
        return f"{project}: {path.name}"
    return Path(os.path.relpath(absolute, configuration.root)).as_posix()
