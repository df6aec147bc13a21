"""`orchestrate status`."""

from __future__ import annotations

from orchestrator.cli.options import (
    ConfigOption,
    EnvironmentsArgument,
    ExitCodeOption,
    FormatOption,
    LogFormatOption,
)
from orchestrator.cli.session import Session, Shown, now, run
from orchestrator.errors import Exit


def status(
    environments: EnvironmentsArgument = None,
    exit_code: ExitCodeOption = False,
    config: ConfigOption = None,
    format: FormatOption = None,  # noqa: A002 - the option's name
    log_format: LogFormatOption = None,
) -> None:
    """Where every database stands, and whether any has diverged. Reads only, creates nothing.

    Examples:
      orchestrate status
      orchestrate status staging prod
      orchestrate status --format json --exit-code
    """
    session = Session("status", config, format, log_format)

    def work() -> Shown:
        from orchestrator.operations.status import status as operation

        configuration = session.configuration
        chosen = [configuration.environment(name).name for name in environments or ()]
        report = operation(configuration, chosen or None, now)
        if report.journal is not None:
            return Shown(report, report.journal.exit, report.journal)
        return Shown(report, report.exit_when_asked if exit_code else Exit.DONE)

    run(session, work)
