"""What surrounds every command: its configuration, its output in the chosen format, its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import typer

from orchestrator.core.envelope import Envelope
from orchestrator.core.failure import Failure
from orchestrator.errors import ConfigurationError, Exit, OrchestrateError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from orchestrator.core.reports import Report
    from orchestrator.project.configuration import Configuration
    from orchestrator.project.settings import Settings

_UNREAD = 141
"""What a shell reports of a program that SIGPIPE ended."""


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


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


@dataclass
class Session:
    """One call of one command, with the options that every command has."""

    command: str
    config: Path | None = None
    format: str | None = None
    log_format: str | None = None
    details: bool = False
    junit: Path | None = None
    """The file that gets how it came out as JUnit's XML."""

    @cached_property
    def settings(self) -> Settings:
        """The process-wide settings; raises ConfigurationError."""
        from orchestrator.project.settings import read_settings

        return read_settings()

    @cached_property
    def configuration(self) -> Configuration:
        """The environments file, read and checked; raises ConfigurationError."""
        from orchestrator.project import configuration as files

        return files.load(self.config or self.settings.config, self.settings, os.environ)

    @property
    def people(self) -> bool:
        """Whether stdout is for a person who sits there, and not for one document."""
        return (self.format or self.settings.format) == "text"

    @property
    def json(self) -> bool:
        """Whether stdout is for programs: JSON instead of text."""
        return (self.format or self.settings.format) in ("json", "jsonl")

    @property
    def lines(self) -> bool:
        """Whether that is JSON Lines: what happens as it happens, and the document as the last line."""
        return (self.format or self.settings.format) == "jsonl"

    def show(self, report: Report) -> None:
        """Draw a report on standard output, for people."""
        from orchestrator.views.text.draw import draw

        self.console(sys.stdout).print(draw(report, now(), details=self.details))

    def console(self, stream: TextIO) -> Console:
        """A standard stream for people, with secrets masked and suggested commands complete."""
        from orchestrator.cli.output import console

        return console(stream, self.redact, self.complete)

    def complete(self, text: str) -> str:
        """The text with every command in it as it has to be typed here."""
        from orchestrator.cli.output import complete

        return complete(self.config, self._protected)(text)

    def redact(self, text: str) -> str:
        """The text without the secrets known by now; before a file is read, those that look like one."""
        from orchestrator.core.secrets import Redactor

        configuration: Configuration | None = self.__dict__.get("configuration")
        return (configuration.redactor() if configuration is not None else Redactor()).text(text)

    @property
    def _protected(self) -> tuple[str, ...]:
        """The environments known to be protected by now; none before a file is read."""
        configuration: Configuration | None = self.__dict__.get("configuration")
        environments = configuration.pipeline.environments if configuration is not None else ()
        return tuple(environment.name for environment in environments if environment.protected)

    def print_json(
        self, envelope: Envelope, body: Mapping[str, Any], before: Iterable[Mapping[str, Any]] = ()
    ) -> None:
        """One JSON document on standard output; in JSON Lines on one line, the last after those `before` it."""
        from orchestrator.cli.output import JsonWriter
        from orchestrator.views.json import document

        writer = JsonWriter(self.redact, self.complete)
        for line in before if self.lines else ():
            writer.write(line)
        writer.write(document(envelope, body), indent=None if self.lines else 2)

    @cached_property
    def actor(self) -> str:
        """Who runs this, as the journal has it: user@host."""
        from orchestrator.databases.holders import here

        return here()

    @property
    def human_log(self) -> bool:
        """Whether log lines are for people."""
        chosen = self.log_format or self.settings.log_format
        return chosen == "human" or (chosen == "auto" and sys.stderr.isatty())

    def check(self) -> None:
        """Refuse an unknown format before anything else happens."""
        from orchestrator.project.settings import LogFormat, OutputFormat

        for option, value, allowed in (
            ("--format", self.format, OutputFormat),
            ("--log-format", self.log_format, LogFormat),
        ):
            if value is not None and value not in tuple(allowed):
                raise ConfigurationError(
                    f"{value!r} is not one of {', '.join(allowed)}", where=option, code="usage"
                )
        if self.junit is not None and (self.junit.is_dir() or not self.junit.parent.is_dir()):
            raise UsageError(f"{self.junit} cannot be written", where="--junit", mend="name a file in a directory")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a command leaves behind: its report, its exit code, and the error if there is one."""

    report: Report
    exit: Exit = Exit.DONE
    failure: Failure | None = None


def run(session: Session, work: Callable[[], Shown]) -> None:
    """Do the command's work, show it in the chosen format, and end with its exit code.

    Whatever a user can cause is told without a traceback; anything else is a bug, and is told as one.
    """
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
        return (session.format or session.settings.format) in formats
    except OrchestrateError:
        return False
