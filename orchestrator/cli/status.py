"""`orchestrate status`."""

from __future__ import annotations

from orchestrator.cli.options import Common, DetailsOption, ExitCodeOption, RecordOption, Selected, TargetsArgument
from orchestrator.cli.running import Shown, run
from orchestrator.cli.session import Session, now
from orchestrator.errors import Exit


def status(
    *,
    targets: TargetsArgument = None,
    selected: Selected,
    exit_code: ExitCodeOption = False,
    record: RecordOption = False,
    details: DetailsOption = False,
    common: Common,
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
    session = Session("status", common, details)

    def work() -> Shown:
        from orchestrator.operations.status import status as operation

        chosen = selected.selection(targets)
        report = operation(session.configuration, chosen, now, recorder=session.actor if record else None)
        if report.journal is not None:
            return Shown(report, report.journal.exit, report.journal)
        return Shown(report, report.exit_when_asked if exit_code else Exit.DONE)

    run(session, work)
