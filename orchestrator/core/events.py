"""What happens during a run, as typed events. The durable ones are the journal; all of them are the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from orchestrator.core.targets import Target


class EventKind(StrEnum):
    """The kinds of events. The journal's readers rely on these words; add, never rename."""

    RUN_STARTED = "run_started"
    RUN_RESUMED = "run_resumed"
    RUN_FINISHED = "run_finished"
    TARGET_STARTED = "target_started"
    TARGET_FINISHED = "target_finished"
    STEP_INTENT = "step_intent"
    STEP_APPLIED = "step_applied"
    STEP_RECOVERED = "step_recovered"
    """Found applied although no outcome had been recorded: the run was cut off between commit and record."""
    STEP_FAILED = "step_failed"
    """Not applied, and nothing of it is left behind."""
    STEP_IN_DOUBT = "step_in_doubt"
    STEP_RESOLVED = "step_resolved"
    """A person looked, and said that nothing of a revision in doubt is left behind."""

    LOCK_WAITING = "lock_waiting"
    OUTPUT = "output"
    """A line that the project's env.py or a revision printed; or statement and traceback of what failed."""
    STOPPING = "stopping"

    @property
    def durable(self) -> bool:
        """Whether the journal keeps it; the rest is only shown and logged."""
        return self not in _PASSING


_PASSING = (EventKind.LOCK_WAITING, EventKind.OUTPUT, EventKind.STOPPING)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, to a run, a target or a step.

    `at` is UTC. `body` holds plain JSON values, never a secret. `sequence` is the journal's, None until it
    is recorded there.
    """

    kind: EventKind
    at: datetime
    run: str
    actor: str
    target: Target | None = None
    revision: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    sequence: int | None = None


Listener = Callable[[Event], None]
"""Whoever shows or logs what happens; called in order, from the thread in which it happened."""
