"""What surrounds every command: its configuration, its settings, its output in the chosen format."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from orchestrator.cli.options import Common
from orchestrator.core.envelope import Envelope
from orchestrator.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from orchestrator.core.reports import Report
    from orchestrator.project.configuration import Configuration
    from orchestrator.project.settings import Settings


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass
class Session:
    """One call of one command, with the options that every command has."""

    command: str
    common: Common
    details: bool = False
    junit: Path | None = None
    """The file that gets how it came out as JUnit's XML."""

    @cached_property
    def settings(self) -> Settings:
        """The process-wide settings; raises ConfigurationError."""
        from orchestrator.project.settings_reader import read_settings

        return read_settings()

    @cached_property
    def configuration(self) -> Configuration:
        """The environments file, read and checked; raises ConfigurationError."""
        from orchestrator.project import configuration as files

        return files.load(self.common.config or self.settings.config, self.settings, os.environ)

    @property
    def format(self) -> str:
        """How it tells what it did; raises ConfigurationError where the settings cannot be read."""
        return self.common.format or self.settings.format

    @property
    def people(self) -> bool:
        """Whether stdout is for a person who sits there, and not for one document."""
        return self.format == "text"

    @property
    def json(self) -> bool:
        """Whether stdout is for programs: JSON instead of text."""
        return self.format in ("json", "jsonl")

    @property
    def lines(self) -> bool:
        """Whether that is JSON Lines: what happens as it happens, and the document as the last line."""
        return self.format == "jsonl"

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

        return complete(self.common.config, self._protected)(text)

    def clean(self, text: str) -> str:
        """The text as it may leave this process: secrets masked, commands complete."""
        return self.complete(self.redact(text))

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
        chosen = self.common.log_format or self.settings.log_format
        return chosen == "human" or (chosen == "auto" and sys.stderr.isatty())

    def check(self) -> None:
        """Refuse an unknown format before anything else happens."""
        from orchestrator.project.settings import LogFormat, OutputFormat

        for option, value, allowed in (
            ("--format", self.common.format, OutputFormat),
            ("--log-format", self.common.log_format, LogFormat),
        ):
            if value is not None and value not in tuple(allowed):
                raise ConfigurationError(
                    f"{value!r} is not one of {', '.join(allowed)}", where=option, code="usage"
                )
        if self.junit is not None and (self.junit.is_dir() or not self.junit.parent.is_dir()):
            raise UsageError(f"{self.junit} cannot be written", where="--junit", mend="name a file in a directory")
