"""`orchestrate plan`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.options import (
    AsOption,
    Common,
    DetailsOption,
    ExitCodeOption,
    Selected,
    SkipUnfitOption,
    SqlOption,
    ToOption,
    Waived,
)
from orchestrator.cli.running import Shown, run
from orchestrator.cli.session import Session, now
from orchestrator.errors import Exit, UsageError

if TYPE_CHECKING:
    from orchestrator.operations.prepared import Prepared


def plan(
    *,
    source: Annotated[
        str | None,
        typer.Argument(metavar="SOURCE", help="Promote from here; leave out both for a rollout."),
    ] = None,
    destination: Annotated[
        str | None, typer.Argument(metavar="DESTINATION", help="Promote to here: prod, prod@acme.")
    ] = None,
    through: Annotated[str | None, typer.Option(metavar="ENV", help="A rollout's last environment.")] = None,
    to: ToOption = None,
    selected: Selected,
    skip_unfit: SkipUnfitOption = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Seal the plan and write it here, to be reviewed, approved and applied."
        ),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="How long a sealed plan may be applied: 90m, 24h, 7d (default: 72h)."),
    ] = None,
    name: AsOption = None,
    waived: Waived,
    sql: SqlOption = False,
    exit_code: ExitCodeOption = False,
    details: DetailsOption = False,
    common: Common,
) -> None:
    """Show what promote or rollout would do. Changes nothing.

    With SOURCE and DESTINATION the plan is a promotion, without them a rollout. What the gates say is shown too.
    With --out it is sealed and kept in a file: orchestrate apply runs exactly that, or nothing.

    Examples:
      orchestrate plan staging prod
      orchestrate plan --through staging --format json
      orchestrate plan staging prod --sql
      orchestrate plan staging prod@acme
      orchestrate plan --only acme --exit-code
      orchestrate plan staging prod --out release.plan.json --expires 24h
    """
    session = Session("plan", common, details)

    def sealed(prepared: Prepared) -> Prepared:
        from orchestrator.operations import sealing

        if out is None:
            return prepared
        author = sealing.Author(sealing.person(name, session.actor), session.actor)
        return sealing.seal(prepared, author, out, now(), sealing.life(expires))

    def work() -> Shown:
        from orchestrator.operations.release import Wish, prepare

        if out is None and (expires or name):
            what = f"{'--expires' if expires else '--as'} is about a sealed plan"
            raise UsageError(what, mend="add --out release.plan.json")
        if (source is None) != (destination is None):
            mend = "orchestrate plan SOURCE DESTINATION, or orchestrate plan --through ENV"
            raise UsageError("a promotion has a source and a destination", mend=mend)
        last = destination or through or session.configuration.pipeline.names[-1]
        wish = Wish(last, source, to, selected.selection(), skip_unfit)
        waivers = waived.waivers(session.actor, now())
        prepared = replace(prepare(session.configuration, wish, now, sql=sql), waivers=waivers)
        report = sealed(prepared).report
        return Shown(report, Exit.PENDING if exit_code and report.plan.steps else Exit.DONE)

    run(session, work)
