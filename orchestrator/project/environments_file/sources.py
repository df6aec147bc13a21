"""Where a target's URL comes from: written, the one line of a file, or what a program prints. So do tenants.

Files are read and programs are run here, each time that they are asked. Error text never holds what they gave: it
names the key, the file or the program.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from orchestrator.errors import ConfigurationError, UnavailableError
from orchestrator.project.environments_file.definitions import Definition
from orchestrator.project.programs import Program

MAX_URL_BYTES = 8192
MAX_LIST_BYTES = 16 * 1024 * 1024
COMMAND_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where relative paths begin, and the variables that programs are given."""

    root: Path
    variables: Mapping[str, str]


class Named(Protocol):
    """What says in messages whose value is asked for, and where the file says so."""

    @property
    def name(self) -> str:
        """The key, as people write it."""

    @property
    def where(self) -> str:
        """The place in the file."""


def path_in(root: Path, text: str) -> Path:
    """The path that the file means: `~` is a home, and what is relative begins at `root`. Links are kept."""
    return root / os.path.expanduser(text)  # noqa: PTH111 - Path.expanduser raises for an unknown user


def text_of(definition: Definition, around: Surroundings) -> str:
    """The URL as it is given; ConfigurationError or UnavailableError where it cannot be had."""
    way = definition.way
    if way.url is not None:
        return way.url
    if way.url_file is not None:
        return _one_line(_content(definition, path_in(around.root, way.url_file)), definition)
    return _one_line(_output(definition, way.url_command or (), around, MAX_URL_BYTES), definition)


def list_of(named: Named, argv: Sequence[str], around: Surroundings) -> str:
    """What a program writes that lists something; ConfigurationError or UnavailableError where that fails."""
    content = _output(named, argv, around, MAX_LIST_BYTES)
    if len(content) > MAX_LIST_BYTES:
        what = f"{named.name}: gives more than {MAX_LIST_BYTES >> 20} MiB"
        raise ConfigurationError(what, where=named.where, mend="it must give one tenant a line, and nothing else")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"{named.name}: gives what is no UTF-8 in line {line}"
        raise ConfigurationError(what, where=named.where, mend="have it write UTF-8") from None


def _one_line(content: bytes, definition: Definition) -> str:
    lines = content.decode("utf-8", "replace").strip().splitlines()
    if len(content) <= MAX_URL_BYTES and len(lines) == 1:
        return lines[0]
    what = "gives nothing" if not lines else "gives more than one line of at most 8 KiB"
    mend = "it must give the URL and nothing else"
    raise ConfigurationError(f"{definition.name}: {what}", where=definition.where, mend=mend)


def _content(definition: Definition, path: Path) -> bytes:
    try:
        # A pipe that nobody writes to must not hold everything up: what it is, is asked before anything is read.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            fault = _fault_of(os.fstat(file.fileno()), path)
            if fault is None:
                return file.read(MAX_URL_BYTES + 1)
    except OSError as error:
        fault = f"cannot be read: {error.strerror}", "write the URL into it, for its owner alone: chmod 600"
    what = f"{definition.name}: {path} {fault[0]}"
    raise ConfigurationError(what, where=definition.where, mend=fault[1])


def _fault_of(found: os.stat_result, path: Path) -> tuple[str, str] | None:
    """Why the file that the path leads to is not to be trusted with a URL, and the mend; None where it is.

    Docker and Kubernetes mount secrets as links to files of root that everybody in the container may read: who may
    read a file of root's is not ours to say. As ssh does for keys, we mind who may read what is our own.
    """
    if not stat.S_ISREG(found.st_mode):
        return "is not a file", "write the URL into a file; for a program there is url_command"
    if found.st_uid not in (0, os.geteuid()):
        return "belongs to somebody else", f"chown {os.geteuid()} {path}"
    if found.st_mode & 0o022:
        return "can be written by others", f"chmod 600 {path}"
    if found.st_uid != 0 and found.st_mode & 0o044:
        return "can be read by others", f"chmod 600 {path}"
    return None


def _output(named: Named, argv: Sequence[str], around: Surroundings, most: int) -> bytes:
    """What the program writes; where that is more than `most`, as much as shows it."""
    content = bytearray()
    try:
        with Program(argv, around.root, variables=around.variables) as program:
            for chunk in program.output(COMMAND_SECONDS):
                content += chunk
                if len(content) > most:
                    return bytes(content)
            code = program.end()
    except TimeoutError:
        raise _unavailable(named, argv[0], f"did not end within {COMMAND_SECONDS:g} seconds") from None
    except OSError as error:
        raise _unavailable(named, argv[0], f"cannot be run: {error.strerror}") from None
    if code != 0:
        raise _unavailable(named, argv[0], f"failed with exit code {code}")
    return bytes(content)


def _unavailable(named: Named, program: str, what: str) -> UnavailableError:
    mend = "run it by hand and read what it says"
    name = Path(program).name
    return UnavailableError(f"{named.name}: {name} {what}", where=named.where, mend=mend)
