"""`orchestrate apply`: runs a sealed plan, exactly as it was reviewed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.options import (
    Common,
    Consent,
    DetailsOption,
    DryRunOption,
    JunitOption,
    SqlOption,
    WaitOption,
    Waived,
)
from orchestrator.cli.perform import perform
from orchestrator.cli.session import Session, now

if TYPE_CHECKING:
    from orchestrator.core.reports import RunReport
    from orchestrator.operations.prepared import Prepared

PlanArgument = Annotated[Path, typer.Argument(metavar="PLAN", help="The file that orchestrate plan --out wrote.")]


def apply(
    plan: PlanArgument,
    *,
    dry_run: DryRunOption = False,
    sql: SqlOption = False,
    consent: Consent,
    waived: Waived,
    wait: WaitOption = None,
    junit: JunitOption = None,
    details: DetailsOption = False,
    common: Common,
) -> None:
    """Run a sealed plan: exactly what was reviewed, or nothing.

    Everything that it relies on is looked at again. Refused with each difference where a database, a script or the
    configuration is not what it was, and while a gate is closed. What was applied before is not applied again.

    Examples:
      orchestrate apply release.plan.json --dry-run --sql
      orchestrate apply release.plan.json --confirm prod
    """
    session = Session("apply", common, details, junit)

    def prepare() -> Prepared | RunReport:
        from orchestrator.operations import apply as operation
        from orchestrator.project import plan_file

        return operation.prepare(session.configuration, plan_file.read(plan), now, consent.confirmed, sql=sql)

    perform(session, prepare, consent, waived, dry_run=dry_run, wait=wait)
