"""`orchestrate doctor`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from orchestrator.cli.options import ConfigOption, EnvironmentsArgument, FormatOption, LogFormatOption
from orchestrator.cli.session import Session, Shown, now, run
from orchestrator.errors import Exit

_ExitCodeOption = Annotated[
    bool,
    typer.Option(
        "--exit-code",
        help="Exit 2 where env.py or the version table is not reached, 9 unreachable or not permitted; else 0.",
    ),
]


def doctor(
    environments: EnvironmentsArgument = None,
    exit_code: _ExitCodeOption = False,
    config: ConfigOption = None,
    format: FormatOption = None,  # noqa: A002 - the option's name
    log_format: LogFormatOption = None,
) -> None:
    """What could stand in the way of a promotion, with the mend of each. Runs env.py; changes nothing.

    Examples:
      orchestrate doctor
      orchestrate doctor staging prod
      orchestrate doctor --format json --exit-code
    """
    session = Session("doctor", config, format, log_format)

    def work() -> Shown:
        from orchestrator.operations import doctor as operation

        configuration = session.configuration
        chosen = [configuration.environment(name).name for name in environments or ()]
        session.console(sys.stderr).print(operation.NOTICE, style="dim")
        report = operation.doctor(configuration, chosen or None, now)
        return Shown(report, report.exit_when_asked if exit_code else Exit.USAGE if report.broken else Exit.DONE)

    run(session, work)
