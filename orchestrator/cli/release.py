"""`orchestrate promote`, `rollout` and `resume`: the commands that change databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.options import (
    Common,
    ConfirmOption,
    Consent,
    DetailsOption,
    DryRunOption,
    JunitOption,
    Selected,
    SkipUnfitOption,
    ToOption,
    WaitOption,
    Waived,
)
from orchestrator.cli.perform import acting, done, perform
from orchestrator.cli.running import Shown, run
from orchestrator.cli.session import Session, now

if TYPE_CHECKING:
    from orchestrator.operations.prepared import Prepared


def promote(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The environment whose revisions are promoted.")],
    destination: Annotated[
        str,
        typer.Argument(metavar="DESTINATION", help="What gets them, in the next environment: prod, prod@acme."),
    ],
    *,
    to: ToOption = None,
    selected: Selected,
    skip_unfit: SkipUnfitOption = False,
    dry_run: DryRunOption = False,
    consent: Consent,
    waived: Waived,
    wait: WaitOption = None,
    junit: JunitOption = None,
    details: DetailsOption = False,
    common: Common,
) -> None:
    """Give DESTINATION exactly the revisions that SOURCE has.

    They are applied one at a time, and each is a durable checkpoint. Refused where DESTINATION has what SOURCE
    lacks, or is not the next environment in order.

    Examples:
      orchestrate promote dev test
      orchestrate promote staging prod --dry-run
      orchestrate promote staging prod --confirm prod
      orchestrate promote staging prod@acme --confirm prod
      orchestrate promote staging prod --label region=eu --exclude 'big_*'
      orchestrate promote staging prod --confirm prod --waive window --reason "mends the outage"
    """
    session = Session("promote", common, details, junit)

    def prepare() -> Prepared:
        from orchestrator.operations import release

        wish = release.Wish(destination, source, to, selected.selection(), skip_unfit)
        return release.prepare(session.configuration, wish, now, consent.confirmed)

    perform(session, prepare, consent, waived, dry_run=dry_run, wait=wait)


def rollout(
    *,
    through: Annotated[
        str | None, typer.Option(metavar="ENV", help="The last environment to change (default: the last of all).")
    ] = None,
    to: ToOption = None,
    selected: Selected,
    skip_unfit: SkipUnfitOption = False,
    dry_run: DryRunOption = False,
    consent: Consent,
    waived: Waived,
    wait: WaitOption = None,
    junit: JunitOption = None,
    details: DetailsOption = False,
    common: Common,
) -> None:
    """Take new revisions through the environments in order.

    The first environment gets the newest revisions of the scripts, each next one what the one before it has. It
    stops where something fails. A selection narrows the environments that have tenants; the others stay whole.

    Examples:
      orchestrate rollout --through staging
      orchestrate rollout --to 4f1c2ab9d3e0 --dry-run
      orchestrate rollout --only acme --confirm prod
    """
    session = Session("rollout", common, details, junit)

    def prepare() -> Prepared:
        from orchestrator.operations import release

        last = through or session.configuration.pipeline.names[-1]
        wish = release.Wish(last, None, to, selected.selection(), skip_unfit)
        return release.prepare(session.configuration, wish, now, consent.confirmed)

    perform(session, prepare, consent, waived, dry_run=dry_run, wait=wait)


def resume(
    *,
    name: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help="Its id, or the file of its sealed plan (default: the latest run)."),
    ] = None,
    confirm: ConfirmOption = None,
    waived: Waived,
    wait: WaitOption = None,
    junit: JunitOption = None,
    details: DetailsOption = False,
    common: Common,
) -> None:
    """Take up an unfinished run, from where the databases really are.

    Examples:
      orchestrate resume
      orchestrate resume 20261122-133501-ab3f --confirm prod
      orchestrate resume release.plan.json --confirm prod
    """
    session = Session("resume", common, details, junit)

    def work() -> Shown:
        from orchestrator.cli.consent import consent_to_resume
        from orchestrator.core.status import Unfinished
        from orchestrator.operations import performing, runs

        waivers = waived.waivers(session.actor, now())
        unfinished = runs.find(session.configuration, name)
        if session.people and not unfinished.complete:
            session.show(Unfinished(unfinished))
        confirmed = consent_to_resume(session, unfinished, frozenset(confirm or ()))
        with acting(session, wait, unfinished.plan, unfinished) as actor:
            return done(performing.resume(session.configuration, unfinished, actor, confirmed, waivers=waivers))

    run(session, work)
