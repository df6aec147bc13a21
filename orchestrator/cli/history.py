"""`orchestrate runs` and `show`."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli.options import Common, DetailsOption, RunArgument
from orchestrator.cli.running import Shown, run
from orchestrator.cli.session import Session


def runs(
    *,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many, the newest first.")] = 20,
    common: Common,
) -> None:
    """The latest runs: what, by whom, how it ended.

    Example:
      orchestrate runs --limit 5
    """
    session = Session("runs", common)

    def work() -> Shown:
        from orchestrator.operations import runs as operation

        return Shown(operation.runs(session.configuration, limit))

    run(session, work)


def show(
    name: RunArgument,
    *,
    details: DetailsOption = False,
    common: Common,
) -> None:
    """One run: what it was to do, and everything that happened.

    Examples:
      orchestrate show 20261122-133501-ab3f
      orchestrate show release.plan.json
    """
    session = Session("show", common, details)

    def work() -> Shown:
        from orchestrator.operations import runs as operation

        return Shown(operation.show(session.configuration, name))

    run(session, work)
