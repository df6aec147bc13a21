"""What is recorded of one step of a run, put together from its events. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from orchestrator.core.events import Event, EventKind


class StepState(StrEnum):
    """What is recorded of one revision on one target."""

    PLANNED = "planned"
    STARTED = "started"
    APPLIED = "applied"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"


class Verdict(StrEnum):
    """What a person found of a step in doubt."""

    APPLIED = "applied"
    """All of its work is in the database: they completed it by hand."""
    NOT_APPLIED = "not_applied"
    """Nothing of it is left: they undid it by hand."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a person said of a step in doubt: what they found, and why, in their words; who it was, and when."""

    verdict: Verdict
    reason: str
    actor: str
    at: datetime

    def __str__(self) -> str:
        hand = "completed by hand" if self.verdict is Verdict.APPLIED else "undone by hand"
        return f"{self.actor} said at {self.at:%Y-%m-%d %H:%M:%S} UTC that it was {hand}: {self.reason}"


_STATE_AFTER = {
    EventKind.STEP_INTENT: StepState.STARTED,
    EventKind.STEP_APPLIED: StepState.APPLIED,
    EventKind.STEP_RECOVERED: StepState.APPLIED,
    EventKind.STEP_FAILED: StepState.FAILED,
    EventKind.STEP_RETRIED: StepState.FAILED,
    EventKind.STEP_IN_DOUBT: StepState.IN_DOUBT,
    EventKind.STEP_RESOLVED: StepState.PLANNED,
}


class Progress(StrEnum):
    """What is recorded of one statement of a step."""

    STARTED = "started"
    """It was in hand; whether the database has kept it is not known."""
    DONE = "done"
    """The database has kept it."""
    FAILED = "failed"
    """The database refused it; a text of several statements, or an index, may have left a part."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a step that the database keeps by itself; numbered within the step, without literals."""

    number: int
    text: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class StepRecord:
    """The latest that is recorded of one revision on one target; `body` is that event's.

    `since` is when its latest attempt began, `before` the schema's objects then, where they were listed, and
    `statements` are those recorded since, in order; `resolution` is what a person said last of that attempt.
    """

    state: StepState
    at: datetime
    body: Mapping[str, Any] = field(default_factory=dict)
    since: datetime | None = None
    before: Mapping[str, str] | None = None
    statements: tuple[Statement, ...] = ()
    resolution: Resolution | None = None

    @property
    def doubtful(self) -> bool:
        """Whether it was begun and how it ended is not known, or nobody has said so yet."""
        return self.state in (StepState.IN_DOUBT, StepState.STARTED)

    @property
    def replaceable(self) -> bool:
        """Whether a person said that nothing of it is left, and it was not begun again since."""
        said = self.resolution
        return self.state is StepState.PLANNED and said is not None and said.verdict is Verdict.NOT_APPLIED


def after(event: Event, before: StepRecord | None) -> StepRecord | None:
    """The record of a step after this event; None where the event says nothing of it."""
    if event.kind is EventKind.STEP_STATEMENT:
        return replace(before, statements=_with(before.statements, event.body)) if before is not None else None
    if event.kind not in _STATE_AFTER:
        return before
    if event.kind is EventKind.STEP_INTENT:
        return StepRecord(StepState.STARTED, event.at, event.body, event.at, event.body.get("catalog"))
    found = before or StepRecord(StepState.PLANNED, event.at)
    said = _resolution(event) if event.kind is EventKind.STEP_RESOLVED else found.resolution
    return replace(found, state=_state_after(event), at=event.at, body=event.body, resolution=said)


def _resolution(event: Event) -> Resolution:
    verdict, reason = event.body.get("verdict", Verdict.NOT_APPLIED), event.body.get("reason", "")
    return Resolution(Verdict(verdict), str(reason), event.actor, event.at)


def _state_after(event: Event) -> StepState:
    """The step's state; a person's word that it is applied leaves the doubt until the version table shows it.

    That word is recorded before the version table is written. A run that was cut off in between must neither run
    the revision again nor call it applied.
    """
    if event.kind is EventKind.STEP_RESOLVED and event.body.get("verdict") == Verdict.APPLIED:
        return StepState.IN_DOUBT
    return _STATE_AFTER[event.kind]


def _with(statements: tuple[Statement, ...], body: Mapping[str, Any]) -> tuple[Statement, ...]:
    """The statements with what this event says of one; what is known of its end is not forgotten."""
    found = {statement.number: statement for statement in statements}
    told = Statement(int(body["number"]), str(body["statement"]), Progress(body["progress"]))
    if told.progress is not Progress.STARTED or told.number not in found:
        found[told.number] = told
    return tuple(found[number] for number in sorted(found))
