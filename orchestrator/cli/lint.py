"""`orchestrate lint`."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli.options import Common
from orchestrator.cli.running import Shown, run
from orchestrator.cli.session import Session, now
from orchestrator.errors import Exit


def lint(
    *,
    revisions: Annotated[
        list[str] | None,
        typer.Argument(metavar="REV", help="Only these revisions (default: all that is pending anywhere)."),
    ] = None,
    database: Annotated[
        list[str] | None, typer.Option("--database", metavar="NAME", help="Only this database; may be repeated.")
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 5 for findings that the gate lint would keep out; else 0.")
    ] = False,
    common: Common,
) -> None:
    """What may be dangerous in revisions: what, why, and the safe way to write it. Runs none of them.

    Examples:
      orchestrate lint
      orchestrate lint ae1027a6acf --database billing
      orchestrate lint --exit-code --format json
    """
    session = Session("lint", common)

    def work() -> Shown:
        from orchestrator.operations.lint import lint as operation

        report = operation(session.configuration, revisions or [], database or [], now)
        return Shown(report, Exit.REFUSED if exit_code and report.refused else Exit.DONE)

    run(session, work)
