"""How every command runs and ends: its report shown in the chosen format, its failure told, its exit code.

Whatever a user can cause is told without a traceback; anything else is a bug, and is told as one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from orchestrator.cli.session import Session, now
from orchestrator.core.envelope import Envelope
from orchestrator.core.failure import Failure
from orchestrator.errors import Exit, OrchestrateError

if TYPE_CHECKING:
    from orchestrator.core.reports import Report

_UNREAD = 141
"""What a shell reports of a program that SIGPIPE ended."""

_RELEASE: Mapping[str, Any] = {
    "run_id": None,
    "outcome": "refused",
    "gates": [],
    "summary": {},
    "left_out": [],
    "journal": None,
}
_WHEN_FAILED: Mapping[str, Mapping[str, Any]] = {
    "status": {
        "pairs": [],
        "summary": {},
        "unfinished": None,
        "unverified": [],
        "recorded": None,
        "vetoes": [],
        "waivers": [],
    },
    "doctor": {"suggestion": None},
    "lint": {"revisions": [], "findings": [], "summary": {}, "least": None, "unlinted": []},
    "plan": {
        "fingerprint": None,
        "waves": [],
        "gates": [],
        "left_out": [],
        "begins_anew": None,
        "estimates": [],
        "sql": None,
        "findings": [],
    },
    "promote": _RELEASE,
    "rollout": _RELEASE,
    "apply": _RELEASE,
    "resume": _RELEASE,
    "rollback": _RELEASE,
    "adopt": _RELEASE,
    "verify": {"environment": None, "passed": False, "checks": []},
    "runbook": {"fingerprint": None, "file": None, "markdown": None},
    "runs": {"runs": []},
    "show": {"run": None, "events": []},
    "report": {"run": None, "scripts": [], "gates": None, "journal": None},
    "graph": {"graphs": []},
    "journal verify": {"events": None, "head": None, "expected": None, "expected_at": None},
    "journal rebuild": {"run": None, "events": []},
}
"""What a command's JSON document holds, beside what is always there, when it fails before there is a report."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a command leaves behind: its report, its exit code, and the error if there is one."""

    report: Report
    exit: Exit = Exit.DONE
    failure: Failure | None = None


def run(session: Session, work: Callable[[], Shown]) -> None:
    """Do the command's work, show it in the chosen format, and end with its exit code."""
    started = now()
    with _told(session, started):
        session.check()
        shown = work()
        envelope = Envelope(session.command, started, now(), shown.exit, shown.failure)
        _keep(session, envelope, shown.report)
        if session.json:
            from orchestrator.views import json as view

            body = view.fields(shown.report)
            session.print_json(envelope, body, view.lines(shown.report, body))
        elif session.people:
            session.show(shown.report)
        else:
            _print_page(session, envelope, shown.report)
        raise typer.Exit(int(shown.exit))


def _keep(session: Session, envelope: Envelope, report: Report | None) -> None:
    """Leave behind what a pipeline wants of it beside the output."""
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary or session.junit is not None:
        from orchestrator.cli import pages

        pages.keep(session, envelope, report, summary)


def _print_page(session: Session, envelope: Envelope, report: Report | None) -> None:
    from orchestrator.cli import pages

    sys.stdout.write(pages.page(session, envelope, report))
    sys.stdout.flush()


@contextmanager
def _told(session: Session, started: datetime) -> Iterator[None]:
    try:
        yield
    except OrchestrateError as error:
        fail(session, started, Failure.of(error))
    except KeyboardInterrupt:
        what = "stopped; nothing was being changed"
        fail(session, started, Failure("interrupted", what, None, Exit.INTERRUPTED))
    except typer.Abort:
        fail(session, started, Failure("interrupted", "stopped; nothing was changed", None, Exit.INTERRUPTED))
    except BrokenPipeError:
        # Whoever read our output has gone (`orchestrate runs | head`); flushing at exit would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(_UNREAD) from None
    except typer.Exit:
        raise
    except Exception as error:  # noqa: BLE001 - the last resort: what is left is our own mistake
        from orchestrator.cli.bug import bug

        fail(session, started, bug(error, session.redact))


def fail(session: Session, started: datetime, failure: Failure) -> NoReturn:
    """Tell an error in the chosen format and leave with its exit code."""
    envelope = Envelope(session.command, started, now(), failure.exit, failure)
    _keep(session, envelope, None)
    if _asked_for(session, "json", "jsonl"):
        session.print_json(envelope, _WHEN_FAILED.get(session.command, {}))
    else:
        if _asked_for(session, "markdown"):
            _print_page(session, envelope, None)
        from rich.text import Text

        from orchestrator.views.text import words

        session.console(sys.stderr).print(Text.assemble(("error: ", "bold red"), words.told(failure)))
    raise typer.Exit(int(failure.exit))


def _asked_for(session: Session, *formats: str) -> bool:
    """Whether it is one of these formats; of none where the settings themselves are what is wrong."""
    try:
        return session.format in formats
    except OrchestrateError:
        return False
