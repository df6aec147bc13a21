"""Tries env.py: it is run up to the point where it has configured Alembic, and nothing is changed.

No migration is run and no version table made. What connects is read-only; with a marker in place of a database
nothing connects at all.
"""

from __future__ import annotations

from typing import Any

from alembic.runtime.environment import EnvironmentContext

from . import guard
from .alone import alone
from .channel import Channel, ParentGone
from .config import build, script_directory
from .connections import Connections
from .failure import describe
from .halt import Cancelled, Halt, Tried
from .notes import Notes
from .surroundings import around
from .versions import ran_on

_READ_ONLY = ("read-only transaction", "readonly database", "read only transaction")
"""How PostgreSQL, SQLite and MySQL refuse a change, in lower case."""


def try_env(channel: Channel, request: dict[str, Any]) -> None:
    """Run env.py as far as its `context.configure`; says `tried` with all that this showed."""
    connections, notes = Connections(request), Notes()
    connections.watch()
    config = build(request)
    script = script_directory(config, request)
    environment = EnvironmentContext(config, script, fn=_nothing, destination_rev="heads", dont_mutate=True)
    configured = _stop_at_configure(environment, connections)
    notes.take(config, environment)
    alone(script, environment)
    failure = None
    try:
        with around(config, request), environment:
            script.run_env()
        failure = {"code": "not_run", "message": "env.py ended without configuring Alembic"}
    except ParentGone:
        raise
    except BaseException as error:  # noqa: BLE001 - a project's code may raise anything, SystemExit too
        failure = _reason(error)
    channel.say(
        "tried",
        connections=connections.attempts,
        configured=bool(configured),
        **configured,
        ran_on=ran_on(connections.dialect),
        read=notes.found(),
        failure=None if configured else _told(connections.halted, failure),
    )


def _nothing(_heads: Any, _context: Any) -> list[Any]:
    return []


def _stop_at_configure(environment: EnvironmentContext, connections: Connections) -> dict[str, Any]:
    """What env.py configures is found in the dictionary after it was stopped there."""
    original = environment.configure
    found: dict[str, Any] = {}

    def configure(*args: Any, **kwargs: Any) -> None:
        original(*args, **kwargs)
        context: Any = environment.get_context()
        if context.connection is not None:
            connections.configured_with(context.connection)
        found.update(
            version_table=context.version_table,
            version_table_schema=context.version_table_schema,
            in_transaction=context._in_external_transaction,
            transactional_ddl=context.impl.transactional_ddl,
            place=guard.place(context),
        )
        raise Tried("env.py has configured Alembic")

    environment.configure = configure  # type: ignore[method-assign]
    return found


def _reason(error: BaseException) -> dict[str, Any]:
    if isinstance(error, Halt):
        return error.reason
    told = {"code": "env_failed", **describe(error)}
    if any(words in told["message"].lower() for words in _READ_ONLY):
        told["code"] = "writes"
    return told


def _told(halted: Halt | None, failure: dict[str, Any] | None) -> dict[str, Any] | None:
    """The first refusal counts, whatever env.py made of it; that nothing was to be opened is no failure."""
    if halted is None or (failure and failure["code"] == Cancelled().code):
        return failure
    return None if isinstance(halted, Tried) else halted.reason
