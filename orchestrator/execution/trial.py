"""Tries how a target reaches a project's env.py, in a worker: nothing is migrated, nothing changed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.core.secrets import Redactor, Secret
from orchestrator.core.trial import Attempt, Clues, Trial, TrialFailure
from orchestrator.core.urls import parse
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.locks import Guard
from orchestrator.execution.conversation import variables_of
from orchestrator.execution.request import injected, surroundings
from orchestrator.execution.worker_process import Answer, ask
from orchestrator.project.configuration import AlembicProject
from orchestrator.project.environments_file.url_rules import secrets_in, secrets_of

_SECONDS = 30.0
"""How long env.py may take to configure Alembic; applications that take seconds to import are common."""


def try_env(project: AlembicProject, endpoint: Endpoint, guard: Guard | None) -> Trial:
    """Run the project's env.py for the target as `project.inject` has it, up to `context.configure`.

    With the `guard` of `databases.locks.proof`, held meanwhile, env.py connects, read-only. With None it never
    does: the URL names a database that is nowhere, and whatever asks for that has reached the target.
    Raises ConfigurationError where the project's Python or working directory cannot be used.
    """
    marker = None if guard is not None else f"orchestrate_{secrets.token_hex(6)}"
    tried = endpoint if marker is None else marked(endpoint, marker)
    inject = injected(project, tried)
    variables = variables_of(tried, inject)
    redactor = redactor_of(endpoint, variables)
    request = {
        "do": "try",
        **surroundings(project, inject, tried),
        "guard": None if guard is None else guard.request(),
        "marker": marker,
    }
    lines: list[str] = []
    answer = ask(project, variables, request, seconds=_SECONDS, on_output=lines.append)
    return replace(_trial(redactor.value(_ended(answer))), output=tuple(map(redactor.text, lines)))


def redactor_of(endpoint: Endpoint, variables: Mapping[str, str]) -> Redactor:
    """What masks the secrets that a worker was given, in whatever it says."""
    redactor = Redactor(secrets_of(endpoint.url.reveal()))
    redactor.add(*(secret for name, value in variables.items() for secret in secrets_in(name, value)))
    return redactor


def marked(endpoint: Endpoint, marker: str) -> Endpoint:
    """The endpoint of a database that is nowhere, also where variables or arguments repeat the URL."""
    real = endpoint.url.reveal()
    marked = _elsewhere(real, marker)

    def moved(text: str) -> str:
        return text.replace(real, marked)

    return replace(
        endpoint,
        url=Secret(marked),
        variables=tuple((name, Secret(moved(value.reveal()))) for name, value in endpoint.variables),
        x_arguments=tuple(map(moved, endpoint.x_arguments)),
    )


def _elsewhere(url: str, marker: str) -> str:
    """The URL with the marker for its database: a file beside that of SQLite."""
    address = parse(url)
    scheme, _, rest = url.partition("://")
    if address is not None and address.family == "sqlite":
        folder = rest.partition("?")[0].rpartition("/")[0]
        return f"{scheme}://{folder}/{marker}.db"
    server, _, database = rest.partition("/")
    _, mark, query = database.partition("?")
    return f"{scheme}://{server}/{marker}{mark}{query}"


def _ended(answer: Answer) -> Mapping[str, Any]:
    """What the worker said, or what its silence means."""
    said: Mapping[str, Any]
    if answer.message is None:
        message = f"the worker ended without a word (exit code {answer.exit_code}): env.py ended the process"
        said = {"failure": {"code": "died", "message": message}}
    else:
        said = {"failure": answer.message} if answer.message["say"] == "failed" else answer.message
    failure = said.get("failure")
    if answer.late and (failure or {}).get("code") in ("died", "cancelled"):
        message = f"env.py did not configure Alembic within {_SECONDS:g} seconds"
        return {**said, "failure": {"code": "timeout", "message": message}}
    return said


def _trial(answer: Mapping[str, Any]) -> Trial:
    failure, read = answer.get("failure"), answer.get("read", {})
    return Trial(
        connections=tuple(Attempt(bool(reached), where) for reached, where in answer.get("connections", ())),
        configured=bool(answer.get("configured")),
        version_table=answer.get("version_table"),
        version_table_schema=answer.get("version_table_schema"),
        place=answer.get("place"),
        in_transaction=bool(answer.get("in_transaction")),
        transactional_ddl=answer.get("transactional_ddl"),
        read=Clues(**{kind: tuple(names) for kind, names in read.items()}),
        ran_on=answer.get("ran_on", {}),
        failure=TrialFailure(failure["code"], failure["message"], failure.get("where")) if failure else None,
    )
