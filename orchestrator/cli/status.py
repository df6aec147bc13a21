"""`orchestrate status`."""

from __future__ import annotations

from orchestrator.cli.options import (
    BehindOption,
    ConfigOption,
    DetailsOption,
    ExcludeOption,
    ExitCodeOption,
    FormatOption,
    LabelOption,
    LogFormatOption,
    OnlyOption,
    RecordOption,
    TargetsArgument,
    selection,
)
from orchestrator.cli.session import Session, Shown, now, run
from orchestrator.errors import Exit


def status(
    targets: TargetsArgument = None,
    only: OnlyOption = None,
    exclude: ExcludeOption = None,
    label: LabelOption = None,
    behind: BehindOption = False,
    exit_code: ExitCodeOption = False,
    record: RecordOption = False,
    details: DetailsOption = False,
    config: ConfigOption = None,
    format: FormatOption = None,  # noqa: A002 - the option's name
    log_format: LogFormatOption = None,
) -> None:
    """Where every database stands, and whether any has diverged. Reads only, creates nothing.

    With --record it writes into the journal, and nowhere else, where targets were seen to stand.

    Examples:
      orchestrate status
      orchestrate status staging prod@acme
      orchestrate status prod --label region=eu --behind
      orchestrate status --format json --exit-code
      orchestrate status staging --record
    """
    session = Session("status", config, format, log_format, details)

    def work() -> Shown:
        from orchestrator.operations.status import status as operation

        chosen = selection(targets, only=only, exclude=exclude, label=label, behind=behind)
        report = operation(session.configuration, chosen, now, recorder=session.actor if record else None)
        if report.journal is not None:
            return Shown(report, report.journal.exit, report.journal)
        return Shown(report, report.exit_when_asked if exit_code else Exit.DONE)

    run(session, work)
