"""A target's definition → its endpoint: its URL is fetched, checked and anchored, when needed and not before.

`url_file` is read and `url_command` is run here. Nothing connects to a database. Error text never holds a URL, nor
what a program wrote: it names the key, the file or the program.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from orchestrator.core.secrets import Secret
from orchestrator.core.urls import anchored
from orchestrator.databases.endpoint import Endpoint
from orchestrator.errors import ConfigurationError, OrchestrateError, Problem, UnavailableError
from orchestrator.project.environments_file import url_rules
from orchestrator.project.environments_file.definitions import Definition

MAX_URL_BYTES = 8192
COMMAND_SECONDS = 10.0
_PROGRAMS_AT_ONCE = 16
_TELLING = re.compile(r"pass|secret|token|key|url|dsn|credential", re.IGNORECASE)
"""A variable so named holds a secret more likely than not; masking any other would garble ordinary words."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where relative paths begin, and the variables that programs are given."""

    root: Path
    variables: Mapping[str, str]


def path_in(root: Path, text: str) -> Path:
    """The path that the file means: `~` is a home, and what is relative begins at `root`. Links are kept."""
    return root / os.path.expanduser(text)  # noqa: PTH111 - Path.expanduser raises for an unknown user


def endpoint_of(definition: Definition, around: Surroundings) -> Endpoint:
    """The target's endpoint; ConfigurationError or UnavailableError where its URL cannot be had or used."""
    url = _url(definition, around)
    fault = url_rules.fault_of(url)
    if fault is not None:
        raise ConfigurationError(f"{definition.name}: {fault[0]}", where=definition.where, mend=fault[1])
    return Endpoint(
        target=definition.target,
        url=Secret(anchored(url, PurePosixPath(around.root))),
        project=definition.project,
        version_table=definition.version_table,
        version_table_schema=definition.version_table_schema,
        timeouts=definition.timeouts,
        variables=tuple((name, Secret(value)) for name, value in definition.variables.items()),
        x_arguments=definition.x_arguments,
    )


def endpoints_of(definitions: Iterable[Definition], around: Surroundings) -> tuple[Endpoint, ...]:
    """The endpoints of all, in order; one error with every problem where some cannot be had.

    Programs run beside each other: a vault takes its time, and there may be many databases.
    """
    known = list(definitions)
    problems: list[Problem] = []
    kinds: set[type[OrchestrateError]] = set()
    with ThreadPoolExecutor(_PROGRAMS_AT_ONCE) as pool:
        outcomes = list((pool.map if _any_program(known) else map)(lambda one: _outcome(one, around), known))
    for definition, outcome in zip(known, outcomes, strict=True):
        problems.extend(definition.missing)
        if isinstance(outcome, OrchestrateError):
            kinds.add(type(outcome))
            problems.append(Problem(outcome.what, outcome.where, outcome.mend))
    if problems:
        kind = UnavailableError if UnavailableError in kinds else ConfigurationError
        summary = "{n} problems with the targets asked for"
        raise kind.collect(dict.fromkeys(problems), summary)
    return tuple(outcome for outcome in outcomes if isinstance(outcome, Endpoint))


def _any_program(definitions: Iterable[Definition]) -> bool:
    return any(definition.way.url_command for definition in definitions)


def _outcome(definition: Definition, around: Surroundings) -> Endpoint | OrchestrateError | None:
    if definition.missing:
        return None
    try:
        return endpoint_of(definition, around)
    except (ConfigurationError, UnavailableError) as error:
        return error


def secrets_of(definition: Definition, endpoint: Endpoint) -> set[str]:
    """Every text of the endpoint that must never be shown."""
    found = set(url_rules.secrets_of(endpoint.url.reveal()))
    for name, value in definition.variables.items():
        if "://" in value:
            found.update(url_rules.secrets_of(value))
        elif name in definition.expanded and _TELLING.search(name):
            found.add(value)
    return found


def _url(definition: Definition, around: Surroundings) -> str:
    way = definition.way
    if way.url is not None:
        return way.url
    if way.url_file is not None:
        return _one_line(_file(definition, path_in(around.root, way.url_file)), definition)
    return _one_line(_output(definition, way.url_command or (), around), definition)


def _one_line(content: bytes, definition: Definition) -> str:
    lines = content.decode("utf-8", "replace").strip().splitlines()
    if len(content) <= MAX_URL_BYTES and len(lines) == 1:
        return lines[0]
    what = "gives nothing" if not lines else "gives more than one line of at most 8 KiB"
    mend = "it must give the URL and nothing else"
    raise ConfigurationError(f"{definition.name}: {what}", where=definition.where, mend=mend)


def _file(definition: Definition, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_URL_BYTES + 1)
    except OSError as error:
        what = f"{definition.name}: {path} cannot be read: {error.strerror}"
        mend = "write the URL into it, for its owner alone: chmod 600"
        raise ConfigurationError(what, where=definition.where, mend=mend) from None


def _output(definition: Definition, argv: Sequence[str], around: Surroundings) -> bytes:
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=around.root,
            env=around.variables,
            start_new_session=True,
        )
    except OSError as error:
        raise _unavailable(definition, argv[0], f"cannot be run: {error.strerror}") from None
    try:
        return _finished(process, definition, argv[0])
    finally:
        # What it left behind must not live on; the group is gone where it left nothing.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _finished(process: subprocess.Popen[bytes], definition: Definition, program: str) -> bytes:
    deadline = time.monotonic() + COMMAND_SECONDS
    assert process.stdout is not None
    with process.stdout as stream:
        content = b""
        while len(content) <= MAX_URL_BYTES:
            ready, _, _ = select.select([stream], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise _unavailable(definition, program, f"did not end within {COMMAND_SECONDS:g} seconds")
            chunk = os.read(stream.fileno(), MAX_URL_BYTES)
            if not chunk:
                break
            content += chunk
    if len(content) > MAX_URL_BYTES:
        return content
    try:
        code = process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise _unavailable(definition, program, f"did not end within {COMMAND_SECONDS:g} seconds") from None
    if code != 0:
        raise _unavailable(definition, program, f"failed with exit code {code}")
    return content


def _unavailable(definition: Definition, program: str, what: str) -> UnavailableError:
    mend = "run it by hand and read what it says"
    name = Path(program).name
    return UnavailableError(f"{definition.name}: {name} {what}", where=definition.where, mend=mend)
