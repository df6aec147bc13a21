"""A step in doubt as a person needs it who has to settle it: what was done of it, and the two commands. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.core.plan import Action, Step
from orchestrator.core.run import Run
from orchestrator.core.step_record import Progress, Statement, StepRecord
from orchestrator.core.targets import Target


@dataclass(frozen=True, slots=True)
class Doubt:
    """One step of a run that may be half done on its target.

    `since` is when it was begun, None where that is not recorded. `statements` are those recorded of it,
    `changes` the objects of the schema that differ from before, as sentences, and `invalid_indexes` the
    PostgreSQL indexes that it left unusable, each as a statement may name it.
    """

    run: str
    actor: str
    target: Target
    revision: str
    reverting: bool = False
    since: datetime | None = None
    statements: tuple[Statement, ...] = ()
    changes: tuple[str, ...] = ()
    invalid_indexes: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """Which revision is in doubt, by whose run, since when, in a sentence."""
        half = "half reverted" if self.reverting else "half applied"
        begun = f", begun {self.since:%Y-%m-%d %H:%M:%S} UTC" if self.since else ""
        return f"revision {self.revision} may be {half}, by run {self.run} of {self.actor}{begun}"

    @property
    def mend(self) -> str:
        """The two ways out, a line each: complete the step by hand, or undo it by hand; and what to type then."""
        return f"completed by hand: {self.resolving('applied')}\nundone by hand: {self.resolving('not-applied')}"

    def resolving(self, option: str) -> str:
        """The command that settles it so: by `applied`, or `not-applied`."""
        return f"orchestrate resolve {self.run} {self.target} --{option} --reason '…'"


@dataclass(frozen=True, slots=True)
class Completion:
    """Steps in doubt that a person completed by hand, and the heads before and after they are written.

    `written` says that they are in the version table.
    """

    run_id: str
    target: Target
    steps: tuple[Step, ...]
    start: tuple[str, ...]
    end: tuple[str, ...]
    written: bool = False


def doubt_of(run: Run, target: Target, revision: str) -> Doubt:
    """What the journal tells of the step; objects and indexes are those found when it failed."""
    action = next(step.action for step in run.steps_of(target) if step.revision == revision)
    known = Doubt(run.id, run.actor, target, revision, reverting=action is Action.DOWNGRADE)
    return with_record(known, run.record(target, revision))


def with_record(doubt: Doubt, record: StepRecord) -> Doubt:
    """The same with what is recorded of the step."""
    return replace(
        doubt,
        since=record.since,
        statements=record.statements or _kept(record.body.get("kept", ())),
        changes=tuple(record.body.get("changes", ())),
        invalid_indexes=tuple(record.body.get("invalid_indexes", ())),
    )


def _kept(texts: Iterable[str]) -> tuple[Statement, ...]:
    """What the worker said was kept, where it was not recorded as it happened."""
    return tuple(Statement(number, text, Progress.DONE) for number, text in enumerate(texts, 1))


def drop_command(index: str) -> str:
    """The statement that removes an invalid index without locking its table."""
    return f"DROP INDEX CONCURRENTLY {index};"
