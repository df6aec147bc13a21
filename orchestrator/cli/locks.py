"""`orchestrate locks`."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli.options import ConfigOption, EnvironmentsArgument, FormatOption, LogFormatOption
from orchestrator.cli.session import Session, Shown, run
from orchestrator.errors import Exit

_ExitCodeOption = Annotated[
    bool, typer.Option("--exit-code", help="Exit 8 where a lock is held, 9 for unreachable; else 0.")
]


def locks(
    environments: EnvironmentsArgument = None,
    exit_code: _ExitCodeOption = False,
    config: ConfigOption = None,
    format: FormatOption = None,  # noqa: A002 - the option's name
    log_format: LogFormatOption = None,
) -> None:
    """Who drives each target, whose session works in it, and what to do about it. Reads only, breaks no lock.

    Examples:
      orchestrate locks
      orchestrate locks prod
      orchestrate locks --format json --exit-code
    """
    session = Session("locks", config, format, log_format)

    def work() -> Shown:
        from orchestrator.operations.locks import locks as operation

        configuration = session.configuration
        chosen = [configuration.environment(name).name for name in environments or ()]
        report = operation(configuration, chosen or None)
        if report.journal is not None:
            return Shown(report, report.journal.exit, report.journal)
        return Shown(report, report.exit_when_asked if exit_code else Exit.DONE)

    run(session, work)
