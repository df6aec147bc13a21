"""`orchestrate runs`, `show` and `resolve`."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli.options import ConfigOption, FormatOption, LogFormatOption
from orchestrator.cli.session import Session, Shown, now, run
from orchestrator.errors import UsageError


def runs(
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many, the newest first.")] = 20,
    config: ConfigOption = None,
    format: FormatOption = None,  # noqa: A002 - the option's name
    log_format: LogFormatOption = None,
) -> None:
    """The latest runs: what, by whom, how it ended.

    Example:
      orchestrate runs --limit 5
    """
    session = Session("runs", config, format, log_format)

    def work() -> Shown:
        from orchestrator.operations import runs as operation

        return Shown(operation.runs(session.configuration, limit))

    run(session, work)


def show(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, as orchestrate runs lists it.")],
    config: ConfigOption = None,
    format: FormatOption = None,  # noqa: A002 - the option's name
    log_format: LogFormatOption = None,
) -> None:
    """One run: what it was to do, and everything that happened.

    Example:
      orchestrate show 20261122-133501-ab3f
    """
    session = Session("show", config, format, log_format)

    def work() -> Shown:
        from orchestrator.operations import runs as operation

        return Shown(operation.show(session.configuration, run_id))

    run(session, work)


def resolve(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The run that left a revision in doubt.")],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="Where it is in doubt, as status writes it.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="What you found and did; recorded with your name.")],
    not_applied: Annotated[
        bool, typer.Option("--not-applied", help="Nothing of the revision is left in the database.")
    ] = False,
    config: ConfigOption = None,
    format: FormatOption = None,  # noqa: A002 - the option's name
    log_format: LogFormatOption = None,
) -> None:
    """Say that nothing is left of a revision in doubt.

    Afterwards resume runs that revision again. Look at the database first: your word is believed and recorded.

    A revision that you completed by hand needs no word here: record it in the version table with `alembic
    stamp`, and resume sees it.

    Example:
      orchestrate resolve 20261122-133501-ab3f prod --not-applied --reason "dropped table orders_tmp"
    """
    session = Session("resolve", config, format, log_format)

    def work() -> Shown:
        from orchestrator.core.reports import Done
        from orchestrator.core.targets import Target
        from orchestrator.operations import runs as operation

        if not not_applied:
            raise UsageError("say what you found: --not-applied", mend="orchestrate resolve --help")
        at = Target.parse(target)
        revision = operation.resolve(
            session.configuration, run_id, at, reason=reason, actor=session.actor, now=now
        )
        sentence = f"recorded: nothing of {revision} is left on {target}"
        return Shown(Done(sentence, f"orchestrate resume {run_id}", {"run_id": run_id, "resolved": revision}))

    run(session, work)
