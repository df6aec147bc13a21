"""`orchestrate report`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.options import Common, ConfigOption, DetailsOption, LogFormatOption, RunArgument
from orchestrator.cli.running import Shown, run
from orchestrator.cli.session import Session, now
from orchestrator.core.reports import Done
from orchestrator.errors import UsageError

if TYPE_CHECKING:
    from orchestrator.core.account import Account

_FORMATS = ("text", "markdown", "json", "html")
_ENDINGS = {".html": "html", ".htm": "html", ".md": "markdown", ".json": "json", ".txt": "text"}


def report(
    name: RunArgument,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write it there; .html, .md, .json or .txt says how."),
    ] = None,
    format: Annotated[  # noqa: A002 - the option's name
        str | None,
        typer.Option("--format", "-f", metavar="FORMAT", help="text, markdown, json or html."),
    ] = None,
    details: DetailsOption = False,
    config: ConfigOption = None,
    log_format: LogFormatOption = None,
) -> None:
    """One run for somebody who was not there: who, which bytes, which gates, how long, how each target came out.

    The journal's whole chain is checked first; no database is asked. The HTML is one file that asks for no other.

    Examples:
      orchestrate report 20261122-133501-ab3f --out release.html
      orchestrate report 20261122-133501-ab3f --format markdown
      orchestrate report release.plan.json --out release.html
    """
    chosen = format or (_ENDINGS.get(out.suffix.lower()) if out is not None else None)
    programs = chosen if chosen in ("json", "jsonl") and out is None else None
    session = Session("report", Common(config, programs, log_format), details)

    def work() -> Shown:
        from orchestrator.operations.report import report as operation
        from orchestrator.project.files import write

        kind = _kind(chosen, out, session)
        account = operation(session.configuration, name, now)
        if out is not None:
            write(out, _written(account, kind, session), "--out")
            what = f"{out}: the report of run {account.run.id}, in {kind}"
            return Shown(
                Done(what, f"orchestrate journal verify --expect {account.head.digest}", {"file": str(out)})
            )
        if kind in ("markdown", "html"):
            sys.stdout.write(_written(account, kind, session))
            sys.stdout.flush()
            raise typer.Exit(0)
        return Shown(account)

    run(session, work)


def _kind(chosen: str | None, out: Path | None, session: Session) -> str:
    """The format; raises UsageError for one that there is not, and for a file that says nothing of it."""
    if chosen is None and out is not None:
        what = f"it is not known in which format to write {out}"
        raise UsageError(what, where="--out", mend=f"name it .html, .md or .json, or say --format {_FORMATS[-1]}")
    kind = chosen or ("json" if session.json else "text" if session.people else "markdown")
    if kind not in _FORMATS:
        raise UsageError(f"{kind!r} is not one of {', '.join(_FORMATS)}", where="--format")
    return kind


def _written(account: Account, kind: str, session: Session) -> str:
    if kind == "json":
        import json

        from orchestrator.cli.output import cleaned
        from orchestrator.core.envelope import Envelope
        from orchestrator.errors import Exit
        from orchestrator.views.json import document, fields

        values = document(Envelope("report", account.at, now(), Exit.DONE), fields(account))
        return json.dumps(cleaned(values, session.redact, session.complete), indent=2) + "\n"
    from orchestrator.views.account import page

    if kind == "html":
        from orchestrator.views.html.render import html

        return html(page(account), session.clean)
    if kind == "markdown":
        from orchestrator.views.markdown.marks import Pen
        from orchestrator.views.markdown.report import report as markdown

        return markdown(Pen(session.clean), page(account))
    from io import StringIO

    from orchestrator.cli.output import console
    from orchestrator.views.text.report import report as text

    stream = StringIO()
    console(stream, session.redact, session.complete, plain=True).print(text(page(account), details=True))
    return stream.getvalue()
