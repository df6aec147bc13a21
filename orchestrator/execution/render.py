"""Has a worker render what revisions would execute: it runs their scripts, and may connect to nothing."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from orchestrator.core.preview import Rendered, SqlStatement
from orchestrator.core.secrets import Redactor
from orchestrator.core.urls import parse
from orchestrator.databases.endpoint import Endpoint
from orchestrator.execution.conversation import variables_of
from orchestrator.execution.request import injected, surroundings
from orchestrator.execution.trial import marked, redactor_of
from orchestrator.execution.worker_process import Answer, ask
from orchestrator.project.configuration import AlembicProject

_SECONDS = 60.0
"""How long all of them may take: scripts may import an application."""


def render(project: AlembicProject, endpoint: Endpoint, scripts: Mapping[str, Path]) -> Mapping[str, Rendered]:
    """What each revision's script would execute on databases of the endpoint's kind, or why that is not known.

    The scripts are run on the project's Python with the endpoint's variables, where its URL leads nowhere. Raises
    ConfigurationError where that Python or its working directory cannot be used.
    """
    address = parse(endpoint.url.reveal())
    if address is None:
        return dict.fromkeys(scripts, Rendered(why="its URL is none of a database"))
    marker = f"orchestrate_{secrets.token_hex(6)}"
    nowhere = marked(endpoint, marker)
    inject = injected(project, nowhere)
    variables = variables_of(nowhere, inject)
    request = {
        "do": "render",
        **surroundings(project, inject, nowhere),
        "other_databases": "refuse",
        "guard": None,
        "marker": marker,
        "dialect": address.backend,
        "scripts": [[revision, str(path)] for revision, path in scripts.items()],
    }
    answer = ask(project, variables, request, seconds=_SECONDS, on_output=lambda _: None)
    return _told(answer, scripts, redactor_of(endpoint, variables))


def _told(answer: Answer, revisions: Iterable[str], redactor: Redactor) -> Mapping[str, Rendered]:
    message = answer.message
    if message is None or message["say"] == "failed":
        return dict.fromkeys(revisions, Rendered(why=redactor.text(_unanswered(answer))))
    told = {one["revision"]: _rendered(redactor.value(one)) for one in message["scripts"]}
    return {revision: told.get(revision, Rendered(why="the worker says nothing of it")) for revision in revisions}


def _rendered(one: Mapping[str, Any]) -> Rendered:
    statements = tuple(SqlStatement(text, times, whole) for text, times, whole in one["statements"])
    return Rendered(statements, one["more"], one.get("why"))


def _unanswered(answer: Answer) -> str:
    if answer.late:
        return f"the scripts were not rendered within {_SECONDS:g} seconds"
    if answer.message is None:
        return f"a script ended the process that rendered it (exit code {answer.exit_code})"
    return f"the scripts cannot be rendered: {answer.message['message']}"
