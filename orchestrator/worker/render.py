"""Renders what revisions would execute, as `alembic upgrade --sql` does, without env.py or any connection.

The scripts' own code is run for it, and nothing of it may reach a database: every connection is refused as in a
trial with a marker, and so is whatever else would leave this process, a socket or a program. What a script only
knows from a database, or from env.py, it cannot say here; then why it fails is told. Alembic 1.8 to 1.20.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.util import load_python_file

from .alone import alone
from .channel import Channel, ParentGone
from .config import build, script_directory
from .connections import Connections
from .executed import Executed
from .failure import describe
from .halt import Cancelled, Halt, Tried

_OUTSIDE = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "os.spawn": 1,
    **dict.fromkeys(
        ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.startfile", "pty.spawn"), 0
    ),
}
"""Python's audit events of what leaves the process past the drivers, and which argument names where to."""


def render(channel: Channel, request: dict[str, Any]) -> None:
    """Run each script's `upgrade` offline; says `rendered` with the statements of each, or why there are none."""
    connections = Connections(request)
    connections.in_revision = True  # also where a library or an asynchronous driver opens one
    connections.watch()
    platform.uname().processor  # noqa: B018 - it runs `uname -p`, once a process, and libraries ask when imported
    sys.addaudithook(_stay_inside)
    config = build(request)
    script = script_directory(config, request)
    environment = EnvironmentContext(config, script, as_sql=True, destination_rev="heads", dont_mutate=True)
    alone(script, environment)
    written = _Written(request["dialect"])
    with environment:
        # Named parameters: with those of a driver Alembic doubles every %.
        options: Any = {"dialect_opts": {"paramstyle": "named"}, "output_buffer": written}
        environment.configure(dialect_name=request["dialect"], **options)
        context: Any = environment.get_context()
        context.impl.bulk_insert = _inserting(context.impl)
        context.connection.execute = _unanswered(context.connection.execute, connections)
        with Operations.context(context):
            told = [_rendered(written, connections, *script) for script in request["scripts"]]
    channel.say("rendered", scripts=told)


def _stay_inside(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _OUTSIDE:
        where = arguments[_OUTSIDE[event]]
        where = where[0] if isinstance(where, (tuple, list)) else where
        # Of a command line its program alone: the rest may hold what is secret.
        name = os.fsdecode(where).partition(" ")[0] if isinstance(where, (str, bytes)) else where
        raise Tried(f"something outside ({event}: {name})")


def _inserting(impl: Any) -> Any:
    """Alembic's `bulk_insert` with the statement that it executes online: values need not be spelled for it."""

    def bulk_insert(table: Any, rows: list[dict[str, Any]], multiinsert: bool = True) -> None:  # noqa: ARG001
        for columns in {tuple(row): row for row in rows}.values():
            impl._exec(table.insert().values(**columns))

    return bulk_insert


class _Asked(Halt):
    """Ends a script that goes on by what a database says."""


class _Answer:
    """What a statement gives back here: whoever wants to know what it says has asked the database."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def _asked(self, *_: Any) -> Any:
        self._connections.halted = _Asked("tried", "it asks the database")
        raise self._connections.halted

    __getattr__ = __getitem__ = __iter__ = __next__ = __len__ = __bool__ = __enter__ = __exit__ = _asked

    def close(self) -> None:
        """Nothing is open."""


def _unanswered(execute: Callable[..., Any], connections: Connections) -> Callable[..., _Answer]:
    """The `execute` of Alembic's stand-in for a connection, which itself gives back nothing."""

    def run(*arguments: Any, **options: Any) -> _Answer:
        execute(*arguments, **options)
        return _Answer(connections)

    return run


class _Written:
    """Stands in for the file that Alembic writes each statement to, at once and ended with a semicolon."""

    def __init__(self, dialect: str) -> None:
        self._dialect = dialect
        self.found = Executed(dialect)

    def anew(self) -> None:
        """What is written from here on is the next script's."""
        self.found = Executed(self._dialect)

    def write(self, text: str) -> None:
        """One statement."""
        self.found.saw(text.strip().rstrip(";"))

    def flush(self) -> None:
        """There is nothing behind it."""


def _rendered(written: _Written, connections: Connections, revision: str, path: str) -> dict[str, Any]:
    """What one script would execute: of one that fails nothing, since what it did before may be half of it."""
    written.anew()
    connections.halted = why = None
    try:
        load_python_file(str(Path(path).parent), Path(path).name).upgrade()
        connections.check()
    except (ParentGone, Cancelled):
        raise
    except _Asked as asked:
        why = _reason(asked)
    except Halt as halt:
        why = f"it wants to reach {halt.message}, and nothing is reached while it is rendered"
    except BaseException as error:  # noqa: BLE001 - a project's code may raise anything, SystemExit too
        why = _reason(error)
    if why is not None:
        written.anew()
    return {"revision": revision, "statements": written.found.told, "more": written.found.more, "why": why}


def _reason(error: BaseException) -> str:
    told = describe(error)
    where = f" ({told['where']})" if told["where"] else ""
    # SQLAlchemy's MockConnection is what Alembic gives a script for a connection.
    if isinstance(error, _Asked) or "MockConnection" in told["message"]:
        return f"it asks the database, and nothing answers while it is rendered{where}"
    return f"without a database its script fails: {told['message']}{where}"
