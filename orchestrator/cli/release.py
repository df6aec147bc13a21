"""`orchestrate promote`, `rollout` and `resume`: the commands that change databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.options import (
    ConfigOption,
    ConfirmOption,
    Consent,
    DryRunOption,
    FormatOption,
    LogFormatOption,
    ToOption,
    WaitOption,
    YesOption,
)
from orchestrator.cli.perform import perform, performed
from orchestrator.cli.session import Session, Shown, now, run

if TYPE_CHECKING:
    from orchestrator.operations.prepared import Prepared
    from orchestrator.operations.release import Wish


def promote(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The environment whose revisions are promoted.")],
    destination: Annotated[
        str, typer.Argument(metavar="DESTINATION", help="The environment that gets them, the next in order.")
    ],
    to: ToOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    confirm: ConfirmOption = None,
    wait: WaitOption = None,
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
    """
    from orchestrator.operations.release import Wish

    session = Session("promote", config, format, log_format)
    wish = Wish(destination, source, to)
    _release(session, lambda: wish, Consent(yes, confirm), dry_run=dry_run, wait=wait)


def rollout(
    through: Annotated[
        str | None, typer.Option(metavar="ENV", help="The last environment to change (default: the last of all).")
    ] = None,
    to: ToOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    confirm: ConfirmOption = None,
    wait: WaitOption = None,
    config: ConfigOption = None,
    format: FormatOption = None,  # noqa: A002 - the option's name
    log_format: LogFormatOption = None,
) -> None:
    """Take new revisions through the environments in order.

    The first environment gets the newest revisions of the scripts, each next one what the one before it has. It
    stops where something fails.

    Examples:
      orchestrate rollout --through staging
      orchestrate rollout --to 4f1c2ab9d3e0 --dry-run
      orchestrate rollout --confirm prod
    """
    from orchestrator.operations.release import Wish

    session = Session("rollout", config, format, log_format)

    def wish() -> Wish:
        return Wish(through or session.configuration.pipeline.names[-1], to=to)

    _release(session, wish, Consent(yes, confirm), dry_run=dry_run, wait=wait)


def resume(
    run_id: Annotated[str | None, typer.Argument(metavar="RUN", help="Default: the latest run.")] = None,
    confirm: ConfirmOption = None,
    wait: WaitOption = None,
    config: ConfigOption = None,
    format: FormatOption = None,  # noqa: A002 - the option's name
    log_format: LogFormatOption = None,
) -> None:
    """Take up an unfinished run, from where the databases really are.

    Examples:
      orchestrate resume
      orchestrate resume 20261122-133501-ab3f --confirm prod
    """
    session = Session("resume", config, format, log_format)

    def work() -> Shown:
        from orchestrator.cli.consent import consent_to_resume
        from orchestrator.core.reports import Unfinished
        from orchestrator.operations import prepared, runs

        unfinished = runs.find(session.configuration, run_id)
        if not (session.json or unfinished.complete):
            session.show(Unfinished(unfinished))
        confirmed = consent_to_resume(session, unfinished, frozenset(confirm or ()))
        return performed(
            session, wait, lambda actor: prepared.resume(session.configuration, unfinished, actor, confirmed)
        )

    run(session, work)


def _release(
    session: Session, wish: Callable[[], Wish], consent: Consent, *, dry_run: bool, wait: float | None
) -> None:
    def prepare() -> Prepared:
        from orchestrator.operations import release

        return release.prepare(session.configuration, wish(), now, consent.confirmed)

    perform(session, prepare, consent, dry_run=dry_run, wait=wait)
