"""One run for somebody who was not there: who, which bytes, what was asked before, and what became of each target.

Values; `core.recount` puts them together from the journal's events. What is not recorded is not told. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from orchestrator.core.envelope import JournalHead
from orchestrator.core.events import Event
from orchestrator.core.gates.decisions import Approval
from orchestrator.core.gates.verdict import Verdict
from orchestrator.core.picture import Picture
from orchestrator.core.preview import Executed
from orchestrator.core.run import Run
from orchestrator.core.step import Action
from orchestrator.core.targets import Target


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who began the run, or took it up again, and when."""

    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class StepAccount:
    """One revision of one target: `applied`, `recovered`, `by_hand`, `failed`, `in_doubt`, `started` or
    `not_started`; in how many seconds, where that was measured; and how often it was tried again by itself.
    """

    revision: str
    outcome: str
    seconds: float | None = None
    retries: int = 0


@dataclass(frozen=True, slots=True)
class TargetAccount:
    """One target: what became of it, its heads before and after, and why it went no further.

    `result` is a `reports.Result`, or `not_ended` where the run was cut off there. `seconds` are those of its
    revisions, `ran_on` the versions that they ran on.
    """

    target: Target
    result: str
    start: tuple[str, ...]
    end: tuple[str, ...]
    steps: tuple[StepAccount, ...] = ()
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    mend: str | None = None
    ran_on: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long its revisions took, as far as that was measured."""
        return sum(step.seconds or 0.0 for step in self.steps)


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a revision took on the targets of an environment, in seconds, and where it took the longest."""

    environment: str
    targets: int
    shortest: float
    median: float
    longest: float
    slowest: Target


@dataclass(frozen=True, slots=True)
class ScriptAccount:
    """The bytes of one revision that the run was planned with, and how long they took.

    `path` and `now`, the digest, are those of the script today; None where there is none any more. `ran` are
    digests that were recorded as they ran and that are others than the plan's. `executed` is what the database
    was told, where that is recorded.
    """

    revision: str
    message: str
    digest: str
    action: Action
    atomic: bool
    path: str | None = None
    now: str | None = None
    ran: tuple[str, ...] = ()
    timings: tuple[Timing, ...] = ()
    executed: tuple[Executed, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the script is not what was planned: today, or when it ran."""
        return self.now != self.digest or bool(self.ran)


@dataclass(frozen=True, slots=True)
class Account:
    """All of it, as it was `at` that time. `gates` is None where the run was recorded without what they said.

    `seal` is that of the plan's file, `sealed` what was recorded of it, `approvals` those that stood then.
    `confirmed` are the environments that a person named. `version` is that of orchestrate which began it. `course`
    are the events of the run as a whole, and what people said of its steps. `head` is the journal's, whose chain
    was checked up to there. `rollbacks` are those that were to take it back since, `unread` is why the revision
    scripts cannot be read today.
    """

    run: Run
    attempts: tuple[Attempt, ...]
    gates: tuple[Verdict, ...] | None
    approvals: tuple[Approval, ...]
    seal: str | None
    sealed: Mapping[str, Any] | None
    confirmed: tuple[str, ...]
    version: str | None
    scripts: tuple[ScriptAccount, ...]
    targets: tuple[TargetAccount, ...]
    course: tuple[Event, ...]
    head: JournalHead
    at: datetime
    pictures: tuple[Picture, ...] = ()
    rollbacks: tuple[Run, ...] = ()
    unread: str | None = None

    @property
    def environments(self) -> Iterator[tuple[str, tuple[TargetAccount, ...]]]:
        """Each environment with its targets, in the order of the plan."""
        for name, found in groupby(self.targets, lambda one: one.target.environment):
            yield name, tuple(found)
