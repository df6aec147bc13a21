"""The one seam into Alembic: an unmodified env.py is run, and every revision passes through the parent's hands.

`EnvironmentContext` is given a generator as its function, and the instance's `configure` is wrapped. The wrapper
asks for a transaction per revision and, after Alembic's own configure, admits the connection (guard, work lock);
before it nothing may be asked of the connection, since a statement there opens a transaction that Alembic takes
for env.py's own and that then swallows everything. The generator compares the heads with the plan and then, for
each revision, asks the parent, who records the intent, and reports after the commit: Alembic resumes the
generator only when that revision's transaction has ended. All of this holds from Alembic 1.8 on.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import shorten
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from . import guard, history
from .alone import alone
from .channel import Channel, ParentGone
from .config import build, script_directory
from .connections import Connections
from .executed import Executed
from .failure import describe
from .halt import Halt
from .statements import Statements, in_autocommit
from .steps import check_width, destination, no_work, step_of
from .surroundings import around
from .versions import versions


def upgrade(channel: Channel, request: dict[str, Any]) -> None:
    """Apply the requested revisions through the project's env.py; says `finished`, or raises what stopped it."""
    config = build(request)
    script = script_directory(config, request)
    connections = Connections(request)
    seam = Seam(channel, request, script, connections)
    since, recalled = time.time_ns(), False
    connections.watch()  # before anything of the project is loaded: scripts may connect by themselves
    try:
        recalled = "mark" in request and history.recall(script, request)
        environment = _environment(config, seam, destination(config, script, request["steps"]))
        alone(script, environment)
        with around(config, request), environment:
            _run_env(script)
        seam.after()
    except ParentGone:
        raise
    except BaseException as error:  # noqa: BLE001 - a project's code may raise anything, SystemExit too
        channel.say("failed", revision=seam.in_hand, **seam.left, **seam.reason(error))
        return
    finally:
        connections.leave()
        seam.leave()
    channel.say("finished", deferred=seam.deferred, **seam.left)
    if "mark" in request and not recalled:
        history.keep(script, request, since)


def _environment(config: Config, seam: Seam, to: Any) -> EnvironmentContext:
    """Alembic's environment, whose migrations are the seam's."""
    options = {"as_sql": False, "destination_rev": to, "tag": None, "dont_mutate": True}
    environment = EnvironmentContext(config, seam.script, fn=seam.steps, **options)
    seam.wrap(environment)
    return environment


def _run_env(script: ScriptDirectory) -> None:
    """Run env.py; one that ends the process with success has only ended: what it did is judged as ever."""
    try:
        script.run_env()
    except SystemExit as end:
        if end.code:
            raise


class Seam:
    """One run of one env.py for one target.

    `deferred` is set where the revisions become durable only when env.py ends: its own transaction, or its own
    transaction mode. `in_hand` is the revision being run.
    """

    def __init__(
        self, channel: Channel, request: dict[str, Any], script: ScriptDirectory, connections: Connections
    ) -> None:
        self._channel = channel
        self._connections = connections
        self._request = request
        self.script = script
        self._waiting: list[dict[str, Any]] = list(request["steps"])
        self._heads = set(request["heads"])
        self._statements: Statements | None = None
        self._called = False
        self._raised: BaseException | None = None
        self.deferred = request["transactions"] == "as_env"
        self.in_hand: str | None = None
        self.halted: Halt | None = None

    @property
    def left(self) -> dict[str, Any]:
        """What is known of what the revisions left, as fields for the parent: see `Statements`."""
        seen = self._statements
        if seen is None:
            return {"kept": [], "wrote": [], "elsewhere": []}
        return {"kept": seen.kept, "wrote": sorted(seen.wrote), "elsewhere": sorted(seen.elsewhere)}

    def leave(self) -> None:
        """Watch no further."""
        if self._statements is not None:
            self._statements.leave()

    def wrap(self, environment: EnvironmentContext) -> None:
        """Put the admission behind this environment's configure."""
        original = environment.configure

        def configure(*args: Any, **kwargs: Any) -> None:
            if not self.deferred:
                kwargs["transaction_per_migration"] = True
            original(*args, **kwargs)
            self._remembering(lambda: self._admit(environment.get_context()))

        environment.configure = configure  # type: ignore[method-assign]

    def _remembering(self, act: Callable[[], None]) -> None:
        """Run `act`; a Halt is kept as well as raised, since asyncio or env.py may replace it on its way out."""
        try:
            self._connections.check()
            act()
        except Halt as halt:
            self.halted = halt
            raise

    def _admit(self, context: Any) -> None:
        connection = context.connection
        if connection is None:
            raise Halt("not_run", "env.py configured Alembic without a connection")
        expected = {name: self._request.get(name) for name in ("version_table", "version_table_schema", "schema")}
        guard.admit(connection, {**self._request["guard"], **expected}, context)
        if context._in_external_transaction:
            self.deferred = True
        elif hasattr(connection, "rollback"):
            connection.rollback()  # ends what the guard's questions began; session locks stay
        if self._statements is None:
            self._statements = Statements(connection.engine, self._tell)
        self._statements.watch(connection.engine)  # env.py may have another one since
        self._channel.say("admitted", deferred=self.deferred, versions=versions(connection.dialect))

    def _tell(self, revision: str, progress: str, statements: list[list[Any]]) -> None:
        """Tell the parent of statements; what the database has kept is recorded before anything else is done."""
        told = {"revision": revision, "progress": progress, "statements": statements}
        if progress == "started":
            self._channel.say("statements", **told)
        elif self._channel.ask("statements", **told).get("go") is not True:
            raise ParentGone

    def steps(self, heads: Any, context: Any) -> Iterator[Any]:
        """The function Alembic runs: yields the planned revisions, each after the parent has said go."""
        if self._called and not self._waiting:
            return  # env.py runs its migrations a second time; the first did all there was
        self._called = True
        if set(_tuple(heads)) != self._heads:
            self._remembering(lambda: self._heads_moved(_tuple(heads)))
        self._remembering(self._same_scripts)
        if not heads:
            context._ensure_version_table()
        written = [step["revision"] for step in self._waiting if step["action"] != "downgrade"]
        self._remembering(lambda: check_width(context, written))
        while self._waiting:
            planned = self._waiting.pop(0)
            revision = planned["revision"]
            self._remembering(lambda r=revision, p=planned["digest"]: self._same_script(r, p))  # type: ignore[misc]
            autocommit = in_autocommit(context.connection)
            if self._channel.ask("intent", revision=revision, autocommit=autocommit).get("go") is not True:
                self._waiting = []
                return
            self.in_hand = revision
            step = step_of(self.script, revision, planned["action"])
            migration = no_work if planned.get("by_hand") else step.migration_fn
            executed = Executed(context.dialect.name)
            if planned.get("tell"):
                migration = executed.around(migration, self._statements)
            step.migration_fn = self._timed(migration, context)
            if self._statements is not None:
                self._statements.begin(revision, Path(self.script.get_revision(revision).path))
            yield step
            self.in_hand = None
            if not self.deferred:
                sys.audit("orchestrate.after_commit")
            if planned.get("tell"):
                self._channel.say("executed", revision=revision, statements=executed.told, more=executed.more)
            self._channel.say("ran" if self.deferred else "committed", revision=revision)

    def _heads_moved(self, heads: tuple[str, ...]) -> None:
        expected = ", ".join(sorted(self._heads)) or "base"
        raise Halt(
            "heads_moved", f"the database is at {', '.join(heads) or 'base'}, the plan starts at {expected}"
        )

    def _same_scripts(self) -> None:
        """Refuse where Alembic has other revisions than were read: env.py may choose their places as it runs."""
        found = {script.revision for script in self.script.walk_revisions()}
        read = set(self._request["revisions"])
        told = [
            f"{word} {shorten(', '.join(sorted(names)), 70, placeholder=' …')}"
            for word, names in (("lacks", read - found), ("also has", found - read))
            if names
        ]
        if told:
            raise Halt("other_scripts", f"env.py uses other scripts than were read: it {' and '.join(told)}")

    def _same_script(self, revision: str, planned: str) -> None:
        path = Path(self.script.get_revision(revision).path)
        content = path.read_bytes()
        if path.suffix == ".py":
            content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if "sha256:" + hashlib.sha256(content).hexdigest() != planned:
            raise Halt("scripts_differ", f"{path.name} was changed after the plan was made")

    def _timed(self, migration: Callable[..., Any], context: Any) -> Callable[..., Any]:
        """The revision's function with the timeouts set before its first statement.

        On PostgreSQL they are local to the revision's transaction: they reach exactly as far as it does, and
        not through a pooler to somebody else's session. They are not in force inside an autocommit block.
        """
        statements = list(_timeouts(context.dialect.name, self._request["timeouts"]))

        def run(**arguments: Any) -> Any:
            for statement in statements:
                context.connection.execute(text(statement))
            opened, self._connections.in_revision = self._connections.admitted, True
            try:
                done = migration(**arguments)
                self._connections.after_revision(context.connection)
            except BaseException as error:
                self._raised = error  # env.py may swallow it on its way out
                raise
            finally:
                self._connections.in_revision = False
                if self._statements is not None:
                    self._statements.over()
                if self._statements is not None and self._connections.admitted > opened:
                    self._statements.left_sight()
            return done

        run.__name__ = getattr(migration, "__name__", type(migration).__name__)  # it may be any callable
        return run

    def reason(self, error: BaseException) -> dict[str, Any]:
        """Why it stopped, as fields for the parent: our own reason where there is one."""
        halt = error if isinstance(error, Halt) else self.halted or self._connections.halted
        if halt is not None:
            return halt.reason
        if isinstance(error, SystemExit) and self._raised is not None:
            error = self._raised  # env.py made an exit code of it
        return {"code": "revision_failed" if self.in_hand else "env_failed", **describe(error)}

    def after(self) -> None:
        """Raise what env.py kept to itself: a refusal, a revision's error, or that nothing was run at all."""
        self._connections.check()
        if self.halted is not None:
            raise self.halted
        if self.in_hand is not None:
            raise self._raised or Halt("not_run", f"env.py ended in the middle of revision {self.in_hand}")
        if not self._called:
            raise Halt("not_run", "env.py ended without running any migrations (context.run_migrations)")


def _timeouts(dialect: str, timeouts: dict[str, float | None]) -> Iterator[str]:
    lock, statement = timeouts["table_lock"], timeouts["statement"]
    if dialect == "postgresql":
        if lock is not None:
            yield f"SET LOCAL lock_timeout = {int(lock * 1000)}"
        if statement is not None:
            yield f"SET LOCAL statement_timeout = {int(statement * 1000)}"
    elif dialect in ("mysql", "mariadb") and lock is not None:
        for name in ("lock_wait_timeout", "innodb_lock_wait_timeout"):  # for tables, for rows
            yield f"SET SESSION {name} = {max(1, round(lock))}"
    elif dialect == "sqlite" and lock is not None:
        yield f"PRAGMA busy_timeout = {int(lock * 1000)}"


def _tuple(heads: Any) -> tuple[str, ...]:
    if heads is None:
        return ()
    return (heads,) if isinstance(heads, str) else tuple(sorted(heads))
