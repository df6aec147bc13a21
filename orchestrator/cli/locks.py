"""`orchestrate locks`."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli.options import Common, DetailsOption, Selected, TargetsArgument
from orchestrator.cli.running import Shown, run
from orchestrator.cli.session import Session, now
from orchestrator.errors import Exit

_ExitCodeOption = Annotated[
    bool, typer.Option("--exit-code", help="Exit 8 where a lock is held, 9 for unreachable; else 0.")
]


def locks(
    *,
    targets: TargetsArgument = None,
    selected: Selected,
    exit_code: _ExitCodeOption = False,
    details: DetailsOption = False,
    common: Common,
) -> None:
    """Who drives each target, whose session works in it, and what to do about it. Reads only, breaks no lock.

    Examples:
      orchestrate locks
      orchestrate locks prod
      orchestrate locks prod --only 'eu_*'
      orchestrate locks --format json --exit-code
    """
    session = Session("locks", common, details)

    def work() -> Shown:
        from orchestrator.operations.locks import locks as operation

        chosen = selected.selection(targets)
        report = operation(session.configuration, chosen, now)
        if report.journal is not None:
            return Shown(report, report.journal.exit, report.journal)
        return Shown(report, report.exit_when_asked if exit_code else Exit.DONE)

    run(session, work)
