"""`orchestrate promote`, `rollout` and `resume`: the commands that change databases."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.options import (
    ConfigOption,
    ConfirmOption,
    DryRunOption,
    FormatOption,
    LogFormatOption,
    ToOption,
    WaitOption,
    YesOption,
)
from orchestrator.cli.session import Session, Shown, now, run

if TYPE_CHECKING:
    from orchestrator.core.reports import RunReport
    from orchestrator.operations.release import Actor, Wish


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
    _release(session, lambda: wish, dry_run=dry_run, yes=yes, confirm=confirm, wait=wait)


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

    _release(session, wish, dry_run=dry_run, yes=yes, confirm=confirm, wait=wait)


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
        from orchestrator.operations import release, runs

        unfinished = runs.find(session.configuration, run_id)
        if not (session.json or unfinished.complete):
            session.show(Unfinished(unfinished))
        confirmed = consent_to_resume(session, unfinished, frozenset(confirm or ()))
        return _performed(
            session, wait, lambda actor: release.resume(session.configuration, unfinished, actor, confirmed)
        )

    run(session, work)


def _release(
    session: Session,
    wish: Callable[[], Wish],
    *,
    dry_run: bool,
    yes: bool,
    confirm: list[str] | None,
    wait: float | None,
) -> None:
    def work() -> Shown:
        from orchestrator.cli.consent import consent
        from orchestrator.operations import release

        prepared = release.prepare(session.configuration, wish(), now, frozenset(confirm or ()))
        if dry_run:
            return Shown(prepared.report)
        if prepared.plan.steps:
            if not session.json:
                session.show(replace(prepared.report, verdicts=()))
            prepared = consent(session, prepared, yes=yes)
        return _performed(session, wait, lambda actor: release.perform(session.configuration, prepared, actor))

    run(session, work)


def _performed(session: Session, wait: float | None, act: Callable[[Actor], RunReport]) -> Shown:
    from orchestrator.cli.log import RunLog
    from orchestrator.core.events import Event, EventKind
    from orchestrator.execution.stop import Stop
    from orchestrator.operations.release import Actor

    folder = session.configuration.root / ".orchestrator" / "logs"
    with RunLog(folder, session.console(sys.stderr) if session.human_log else None) as log:

        def asked(count: int) -> None:
            message = "stopping after the revision in hand; once more cancels it" if count == 1 else "cancelling"
            log(Event(EventKind.STOPPING, now(), log.run, session.actor, body={"message": message}))

        report = act(Actor(session.actor, log, Stop(asked), now, wait))

    return Shown(report, report.exit, report.told)
