"""Everything a run works with, in one value: what was planned, where the databases are, who listens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from orchestrator.core.events import Event, EventKind, Listener
from orchestrator.core.plan import Plan
from orchestrator.core.revisions import Graph
from orchestrator.core.run import Run
from orchestrator.core.secrets import Redactor
from orchestrator.core.targets import Target
from orchestrator.databases.endpoint import Endpoint
from orchestrator.execution.stop import Stop
from orchestrator.journal.journal import Journal
from orchestrator.project.configuration import AlembicProject

_LONGEST_TEXT = 4096
"""Characters of a text that the journal keeps; the run's log has the whole."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the parts of one run share. `resumed` is the run as recorded, where one is taken up again."""

    run_id: str
    actor: str
    plan: Plan
    endpoints: Mapping[Target, Endpoint]
    projects: Mapping[Target, AlembicProject]
    graphs: Mapping[Target, Graph]
    journal: Journal
    listener: Listener
    redactor: Redactor
    stop: Stop
    now: Callable[[], datetime]
    resumed: Run | None = None

    def event(
        self, kind: EventKind, target: Target | None = None, revision: str | None = None, **body: Any
    ) -> Event:
        """An event of this run, with every secret masked."""
        return Event(kind, self.now(), self.run_id, self.actor, target, revision, self.redactor.value(body))

    def tell(
        self, kind: EventKind, target: Target | None = None, revision: str | None = None, **body: Any
    ) -> None:
        """Record what is durable, and then let the listener know; raises JournalError."""
        event = self.event(kind, target, revision, **body)
        if kind.durable:
            kept = {key: _cut(value) for key, value in event.body.items()}
            self.journal.record([replace(event, body=kept)])
        self.listener(event)


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return value[:_LONGEST_TEXT] + "…"
    return value
