"""`orchestrate veto`."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli.options import Common
from orchestrator.cli.running import Shown, run
from orchestrator.cli.session import Session, now


def veto(
    revision: Annotated[str, typer.Argument(metavar="REV", help="The revision: its id, or the start of it.")],
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why; recorded with your name, told to whom it stops.")
    ],
    *,
    lift: Annotated[bool, typer.Option("--lift", help="Take the veto back.")] = False,
    common: Common,
) -> None:
    """Keep a revision from going anywhere, until the veto is lifted.

    No promotion, rollout or sealed plan with it is run, on any target, and no run that has it to apply is taken up
    again. Where it is applied already it stays; status shows where. A run at work stops before it begins it; where
    it is in hand already, locks tells how to stop that.

    Examples:
      orchestrate veto 4f1c2ab9d3e0 --reason "locks orders for minutes"
      orchestrate veto 4f1c2ab9d3e0 --lift --reason "the table is small now"
    """
    session = Session("veto", common)

    def work() -> Shown:
        from orchestrator.operations import veto as operation

        objection = operation.Objection(revision, " ".join(reason.split()), session.actor)
        say = operation.lift if lift else operation.veto
        return Shown(say(session.configuration, objection, now))

    run(session, work)
