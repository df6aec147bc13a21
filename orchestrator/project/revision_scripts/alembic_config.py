"""Where a project's revision scripts are, as its alembic.ini and pyproject.toml say it.

The rules are those of Alembic 1.20 (`alembic.config.Config`, `ScriptDirectory.from_config`), which tests hold
beside it. It imports neither Alembic nor the project, and resolves no database URL.
"""

from __future__ import annotations

import configparser
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.core.plain import code_points
from orchestrator.errors import ConfigurationError, Problem
from orchestrator.project.revision_scripts.alembic_files import read_ini, read_toml
from orchestrator.project.revision_scripts.packages import is_resource, resource

if TYPE_CHECKING:
    from orchestrator.project.configuration import AlembicProject

_DEFAULT_INI, _DEFAULT_SECTION, _TOML = "alembic.ini", "alembic", "pyproject.toml"
_SEPARATORS = {"space": " ", "newline": "\n", "os": os.pathsep, ":": ":", ";": ";"}
_LEGACY_LOCATIONS = re.compile(r", *|(?: +)")
_LEGACY_SYS_PATH = re.compile(r", *|(?: +)|\:")


@dataclass(frozen=True, slots=True)
class Places:
    """What environments.yaml says of a project in place of Alembic's own files, and the Python it runs on.

    The locations are absolute paths or `package:path`. With a `script_location` there need be no ini file.
    """

    script_location: str | None = None
    version_locations: tuple[str, ...] = ()
    python: str = sys.executable


@dataclass(frozen=True, slots=True)
class AlembicConfig:
    """One Alembic configuration; all its paths are absolute.

    `path` is the file that was named and `here` its directory.
    `ini` and `toml` are the two files Alembic's own command would read for it, None for one that is not there.
    `version_locations` may name directories that do not exist: to Alembic they hold no scripts.
    """

    path: Path
    here: Path
    ini: Path | None
    toml: Path | None
    section: str
    script_location: Path
    version_locations: tuple[Path, ...]
    recursive: bool
    sourceless: bool


def read_config(project: AlembicProject) -> AlembicConfig:
    """Where a project of environments.yaml has its scripts; raises ConfigurationError as `read`."""
    places = Places(project.script_location, project.version_locations, project.python)
    return read(project.config, project.section, project.working_directory, places)


def read(config: Path, section: str, working_directory: Path, places: Places = Places()) -> AlembicConfig:
    """What `alembic -c config -n section` would use when started in `working_directory`.

    Relative paths, and the one of the two files that is not named, are looked for in that directory, as
    Alembic does. Stricter than Alembic in one thing: a file or section that was named and is missing is an
    error, never a reason to go on with the other file. More lenient in another: without a script_location it is
    the directory of the named file where env.py stands in it, as Flask-Migrate has it. Raises
    ConfigurationError with every problem found.
    """
    settings = _open(working_directory.absolute(), config, section, places)
    locations = settings.locations()
    script_location = settings.script_location()
    recursive, sourceless = settings.flag("recursive_version_locations"), settings.flag("sourceless")
    if settings.problems or script_location is None:
        raise ConfigurationError.collect(dict.fromkeys(settings.problems), "Alembic's files have {n} problems")
    return AlembicConfig(
        path=settings.named,
        here=settings.named.parent,
        ini=settings.ini_path if settings.ini_path.exists() else None,
        toml=settings.toml_path if settings.toml_path.exists() else None,
        section=section,
        script_location=script_location,
        version_locations=locations or (script_location / "versions",),
        recursive=recursive,
        sourceless=sourceless,
    )


@dataclass(slots=True)
class _Settings:
    """Both files together, ini before toml. What is wrong is added to `problems`, so that all of it is told."""

    working_directory: Path
    section: str
    named: Path
    ini_path: Path
    toml_path: Path
    ini: configparser.ConfigParser
    toml: Mapping[str, object]
    places: Places
    problems: list[Problem]

    def script_location(self) -> Path | None:
        """The directory of env.py; None, with a problem noted, when there is none."""
        value = self.places.script_location or self._text("script_location")
        if value is None and not self.problems and (self.named.parent / "env.py").is_file():
            return self.named.parent
        if value is not None:
            found = self._path("script_location", value)
            return found if found and self._check_directory(value, found) else None
        if not self.problems:
            mend = "write `script_location = %(here)s/migrations` there"
            self._wrong("there is no script_location", self.named, mend)
        return None

    def locations(self) -> tuple[Path, ...]:
        """The version locations that are written down; empty for Alembic's default."""
        self._sys_path()
        values = self.places.version_locations or self._list(
            "version_locations", _LEGACY_LOCATIONS, "path_separator", "version_path_separator"
        )
        return tuple(path for value in values if (path := self._path("version_locations", value)))

    def flag(self, name: str) -> bool:
        """A boolean: exactly `true` in an ini file, a boolean in toml."""
        if self.ini.has_option(self.section, name):
            return self._from_ini(name) == "true"
        value = self.toml.get(name, False)
        if isinstance(value, bool):
            return value
        self._wrong(f"{name} is not a boolean", self.toml_path, f"write `{name} = true`, without quotes")
        return False

    def _text(self, name: str) -> str | None:
        if self.ini.has_option(self.section, name):
            return self._from_ini(name)
        value = self.toml.get(name)
        if value is None or isinstance(value, str):
            return None if value is None else self._from_toml(name, value)
        self._wrong(f"{name} is not text", self.toml_path, f'write `{name} = "…"`')
        return None

    def _list(self, name: str, legacy: re.Pattern[str], *separators: str) -> Sequence[str]:
        value = self._from_ini(name) if self.ini.has_option(self.section, name) else None
        if value:
            return self._split(value, legacy, separators)
        listed = self.toml.get(name, [])
        if isinstance(listed, list) and all(isinstance(one, str) for one in listed):
            filled = (self._from_toml(name, one) for one in listed)
            return [one for one in filled if one is not None]
        self._wrong(f"{name} is not a list of text", self.toml_path, f'write `{name} = ["…"]`')
        return []

    def _split(self, value: str, legacy: re.Pattern[str], separators: Sequence[str]) -> list[str]:
        name = next((one for one in separators if self.ini.has_option(self.section, one)), None)
        if name is None:
            return legacy.split(value)
        word = self._from_ini(name)
        if word in _SEPARATORS:
            return [part.strip() for part in value.split(_SEPARATORS[word]) if part]
        if word is not None:
            self._wrong(f"{name} is {word!r}", self.ini_path, f"write one of {', '.join(_SEPARATORS)}")
        return []

    def _from_ini(self, name: str) -> str | None:
        try:
            return self.ini.get(self.section, name)
        except configparser.InterpolationMissingOptionError as error:
            self._wrong(f"{name} uses %({error.reference})s, which is not set", self.ini_path, "set it there")
        except configparser.InterpolationDepthError:
            self._wrong(f"{name} is defined by itself", self.ini_path, "write the value out")
        except configparser.InterpolationError:
            mend = "write %% for a percent sign"
            if "%" in str(self.ini_path.parent):
                mend = "the directory's own name holds a %, which Alembic cannot read: rename it"
            self._wrong(f"{name} holds a % that begins no %(name)s", self.ini_path, mend)
        return None

    def _from_toml(self, name: str, value: str) -> str | None:
        try:
            return value % {"here": self.toml_path.parent.as_posix()}
        except (KeyError, ValueError, TypeError):
            self._wrong(f"{name} holds a % that is not %(here)s", self.toml_path, "write %% for a percent sign")
            return None

    def _sys_path(self) -> list[str]:
        entries = self._list("prepend_sys_path", _LEGACY_SYS_PATH, "path_separator")
        return [str(self.working_directory / entry) for entry in entries]

    def _path(self, name: str, value: str) -> Path | None:
        """`alembic.util.coerce_resource_to_filename`, except that a package is found without importing it."""
        if not value.isprintable():
            points = code_points(value)
            self._wrong(f"{name} holds {points}, which no path can be trusted with", self.named, "write it anew")
            return None
        if not is_resource(value):
            return self.working_directory / value
        if (path := resource(value, self.places.python, self._sys_path())) is not None:
            return path
        package, *parts = value.split(":")
        what = f"{name} names the package {package!r}, which {self.places.python} cannot find"
        self._wrong(what, self.named, f"write it as a path, like `{name} = %(here)s/{'/'.join(parts)}`")
        return None

    def _check_directory(self, value: str, found: Path) -> bool:
        try:
            if found.is_dir() and _has_env_py(found):
                return True
            if found.is_dir():
                reason = "has no env.py"
            else:
                reason = "is not a directory" if found.exists() else "does not exist"
        except OSError as error:
            reason = f"cannot be read: {error.strerror}"
        self._wrong(f"script_location is {found}, which {reason}", self.named, self._elsewhere(value, found))
        return False

    def _elsewhere(self, value: str, missing: Path) -> str:
        """What to write where the directory of env.py is not where it was looked for."""
        here = self.named.parent
        if (here / "env.py").is_file():
            return f"set projects.app.script_location to {here} in environments.yaml"
        for above in here, *here.parents:
            if above / value != missing and (above / value / "env.py").is_file():
                relative = f"write `%(here)s/{value}`, or " if above == here else ""
                return f"{relative}set the project's working_directory to {above}"
        return f"make it with `alembic init {value}`, or correct script_location"

    def _wrong(self, what: str, where: Path, mend: str) -> None:
        self.problems.append(Problem(what, str(where), mend))


def _has_env_py(folder: Path) -> bool:
    """Whether Alembic finds an env.py there: as source, or compiled (`alembic.util.load_python_file`)."""
    return any(folder.glob("env.py*")) or any(folder.glob("__pycache__/env.*.py*"))


def _open(working_directory: Path, config: Path, section: str, places: Places) -> _Settings:
    named = working_directory / config
    is_toml = named.name == _TOML
    ini_path = working_directory / _DEFAULT_INI if is_toml else named
    toml_path = named if is_toml else working_directory / _TOML
    problems: list[Problem] = []
    ini, toml = read_ini(ini_path, problems), read_toml(toml_path, problems)
    settings = _Settings(working_directory, section, named, ini_path, toml_path, ini, toml, places, problems)
    if not problems:
        problems.extend(_missing(settings))
    return settings


def _missing(settings: _Settings) -> Iterator[Problem]:
    """What was named and is not there. What nobody named may be missing when the toml file says it all."""
    named, section, ini = settings.named, settings.section, settings.ini
    in_toml, is_ini = "script_location" in settings.toml, named == settings.ini_path
    if settings.places.script_location and (named.exists() or named.name == _DEFAULT_INI):
        return
    if not named.exists() and not (in_toml and named == settings.working_directory / _DEFAULT_INI):
        mend = "`alembic init migrations` makes one; or name yours with projects.app.config in environments.yaml"
        if ":" in named.name or ":" in str(named.parent):
            mend = f"if this was meant as package:path, {settings.places.python} cannot find the package"
        yield Problem("there is no such file", str(named), mend)
    elif not is_ini and not settings.toml and not ini.has_section(section):
        yield Problem("there is no [tool.alembic] table", str(named), "add it, or name the alembic.ini instead")
    elif (section != _DEFAULT_SECTION or (is_ini and not in_toml)) and not ini.has_section(section):
        yield _no_section(settings)


def _no_section(settings: _Settings) -> Problem:
    sections = settings.ini.sections()
    likely = [name for name in sections if settings.ini.has_option(name, "script_location")] or sections
    has = f"it has {', '.join(f'[{name}]' for name in likely)}" if likely else "it has none"
    mend = "name the section with projects.app.section in environments.yaml"
    return Problem(f"there is no [{settings.section}] section; {has}", str(settings.ini_path), mend)
