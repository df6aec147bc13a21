"""What a pipeline keeps of a command: a page of Markdown, GitHub's summary of the step, JUnit's XML.

None of them changes how the command ends: where one cannot be written, a warning says so.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.session import Session
from orchestrator.core.envelope import Envelope
from orchestrator.views.markdown.marks import Pen

if TYPE_CHECKING:
    from orchestrator.core.reports import Report


def page(session: Session, envelope: Envelope, report: Report | None) -> str:
    """The report, or the failure of the command that came to none, as a page that can be posted."""
    from orchestrator.views.markdown import page as view

    return session.redact(view.page(pen(session), report, envelope, _terminal(session, envelope, report)))


def pen(session: Session) -> Pen:
    """What writes Markdown for this session: secrets masked, suggested commands complete."""
    return Pen(session.redact, session.complete)


def keep(session: Session, envelope: Envelope, report: Report | None, summary: str | None) -> None:
    """Add the page to GitHub's `summary`, and write the file of `--junit`, whichever is asked for."""
    if summary:
        _write(session, Path(summary), lambda: page(session, envelope, report) + "\n", "a")
    if session.junit is not None:
        _write(session, session.junit, lambda: _junit(session, envelope, report), "w")


def _junit(session: Session, envelope: Envelope, report: Report | None) -> str:
    from orchestrator.views.junit import junit

    return junit(report, envelope, session.clean)


def _write(session: Session, path: Path, text: Callable[[], str], mode: str) -> None:
    try:
        written = text()
        with path.open(mode, encoding="utf-8") as file:
            file.write(written)
    except OSError as error:
        sys.stderr.write(f"warning: {path} cannot be written: {error.strerror}\n")
    except Exception as error:  # noqa: BLE001 - what became of the databases is not told as a bug in a page
        from orchestrator.cli.bug import bug

        told = bug(error, session.redact)
        sys.stderr.write(session.redact(f"warning: {path} cannot be written: {told.message}: {told.mend}\n"))


def _terminal(session: Session, envelope: Envelope, report: Report | None) -> str:
    """What a terminal would show, without its colours."""
    from rich.text import Text

    from orchestrator.cli.output import console
    from orchestrator.views.text import words
    from orchestrator.views.text.draw import draw

    out = StringIO()
    plain = console(out, session.redact, session.complete, plain=True)
    if report is not None:
        plain.print(draw(report, envelope.finished_at, details=session.details))
    elif envelope.failure is not None:
        plain.print(Text("error: ").append_text(words.told(envelope.failure)))
    return out.getvalue()
