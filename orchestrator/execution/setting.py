"""Everything a run works with, in one value: what was planned, where the databases are, who listens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestrator.core.checks import Around
from orchestrator.core.events import Event, EventKind, Listener
from orchestrator.core.gates.decisions import Veto, Waiver
from orchestrator.core.observations import Observation
from orchestrator.core.plan import Plan
from orchestrator.core.revisions import Graph
from orchestrator.core.run import Run
from orchestrator.core.secrets import Redactor
from orchestrator.core.targets import Target
from orchestrator.core.waves import WavePolicy
from orchestrator.core.windows import Window
from orchestrator.databases.endpoint import Endpoint
from orchestrator.errors import JournalError
from orchestrator.execution.executed import ExecutedOnce
from orchestrator.execution.reuse import Reuse
from orchestrator.execution.stop import Stop
from orchestrator.execution.workers import Workers
from orchestrator.journal.journal import Journal
from orchestrator.project.configuration import AlembicProject

_LONGEST_TEXT = 4096
"""Characters of a text that the journal keeps; the run's log has the whole."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the parts of one run share. `resumed` is the run as recorded, where one is taken up again.

    `policies` are the environments' waves, `seen` what was observed just before the run began, and `root` is where
    environments.yaml lies.
    """

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
    policies: Mapping[str, WavePolicy] = field(default_factory=dict)
    seen: Mapping[Target, Observation] = field(default_factory=dict)
    root: Path = Path()
    workers: Workers = field(default_factory=Workers)
    reuse: Reuse = field(default_factory=Reuse)
    executed: ExecutedOnce = field(default_factory=ExecutedOnce)
    waivers: tuple[Waiver, ...] = ()
    """The gates that a person let this attempt pass."""
    around: Mapping[str, Around] = field(default_factory=dict)
    """What stands around the change of each environment."""
    windows: Mapping[str, Window] = field(default_factory=dict)
    """Those that each environment must still be in when it is begun; none of what a person waived."""
    vetoes: Collection[Veto] = ()
    """Those that stood when this attempt began; they are not asked for again."""

    def event(
        self, kind: EventKind, target: Target | None = None, revision: str | None = None, **body: Any
    ) -> Event:
        """An event of this run, with every secret masked."""
        return Event(kind, self.now(), self.run_id, self.actor, target, revision, self.redactor.value(body))

    def tell(
        self, kind: EventKind, target: Target | None = None, revision: str | None = None, **body: Any
    ) -> None:
        """Record what is durable, and then let the listener know; raises JournalError.

        What could not be recorded is told as well, with `recorded` false in its body.
        """
        self.tell_all([self.event(kind, target, revision, **body)])

    def tell_all(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """As `tell`, for several at once: what is durable of them becomes so together; that as it was recorded."""
        durable = [event for event in events if event.kind.durable]
        recorded = self._record(durable) if durable else ()
        for event in events:
            self.listener(event)
        return recorded

    def _record(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """Make them durable; what cannot be is told all the same: log and stderr may be all that is left of it."""
        try:
            return self.journal.record([replace(e, body={k: _cut(v) for k, v in e.body.items()}) for e in events])
        except JournalError:
            for event in events:
                self.listener(replace(event, body={**event.body, "recorded": False}))
            raise


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return value[:_LONGEST_TEXT] + "…"
    return value
