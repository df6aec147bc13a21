"""`orchestrate plan`."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli.options import (
    BehindOption,
    ConfigOption,
    DetailsOption,
    ExcludeOption,
    ExitCodeOption,
    FormatOption,
    LabelOption,
    LogFormatOption,
    OnlyOption,
    SkipUnfitOption,
    ToOption,
    selection,
)
from orchestrator.cli.session import Session, Shown, now, run
from orchestrator.errors import Exit, UsageError


def plan(
    source: Annotated[
        str | None,
        typer.Argument(metavar="SOURCE", help="Promote from here; leave out both for a rollout."),
    ] = None,
    destination: Annotated[
        str | None, typer.Argument(metavar="DESTINATION", help="Promote to here: prod, prod@acme.")
    ] = None,
    through: Annotated[str | None, typer.Option(metavar="ENV", help="A rollout's last environment.")] = None,
    to: ToOption = None,
    only: OnlyOption = None,
    exclude: ExcludeOption = None,
    label: LabelOption = None,
    behind: BehindOption = False,
    skip_unfit: SkipUnfitOption = False,
    exit_code: ExitCodeOption = False,
    details: DetailsOption = False,
    config: ConfigOption = None,
    format: FormatOption = None,  # noqa: A002 - the option's name
    log_format: LogFormatOption = None,
) -> None:
    """Show what promote or rollout would do. Changes nothing.

    With SOURCE and DESTINATION the plan is a promotion, without them a rollout. What the gates say is shown too.

    Examples:
      orchestrate plan staging prod
      orchestrate plan --through staging --format json
      orchestrate plan staging prod@acme
      orchestrate plan --only acme --exit-code
    """
    session = Session("plan", config, format, log_format, details)

    def work() -> Shown:
        from orchestrator.operations.release import Wish, prepare

        if (source is None) != (destination is None):
            mend = "orchestrate plan SOURCE DESTINATION, or orchestrate plan --through ENV"
            raise UsageError("a promotion has a source and a destination", mend=mend)
        last = destination or through or session.configuration.pipeline.names[-1]
        chosen = selection(only=only, exclude=exclude, label=label, behind=behind)
        wish = Wish(last, source, to, chosen, skip_unfit)
        report = prepare(session.configuration, wish, now).report
        return Shown(report, Exit.PENDING if exit_code and report.plan.steps else Exit.DONE)

    run(session, work)
