"""What a command found or did, as values. Every output is drawn from these: text, JSON and what comes later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.core.doubt import Doubt, doubt_of
from orchestrator.core.edited import Edited
from orchestrator.core.envelope import JournalHead
from orchestrator.core.events import Event
from orchestrator.core.failure import Failure
from orchestrator.core.findings import Finding, Level, Topic
from orchestrator.core.gates.verdict import Verdict
from orchestrator.core.plan import Plan, TargetPlan
from orchestrator.core.run import Lost, Outcome, Run
from orchestrator.core.step_record import StepState
from orchestrator.core.targets import Target
from orchestrator.core.waves import WavePolicy
from orchestrator.errors import Exit, most_severe

if TYPE_CHECKING:  # what a release mostly does not have
    from orchestrator.core.account import Account
    from orchestrator.core.checks import Verification
    from orchestrator.core.comparison import Comparison
    from orchestrator.core.doubt import Completion
    from orchestrator.core.downgrade import Downgrade
    from orchestrator.core.estimates import Estimate
    from orchestrator.core.lint import LintFinding, LintReport
    from orchestrator.core.locks import LocksReport
    from orchestrator.core.picture import GraphReport
    from orchestrator.core.preview import RevisionSql
    from orchestrator.core.sealed import Sealed
    from orchestrator.core.status import StatusReport, Unfinished


@dataclass(frozen=True, slots=True)
class Lagging:
    """Those of a promotion's source that lack revisions which others of it have; `revisions` the first lacks."""

    source: str
    targets: tuple[Target, ...]
    revisions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanReport:
    """A plan and what the gates say of it now.

    `downgrades` are those of a rollback's scripts, by the scripts' digests; `comparison` is an adoption's. `lost`
    is what the latest run on a target did and is gone. `policies` are the environments' rules for waves;
    `begins_anew` is what an earlier run left undone in the environments of the plan.
    """

    plan: Plan
    verdicts: tuple[Verdict, ...]
    downgrades: Mapping[str, Downgrade] = field(default_factory=dict)
    comparison: Comparison | None = None
    lost: Mapping[Target, Lost] = field(default_factory=dict)
    policies: Mapping[str, WavePolicy] = field(default_factory=dict)
    begins_anew: Unfinished | None = None
    lagging: Lagging | None = None
    sealed: Sealed | None = None
    """The plan's file, where it was written into one just now, or read from it."""
    notes: tuple[str, ...] = ()
    """What is to be known and keeps nothing from running: what differs from when it was sealed."""
    estimates: tuple[Estimate, ...] = ()
    """How long each environment will take, from what the scripts took before."""
    sql: tuple[RevisionSql, ...] | None = None
    """What its revisions execute, where that was asked for."""
    edited: tuple[Edited, ...] = ()
    """Those of its scripts that the environment before ran with other bytes."""
    findings: tuple[LintFinding, ...] = ()
    """What is found in its revisions, where an environment that it changes keeps findings out."""
    applying: str | None = None
    """What is typed to run it, where that is not what is being done."""


class Result(StrEnum):
    """How one target came out of a run."""

    APPLIED = "applied"
    NOTHING_TO_DO = "nothing_to_do"
    FAILED = "failed"
    NOT_STARTED = "not_started"
    STOPPED = "stopped"
    """Some of its revisions are applied, the rest was not started, because the run was asked to stop."""
    IN_DOUBT = "in_doubt"


GOOD = (Result.APPLIED, Result.NOTHING_TO_DO)
"""Nothing of the target is left to do."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """One revision of one target: its outcome (`applied`, `recovered`, `failed`, `in_doubt`, `not_started`).

    `doubt` is what is known of one in doubt.
    """

    revision: str
    message: str
    outcome: str
    seconds: float | None = None
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True)
class TargetResult:
    """One target of a run: from which heads to which, each step, and why it stopped where it did."""

    target: Target
    result: Result
    start: tuple[str, ...]
    end: tuple[str, ...]
    steps: tuple[StepResult, ...] = ()
    failure: Failure | None = None


def unstarted(plan: TargetPlan) -> TargetResult:
    """The result of a target that a run did not come to."""
    steps = tuple(StepResult(step.revision, step.message, "not_started") for step in plan.steps)
    result = Result.NOT_STARTED if steps else Result.NOTHING_TO_DO
    return TargetResult(plan.target, result, plan.start, plan.start, steps)


def finished_before(plan: TargetPlan) -> TargetResult:
    """The result of a target that an earlier attempt of the same run finished."""
    steps = tuple(StepResult(step.revision, step.message, "applied") for step in plan.steps)
    return TargetResult(plan.target, Result.NOTHING_TO_DO, plan.end, plan.end, steps)


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did. `stopped` is set where a signal ended it, to the exit code of that signal.

    `journal` is its end after the run, None where nothing was recorded or it could not be read.
    """

    run_id: str | None
    outcome: Outcome
    plan: Plan
    verdicts: tuple[Verdict, ...] = ()
    targets: tuple[TargetResult, ...] = ()
    failure: Failure | None = None
    stopped: Exit | None = None
    journal: JournalHead | None = None
    lagging: Lagging | None = None
    """Why a promotion had nothing to bring, where its source is to blame."""
    notes: tuple[str, ...] = ()
    """What went wrong beside it and changes nothing about how it ended."""

    @property
    def told(self) -> Failure | None:
        """The run's own failure, or the most severe of its targets'."""
        severest = self.exit
        failures = [self.failure, *(target.failure for target in self.targets)]
        return next((failure for failure in failures if failure and failure.exit is severest), None)

    @property
    def exit(self) -> Exit:
        """The most severe exit code of the run and its targets."""
        codes = [target.failure.exit for target in self.targets if target.failure]
        codes += [self.failure.exit] if self.failure else []
        codes += [self.stopped] if self.stopped is not None else []
        return most_severe(codes)


@dataclass(frozen=True, slots=True)
class RunsReport:
    """The latest runs, the newest first."""

    runs: tuple[Run, ...] = ()


@dataclass(frozen=True, slots=True)
class RunHistory:
    """One run with everything recorded of it, and the `rollbacks` that were to take it back since."""

    run: Run
    events: tuple[Event, ...] = ()
    rollbacks: tuple[Run, ...] = ()

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """Its steps in doubt, as they are recorded."""
        states = self.run.steps.items()
        found = (key for key, record in states if record.state is StepState.IN_DOUBT)
        return tuple(doubt_of(self.run, *key) for key in found)


@dataclass(frozen=True, slots=True)
class Done:
    """A small thing that was done: a sentence for people, what to type next, and fields for programs."""

    sentence: str
    mend: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Examined:
    """One target and all that was found about it. `way` is how it reaches env.py, None where it does not."""

    target: Target
    findings: tuple[Finding, ...]
    server: str = ""
    way: str | None = None


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """What stands in the way of promotions, per target. `suggestion` is YAML to add to environments.yaml."""

    targets: tuple[Examined, ...]
    suggestion: str | None = None

    @property
    def exit_when_asked(self) -> Exit:
        """The exit code under `--exit-code`: the most severe that a finding asks for."""
        return most_severe(finding.exit for target in self.targets for finding in target.findings)

    @property
    def broken(self) -> bool:
        """Whether a project's configuration or scripts cannot be read, so that nothing works with it."""
        topics = {f.topic for target in self.targets for f in target.findings if f.level is Level.PROBLEM}
        return not topics.isdisjoint((Topic.CONFIG, Topic.SCRIPTS))


if TYPE_CHECKING:
    RareReport = LintReport | LocksReport | RunsReport | RunHistory | Unfinished | DoctorReport | GraphReport
    OtherReport = PlanReport | RunReport | Verification | Done | RareReport | Account | Completion
    Report = StatusReport | OtherReport
