"""`orchestrate doctor`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from orchestrator.cli.options import Common, DetailsOption, Selected, TargetsArgument
from orchestrator.cli.running import Shown, run
from orchestrator.cli.session import Session, now
from orchestrator.errors import Exit

_ExitCodeOption = Annotated[
    bool,
    typer.Option(
        "--exit-code",
        help="Exit 2 where env.py or the version table is not reached, 9 unreachable or not permitted; else 0.",
    ),
]


def doctor(
    *,
    targets: TargetsArgument = None,
    selected: Selected,
    exit_code: _ExitCodeOption = False,
    details: DetailsOption = False,
    common: Common,
) -> None:
    """What could stand in the way of a promotion, with the mend of each. Runs env.py; changes nothing.

    Examples:
      orchestrate doctor
      orchestrate doctor staging prod@acme
      orchestrate doctor --format json --exit-code
    """
    session = Session("doctor", common, details)

    def work() -> Shown:
        from orchestrator.operations import doctor as operation

        chosen = selected.selection(targets)
        session.console(sys.stderr).print(operation.NOTICE, style="dim")
        report = operation.doctor(session.configuration, chosen, now)
        return Shown(report, report.exit_when_asked if exit_code else Exit.USAGE if report.broken else Exit.DONE)

    run(session, work)
