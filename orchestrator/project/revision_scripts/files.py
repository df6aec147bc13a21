"""Which files are a project's revision scripts, as `ScriptDirectory._load_revisions` of Alembic 1.20 finds them.

It lists directories and looks at names; no file is opened.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import Problem
from orchestrator.project.revision_scripts.alembic_config import AlembicConfig

_SOURCE = re.compile(r"(?!\.\#|__init__)(.*\.py)$")
_SOURCE_OR_COMPILED = re.compile(r"(?!\.\#|__init__)(.*\.py)(c|o)?$")


@dataclass(frozen=True, slots=True)
class ScriptFile:
    """One script: its real path, how to show it, and what the file system says of it (None: it is gone)."""

    path: str
    shown: str
    status: os.stat_result | None

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.rpartition("/")[2]

    @property
    def readable(self) -> bool:
        """Whether it can be read to its end: reading a pipe waits for ever, reading a device has none."""
        return self.status is None or stat.S_ISREG(self.status.st_mode)


def script_files(config: AlembicConfig, problems: list[Problem]) -> Iterator[ScriptFile]:
    """Each script once, in Alembic's order; a directory that may not be read is added to the problems."""
    seen: set[str] = set()
    for location in config.version_locations:
        for folder, names in _folders(config, location, problems):
            real_folder, shown_folder = os.path.realpath(folder), _shown(folder, config.here)
            for name in names:
                path, status = _real(f"{real_folder}/{name}")
                if path not in seen and _is_script(path, sourceless=config.sourceless):
                    yield ScriptFile(path, f"{shown_folder}{name}", status)
                seen.add(path)


def _real(path: str) -> tuple[str, os.stat_result | None]:
    """What is there; Alembic judges the name of what a link points to, not of the link."""
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            path = os.path.realpath(path)
            status = Path(path).stat()
    except OSError:
        return path, None
    return path, status


def _folders(config: AlembicConfig, location: Path, problems: list[Problem]) -> Iterator[tuple[Path, list[str]]]:
    """As `Script._list_py_dir`, except that a directory that may not be read is a problem, not an empty one."""

    def unreadable(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            mend = "give the user who runs this leave to read it"
            problems.append(Problem(f"cannot be read: {error.strerror}", str(error.filename), mend))

    for root, directories, names in os.walk(location, onerror=unreadable):
        folder = Path(root)
        if folder.name.endswith("__pycache__"):
            continue
        yield folder, sorted(names)
        if config.sourceless:
            yield folder / "__pycache__", _compiled(folder / "__pycache__", {name.split(".")[0] for name in names})
        if not config.recursive:
            break
        directories.sort()


def _compiled(cache: Path, sources: set[str]) -> list[str]:
    names = sorted(file.name for file in cache.iterdir()) if cache.exists() else []
    return [name for name in names if name.split(".")[0] not in sources]


def _is_script(path: str, *, sourceless: bool) -> bool:
    """As the beginning of `Script._from_path`: source before `.pyc`, `.pyc` before `.pyo`."""
    folder, _, name = path.rpartition("/")
    if not sourceless:
        return _SOURCE.match(name) is not None
    match = _SOURCE_OR_COMPILED.match(name)
    if match is None or match[2] is None:
        return match is not None
    source = Path(folder, match[1])
    return not (source.exists() or (match[2] == "o" and source.with_name(f"{source.name}c").exists()))


def _shown(folder: Path, here: Path) -> str:
    """The folder as a prefix: relative to the project's where it is below it."""
    shown = (folder.relative_to(here) if folder.is_relative_to(here) else folder).as_posix()
    return "" if shown == "." else f"{shown}/"
