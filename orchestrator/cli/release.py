"""`orchestrate promote`, `rollout` and `resume`: the commands that change databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.options import (
    BehindOption,
    ConfigOption,
    ConfirmOption,
    Consent,
    DetailsOption,
    DryRunOption,
    ExcludeOption,
    FormatOption,
    JunitOption,
    LabelOption,
    LogFormatOption,
    OnlyOption,
    SkipUnfitOption,
    ToOption,
    WaitOption,
    WaiveOption,
    WaiverReasonOption,
    YesOption,
    selection,
)
from orchestrator.cli.perform import acting, done, perform
from orchestrator.cli.session import Session, Shown, now, run

if TYPE_CHECKING:
    from orchestrator.operations.prepared import Prepared
    from orchestrator.operations.release import Wish


def promote(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The environment whose revisions are promoted.")],
    destination: Annotated[
        str,
        typer.Argument(metavar="DESTINATION", help="What gets them, in the next environment: prod, prod@acme."),
    ],
    to: ToOption = None,
    only: OnlyOption = None,
    exclude: ExcludeOption = None,
    label: LabelOption = None,
    behind: BehindOption = False,
    skip_unfit: SkipUnfitOption = False,
    dry_run: DryRunOption = False,
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
    from orchestrator.operations.release import Wish

    session = Session("promote", config, format, log_format, details, junit)

    def wish() -> Wish:
        chosen = selection(only=only, exclude=exclude, label=label, behind=behind)
        return Wish(destination, source, to, chosen, skip_unfit)

    _release(session, wish, Consent(yes, confirm, waive=waive, reason=reason), dry_run=dry_run, wait=wait)


def rollout(
    through: Annotated[
        str | None, typer.Option(metavar="ENV", help="The last environment to change (default: the last of all).")
    ] = None,
    to: ToOption = None,
    only: OnlyOption = None,
    exclude: ExcludeOption = None,
    label: LabelOption = None,
    behind: BehindOption = False,
    skip_unfit: SkipUnfitOption = False,
    dry_run: DryRunOption = False,
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
    """Take new revisions through the environments in order.

    The first environment gets the newest revisions of the scripts, each next one what the one before it has. It
    stops where something fails. A selection narrows the environments that have tenants; the others stay whole.

    Examples:
      orchestrate rollout --through staging
      orchestrate rollout --to 4f1c2ab9d3e0 --dry-run
      orchestrate rollout --only acme --confirm prod
    """
    from orchestrator.operations.release import Wish

    session = Session("rollout", config, format, log_format, details, junit)

    def wish() -> Wish:
        chosen = selection(only=only, exclude=exclude, label=label, behind=behind)
        last = through or session.configuration.pipeline.names[-1]
        return Wish(last, to=to, selection=chosen, skip_unfit=skip_unfit)

    _release(session, wish, Consent(yes, confirm, waive=waive, reason=reason), dry_run=dry_run, wait=wait)


def resume(
    name: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help="Its id, or the file of its sealed plan (default: the latest run)."),
    ] = None,
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
    """Take up an unfinished run, from where the databases really are.

    Examples:
      orchestrate resume
      orchestrate resume 20261122-133501-ab3f --confirm prod
      orchestrate resume release.plan.json --confirm prod
    """
    session = Session("resume", config, format, log_format, details, junit)

    def work() -> Shown:
        from orchestrator.cli.consent import consent_to_resume
        from orchestrator.core.status import Unfinished
        from orchestrator.operations import prepared, runs

        waivers = Consent(waive=waive, reason=reason).waivers(session.actor, now())
        unfinished = runs.find(session.configuration, name)
        if session.people and not unfinished.complete:
            session.show(Unfinished(unfinished))
        confirmed = consent_to_resume(session, unfinished, frozenset(confirm or ()))
        with acting(session, wait, unfinished.plan, unfinished) as actor:
            return done(prepared.resume(session.configuration, unfinished, actor, confirmed, waivers=waivers))

    run(session, work)


def _release(
    session: Session, wish: Callable[[], Wish], consent: Consent, *, dry_run: bool, wait: float | None
) -> None:
    def prepare() -> Prepared:
        from orchestrator.operations import release

        return release.prepare(session.configuration, wish(), now, consent.confirmed)

    perform(session, prepare, consent, dry_run=dry_run, wait=wait)
