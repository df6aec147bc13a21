"""`orchestrate verify`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from orchestrator.cli.options import Common, JunitOption
from orchestrator.cli.running import Shown, run
from orchestrator.cli.session import Session, now
from orchestrator.core.failure import Failure


def verify(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="The environment whose checks are asked.")],
    *,
    junit: JunitOption = None,
    common: Common,
) -> None:
    """Ask the checks of an environment, its verify, and record how they ended.

    SQL is asked read-only on each of its targets, programs are run once. A run asks by itself after it changed an
    environment; the gate `verified` of the next one wants the last answer to be good. Exits 6 where one failed.

    Examples:
      orchestrate verify staging
      orchestrate verify staging --format json
    """
    session = Session("verify", common, junit=junit)

    def work() -> Shown:
        from rich.text import Text

        from orchestrator.operations.verify import verify as operation

        console = session.console(sys.stderr)
        told = operation(
            session.configuration,
            environment,
            now,
            actor=session.actor,
            heard=lambda line: console.print(Text(line)),
        )
        if (error := told.error) is None:
            return Shown(told)
        return Shown(told, error.exit, Failure.of(error))

    run(session, work)
