"""A real project on real SQLite files, and the verbs called as the command calls them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.events import Event, EventKind
from orchestrator.core.reports import RunReport
from orchestrator.core.run import Run
from orchestrator.core.selection import Selection
from orchestrator.core.status import StatusReport
from orchestrator.execution.stop import Stop
from orchestrator.execution.workers import Workers
from orchestrator.journal.journal import Journal
from orchestrator.operations import performing, release, runs
from orchestrator.operations import status as verb
from orchestrator.operations.acting import Actor
from orchestrator.operations.prepared import Prepared
from orchestrator.operations.release import Wish
from orchestrator.project import configuration as files
from orchestrator.project.configuration import Configuration
from orchestrator.project.settings_reader import read_settings
from tests.projects_builder import AlembicProject

NAMES = ("dev", "test", "prod")


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Shop:
    """A project with its environments; the verbs take names and give reports."""

    project: AlembicProject
    heard: list[Event] = field(default_factory=list)
    workers: Workers = field(default_factory=Workers)
    stop: Stop = field(default_factory=Stop)

    @property
    def configuration(self) -> Configuration:
        """environments.yaml as it is now."""
        return files.load(self.project.root / "environments.yaml", read_settings(), os.environ)

    def file(self, name: str) -> Path:
        """The SQLite file of an environment."""
        return self.project.root / f"{name}.db"

    def environments(self, *names: str, protected: tuple[str, ...] = (), **top: Any) -> None:
        """Write environments.yaml, each environment with a file of its own."""
        self.project.environments({n: f"sqlite:///{n}.db" for n in names}, protected=protected, **top)

    def status(self, *names: str) -> StatusReport:
        return verb.status(self.configuration, Selection(names), now)

    def states(self) -> dict[str, str]:
        return {str(target.target): str(target.state) for target in self.status().targets}

    def heads(self, name: str) -> list[str]:
        with closing(sqlite3.connect(self.file(name))) as connection:
            return sorted(head for (head,) in connection.execute("SELECT version_num FROM alembic_version"))

    def tables(self, name: str) -> set[str]:
        with closing(sqlite3.connect(self.file(name))) as connection:
            return {
                table for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }

    def execute(self, name: str, *statements: str) -> None:
        with closing(sqlite3.connect(self.file(name))) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    def stamp(self, revision: str, *names: str) -> None:
        """Make each version table hold exactly this row."""
        for name in names:
            self.execute(
                name,
                "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32))",
                "DELETE FROM alembic_version",
                f"INSERT INTO alembic_version VALUES ('{revision}')",
            )

    @property
    def actor(self) -> Actor:
        return Actor("ann@work", self.heard.append, self.stop, now, workers=self.workers)

    def prepare(self, wish: Wish, *confirmed: str) -> Prepared:
        return release.prepare(self.configuration, wish, now, frozenset(confirmed))

    def perform(self, prepared: Prepared) -> RunReport:
        return performing.perform(self.configuration, prepared, self.actor)

    def promote(self, source: str, destination: str, *confirmed: str, to: str | None = None) -> RunReport:
        return self.perform(self.prepare(Wish(destination, source, to), *confirmed))

    def rollout(self, through: str, *confirmed: str, to: str | None = None) -> RunReport:
        return self.perform(self.prepare(Wish(through, to=to), *confirmed))

    def resume(self, run_id: str | None = None, *confirmed: str) -> RunReport:
        configuration = self.configuration
        return performing.resume(configuration, runs.find(configuration, run_id), self.actor, frozenset(confirmed))

    def runs(self) -> tuple[Run, ...]:
        return runs.runs(self.configuration, 20).runs

    def record(
        self, kind: EventKind, run: str, target: str | None = None, revision: str | None = None, **body: Any
    ) -> None:
        """Write an event as a run that was cut off there would have left it."""
        from orchestrator.core.targets import Target

        event = Event(kind, now(), run, "ann@work", Target.parse(target) if target else None, revision, body)
        with Journal(self.configuration.journal, writing=True) as journal:
            journal.record([event])


@pytest.fixture
def shop(alembic_project: Callable[..., AlembicProject]) -> Iterator[Shop]:
    """Three environments and two revisions a ── b; nothing is applied anywhere."""
    project = alembic_project()
    project.tables("a", "b")
    made = Shop(project)
    made.environments(*NAMES)
    with made.workers:
        yield made
