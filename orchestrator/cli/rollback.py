"""`orchestrate rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.options import Common, Consent, DetailsOption, DryRunOption, RunArgument, WaitOption, Waived
from orchestrator.cli.perform import perform
from orchestrator.cli.session import Session, now

if TYPE_CHECKING:
    from orchestrator.operations.prepared import Prepared


def rollback(
    name: RunArgument,
    *,
    target: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TARGET", help="Only this target of the run: prod, prod@acme, 'prod@eu_*'; may be repeated."
        ),
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why; recorded with your name.")] = None,
    dry_run: DryRunOption = False,
    consent: Consent,
    wait: WaitOption = None,
    details: DetailsOption = False,
    common: Common,
) -> None:
    """Bring the targets of a run back to the heads they had before it.

    The scripts' downgrades are run, one at a time, the last revision and the last environment first. What each
    will do is shown before, as its text tells. Refused where a target is not as the run left it, a script was
    changed since or cannot be reverted, or a later environment would be left ahead.

    Examples:
      orchestrate rollback 20261122-133501-ab3f --dry-run
      orchestrate rollback 20261122-133501-ab3f --confirm prod --reason "orders fail since"
      orchestrate rollback 20261122-133501-ab3f --target prod
      orchestrate rollback release.plan.json --dry-run
    """
    session = Session("rollback", common, details)

    def prepare() -> Prepared:
        from orchestrator.operations.rollback import Regret
        from orchestrator.operations.rollback import prepare as prepare_rollback

        regret = Regret(name, tuple(target or ()), reason)
        return prepare_rollback(session.configuration, regret, now, consent.confirmed)

    perform(session, prepare, consent, Waived(), dry_run=dry_run, wait=wait)
