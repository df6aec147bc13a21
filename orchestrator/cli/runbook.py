"""`orchestrate runbook`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.options import Common, Selected, SkipUnfitOption, ToOption
from orchestrator.cli.running import Shown, run
from orchestrator.cli.session import Session, now


def runbook(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The environment whose revisions are promoted.")],
    destination: Annotated[
        str,
        typer.Argument(metavar="DESTINATION", help="What gets them, in the next environment: prod, prod@acme."),
    ],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it there (default: to the output).")
    ] = None,
    to: ToOption = None,
    selected: Selected,
    skip_unfit: SkipUnfitOption = False,
    common: Common,
) -> None:
    """Write the runbook of this very release, in Markdown: every command in its order, for a person to follow.

    What is there, what changes, the gates and what opens them, how long it may take; then how to seal, approve,
    apply, verify, stop, resume and go back. Changes nothing.

    Examples:
      orchestrate runbook staging prod
      orchestrate runbook staging prod --out RUNBOOK.md
    """
    session = Session("runbook", common)

    def work() -> Shown:
        from orchestrator.cli.pages import pen
        from orchestrator.core.reports import Done
        from orchestrator.operations.release import Wish
        from orchestrator.operations.runbook import of_release
        from orchestrator.project.files import write
        from orchestrator.views.markdown.runbook import runbook as view

        wish = Wish(destination, source, to, selected.selection(), skip_unfit)
        book = of_release(session.configuration, wish, session.actor, now)
        page = session.redact(view(pen(session), book))
        if out is not None:
            write(out, page, "--out")
        elif not session.json:
            sys.stdout.write(page)
            sys.stdout.flush()
            raise typer.Exit
        fields = {"fingerprint": book.report.plan.fingerprint, "file": str(out) if out else None, "markdown": page}
        return Shown(Done(f"{out}: the runbook of {book.report.plan.command}", book.plan, fields))

    run(session, work)
