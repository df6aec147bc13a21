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
    WAVE_STARTED = "wave_started"
    """The first target of a wave is begun, where its environment has several waves or a `verify`: with the name of
    the `environment`, the wave's `number` `of` so many, and how many `targets` are left in it."""
    WAVE_FINISHED = "wave_finished"
    """Every target of it that was begun has ended: also how many `failed`, and whether `verify` is `passed` or
    `failed`; None where it was not asked."""
    TARGET_STARTED = "target_started"
    TARGET_FINISHED = "target_finished"
    STEP_INTENT = "step_intent"
    STEP_APPLIED = "step_applied"
    STEP_RECOVERED = "step_recovered"
    """Found applied although no outcome had been recorded: the run was cut off between commit and record."""
    STEP_STATEMENT = "step_statement"
    """A statement that the database keeps by itself, before the step has ended: `number`, `statement` without its
    literals, and `progress`: `started` (recorded where it takes its time), `done` or `failed`."""
    STEP_RETRIED = "step_retried"
    """It met a lock, nothing of it is left, and it is tried again by itself: with who had the lock."""
    STEP_FAILED = "step_failed"
    """Not applied, and nothing of it is left behind."""
    STEP_IN_DOUBT = "step_in_doubt"
    STEP_RESOLVED = "step_resolved"
    """A person looked, and said what became of a revision in doubt. The `verdict` is `not_applied`: nothing of it
    is left; or `applied`: they completed it by hand, recorded before the version table is written."""

    JOURNAL_REBUILT = "journal_rebuilt"
    """A journal was begun anew: what every target had then, and what is no longer known. It stands for a run."""

    HEADS_SEEN = "heads_seen"
    """Targets were looked at and had other `heads` than were recorded of them: since then at least."""
    ENVIRONMENT_VERIFIED = "environment_verified"
    """The checks of the `environment` were asked: whether they `passed`, at which `state`, and the `reason`."""
    HOOK_FINISHED = "hook_finished"
    """A program that the `environment` wants run `before` or `after` it changes has ended: `when`, `command`,
    whether it `passed`, and the `reason`."""
    PLAN_APPROVED = "plan_approved"
    """A person, `by`, consents to the sealed plan of this `seal` and `fingerprint`."""
    APPROVAL_WITHDRAWN = "approval_withdrawn"
    REVISION_VETOED = "revision_vetoed"
    """The revision goes nowhere any more: `by` whom, and the `reason`."""
    VETO_LIFTED = "veto_lifted"

    WAVE_PAUSED = "wave_paused"
    """The next wave of the `environment` is begun in so many `seconds`."""
    WAITING = "waiting"
    """What is in hand takes long: `waiting_for` what, for how many `seconds` by now."""
    LOCK_WAITING = "lock_waiting"
    TABLE_LOCK_WAITING = "table_lock_waiting"
    """The revision in hand waits for a lock that another session has: `blocked_by` in words, `blockers`."""
    RUN_LOCK_LOST = "run_lock_lost"
    """The session that held the run lock is gone; the revision in hand is finished, no other is begun."""
    OUTPUT = "output"
    """A line that the project's env.py or a revision printed; or statement and traceback of what failed."""
    STOPPING = "stopping"

    @property
    def durable(self) -> bool:
        """Whether the journal keeps it; the rest is only shown and logged."""
        return self not in _PASSING


_PASSING = (
    EventKind.WAVE_PAUSED,
    EventKind.WAITING,
    EventKind.LOCK_WAITING,
    EventKind.TABLE_LOCK_WAITING,
    EventKind.RUN_LOCK_LOST,
    EventKind.OUTPUT,
    EventKind.STOPPING,
)


NO_RUN = "-"
"""Stands for the run in an event that belongs to none: an approval, a veto, what was seen, a check by hand."""


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
