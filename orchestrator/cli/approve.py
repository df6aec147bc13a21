"""`orchestrate approve`: a person's consent to a sealed plan."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli.apply import PlanArgument
from orchestrator.cli.options import AsOption, Common, DetailsOption
from orchestrator.cli.running import Shown, run
from orchestrator.cli.session import Session, now


def approve(
    plan: PlanArgument,
    *,
    name: AsOption = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take your approval of this plan back.")] = False,
    details: DetailsOption = False,
    common: Common,
) -> None:
    """Consent to a sealed plan, which is shown; recorded in the journal with your name.

    It holds for exactly this plan: one that is made anew is approved anew. Its author cannot approve it. Refused
    as apply would for all that can be told without a database: scripts, files, variables, version, expiry.

    Examples:
      orchestrate approve release.plan.json --as alice
      orchestrate approve release.plan.json --as alice --withdraw
    """
    session = Session("approve", common, details)

    def work() -> Shown:
        from orchestrator.core.reports import PlanReport
        from orchestrator.operations import approve as operation
        from orchestrator.operations.sealing import Author, person
        from orchestrator.project import plan_file

        who = Author(person(name, session.actor), session.actor)
        sealed, configuration = plan_file.read(plan), session.configuration
        if withdraw:
            return Shown(operation.withdraw(configuration, sealed, who, now()))
        done = operation.approve(configuration, sealed, who, now())
        if session.people:
            session.show(PlanReport(sealed.plan, (), sealed=sealed))
        return Shown(done)

    run(session, work)
