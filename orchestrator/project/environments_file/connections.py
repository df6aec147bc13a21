"""A target's definition → its endpoint: its URL is fetched, checked and anchored, when needed and not before.

A URL from a file or a program is fetched again while a run lasts: the password in it may live for minutes only.
Nothing connects to a database. Error text never holds a URL.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from threading import Lock

from orchestrator.core.secrets import Redactor, Secret
from orchestrator.core.urls import anchored
from orchestrator.databases.endpoint import Endpoint
from orchestrator.errors import ConfigurationError, OrchestrateError, Problem, UnavailableError
from orchestrator.project.environments_file import url_rules
from orchestrator.project.environments_file.definitions import Definition
from orchestrator.project.environments_file.sources import Surroundings, path_in, text_of

__all__ = ["FRESH_SECONDS", "Surroundings", "endpoints_of", "path_in", "secrets_of"]

FRESH_SECONDS = 300.0
"""How old a fetched URL may become before the next connection. A token of AWS IAM lives for 15 minutes."""
_PROGRAMS_AT_ONCE = 16
_TELLING = re.compile(r"pass|secret|token|key|url|dsn|credential", re.IGNORECASE)
"""A variable so named, whose value is kept out of the file, holds a secret more likely than not."""


class _Fetched(Secret):
    """A URL that is fetched again when it is asked for after `FRESH_SECONDS`.

    Where that fails, or leads elsewhere, the last one stays: it may still be good; if not, the database says so.
    """

    __slots__ = ("_at", "_fetch", "_lock")

    def __init__(self, fetch: Callable[[], str]) -> None:
        super().__init__(fetch())
        self._fetch = fetch
        self._at = time.monotonic()
        self._lock = Lock()

    # Its text changes: a value that holds it must stay the one it was.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def reveal(self) -> str:
        """The text, fetched anew where it is too old."""
        with self._lock:
            if time.monotonic() - self._at >= FRESH_SECONDS:
                with contextlib.suppress(OrchestrateError, OSError, ValueError):
                    self._renew(self._fetch())
                self._at = time.monotonic()
            return self._text

    def _renew(self, url: str) -> None:
        root = Path("/")  # what was fetched is anchored
        if url_rules.place_of(url, root) == url_rules.place_of(self._text, root):
            self._text = url


def endpoints_of(
    definitions: Iterable[Definition], around: Surroundings, redactor: Redactor
) -> tuple[Endpoint, ...]:
    """The endpoints of all, in order; one error with every problem where some cannot be had.

    Programs run beside each other: a vault takes its time, and there may be many databases. The redactor learns
    each URL before anybody else does, also those that are fetched later.
    """
    known = list(definitions)
    problems: list[Problem] = []
    kinds: set[type[OrchestrateError]] = set()
    with ThreadPoolExecutor(_PROGRAMS_AT_ONCE) as pool:
        run = pool.map if _any_program(known) else map
        outcomes = list(run(lambda one: _outcome(one, around, redactor), known))
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


def _outcome(
    definition: Definition, around: Surroundings, redactor: Redactor
) -> Endpoint | OrchestrateError | None:
    if definition.missing:
        return None
    try:
        return _endpoint(definition, around, redactor)
    except (ConfigurationError, UnavailableError) as error:
        return error


def _endpoint(definition: Definition, around: Surroundings, redactor: Redactor) -> Endpoint:
    def fetch() -> str:
        url = text_of(definition, around)
        redactor.add(*url_rules.secrets_of(url))
        return _usable(url, definition, around)

    return Endpoint(
        target=definition.target,
        url=Secret(fetch()) if definition.way.url is not None else _Fetched(fetch),
        project=definition.project,
        version_table=definition.version_table,
        version_table_schema=definition.version_table_schema,
        timeouts=definition.timeouts,
        require_tls=definition.require_tls,
        variables=tuple((name, Secret(value)) for name, value in definition.variables.items()),
        x_arguments=definition.x_arguments,
    )


def _usable(url: str, definition: Definition, around: Surroundings) -> str:
    fault = url_rules.fault_of(url)
    if fault is not None:
        raise ConfigurationError(f"{definition.name}: {fault[0]}", where=definition.where, mend=fault[1])
    return anchored(url, PurePosixPath(around.root))


def secrets_of(definition: Definition) -> Iterator[str]:
    """Every text of the definition that must never be shown, as far as it stands in it."""
    if definition.way.url is not None and not definition.missing:
        yield from url_rules.secrets_of(definition.way.url)
    arguments = (argument.partition("=")[::2] for argument in definition.x_arguments)
    for name, value in (*definition.variables.items(), *arguments):
        if "${" in value:
            continue  # a variable that is not set: there is no value yet
        yield from url_rules.secrets_in(name, value)
        if name in definition.expanded and "://" not in value and _TELLING.search(name):
            yield value
