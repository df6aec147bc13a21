"""`orchestrate apply`: runs a sealed plan, exactly as it was reviewed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.options import (
    ConfigOption,
    ConfirmOption,
    Consent,
    DetailsOption,
    DryRunOption,
    FormatOption,
    JunitOption,
    LogFormatOption,
    SqlOption,
    WaitOption,
    WaiveOption,
    WaiverReasonOption,
    YesOption,
)
from orchestrator.cli.perform import perform
from orchestrator.cli.session import Session, now

if TYPE_CHECKING:
    from orchestrator.core.reports import RunReport
    from orchestrator.operations.prepared import Prepared

PlanArgument = Annotated[Path, typer.Argument(metavar="PLAN", help="The file that orchestrate plan --out wrote.")]


def apply(
    plan: PlanArgument,
    dry_run: DryRunOption = False,
    sql: SqlOption = False,
    yes: YesOption = False,
    confirm: ConfirmOption = None,
    waive: WaiveOption = None,
    reason: WaiverReasonOption = None,
    wait: WaitOption = None,
    junit: JunitOption = None,
    details: DetailsOption = False,
    config: ConfigOption = None,
    format: FormatOption = None,  # noqa: A002 - the option's name
    log_format: LogFormatOption = None,
) -> None:
    """Run a sealed plan: exactly what was reviewed, or nothing.

    Everything that it relies on is looked at again. Refused with each difference where a database, a script or the
    configuration is not what it was, and while a gate is closed. What was applied before is not applied again.

    Examples:
      orchestrate apply release.plan.json --dry-run --sql
      orchestrate apply release.plan.json --confirm prod
    """
    session = Session("apply", config, format, log_format, details, junit)
    consent = Consent(yes, confirm, waive=waive, reason=reason)

    def prepare() -> Prepared | RunReport:
        from orchestrator.operations import apply as operation
        from orchestrator.project import plan_file

        return operation.prepare(session.configuration, plan_file.read(plan), now, consent.confirmed)

    perform(session, prepare, consent, dry_run=dry_run, sql=sql, wait=wait)
