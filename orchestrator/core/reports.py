"""What a command found or did, as values. Every output is drawn from these: text, JSON and what comes later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.core.divergence import Divergence, Relation, State
from orchestrator.core.events import Event
from orchestrator.core.findings import Finding, Level, Topic
from orchestrator.core.gates.verdict import Verdict
from orchestrator.core.plan import Plan, TargetPlan
from orchestrator.core.run import Outcome, Run
from orchestrator.core.targets import Target
from orchestrator.errors import Exit, OrchestrateError, Problem, most_severe

if TYPE_CHECKING:  # only a rollback and an adoption have them; `status` starts without
    from orchestrator.core.comparison import Comparison
    from orchestrator.core.downgrade import Downgrade


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something did not work out: a word for programs, a sentence, the mend, and the exit code it asks for."""

    code: str
    message: str
    mend: str | None
    exit: Exit
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, error: OrchestrateError) -> Failure:
        """The error as a value."""
        return cls(error.code, str(error), error.mend, error.exit, error.problems)


@dataclass(frozen=True, slots=True)
class TargetStatus:
    """One target against the scripts. `holder` drives it now; `last_run` is the latest that touched it."""

    target: Target
    state: State
    heads: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    failure: Failure | None = None
    holder: str | None = None
    last_run: Run | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A downstream target against its upstream; without tenants each environment has one per database."""

    upstream: Target
    downstream: Target
    divergence: Divergence


@dataclass(frozen=True, slots=True)
class StatusReport:
    """Where every target stands. `messages` and `heads` are the scripts'."""

    targets: tuple[TargetStatus, ...]
    pairs: tuple[Pair, ...]
    messages: Mapping[str, str]
    heads: Mapping[str, tuple[str, ...]]
    journal: Failure | None = None
    """Why the journal could not be read: then no run, no holder and no doubt is known."""

    @property
    def exit_when_asked(self) -> Exit:
        """The exit code under `--exit-code`: the most severe of what is wrong or pending anywhere."""
        codes = [_STATE_EXITS.get(target.state, Exit.DONE) for target in self.targets]
        codes += [target.failure.exit for target in self.targets if target.failure]
        codes += [_RELATION_EXITS.get(pair.divergence.relation, Exit.DONE) for pair in self.pairs]
        return most_severe(codes)


_STATE_EXITS = {
    State.BEHIND: Exit.PENDING,
    State.EMPTY: Exit.PENDING,
    State.UNKNOWN_REVISION: Exit.DIVERGENCE,
    State.OVERLAPPING: Exit.DIVERGENCE,
    State.UNVERSIONED: Exit.DIVERGENCE,
    State.DENIED: Exit.UNAVAILABLE,
    State.UNREACHABLE: Exit.UNAVAILABLE,
    State.IN_DOUBT: Exit.IN_DOUBT,
}
_RELATION_EXITS = {
    Relation.BEHIND: Exit.PENDING,
    Relation.AHEAD: Exit.DIVERGENCE,
    Relation.DIVERGED: Exit.DIVERGENCE,
}


@dataclass(frozen=True, slots=True)
class PlanReport:
    """A plan and what the gates say of it now.

    `downgrades` are those of a rollback's scripts, by the scripts' digests; `comparison` is an adoption's.
    """

    plan: Plan
    verdicts: tuple[Verdict, ...]
    downgrades: Mapping[str, Downgrade] = field(default_factory=dict)
    comparison: Comparison | None = None


class Result(StrEnum):
    """How one target came out of a run."""

    APPLIED = "applied"
    NOTHING_TO_DO = "nothing_to_do"
    FAILED = "failed"
    NOT_STARTED = "not_started"
    STOPPED = "stopped"
    """Some of its revisions are applied, the rest was not started, because the run was asked to stop."""
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True)
class StepResult:
    """One revision of one target: its outcome (`applied`, `recovered`, `failed`, `in_doubt`, `not_started`)."""

    revision: str
    message: str
    outcome: str
    seconds: float | None = None


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
    """What a run did. `stopped` is set where a signal ended it, to the exit code of that signal."""

    run_id: str | None
    outcome: Outcome
    plan: Plan
    verdicts: tuple[Verdict, ...] = ()
    targets: tuple[TargetResult, ...] = ()
    failure: Failure | None = None
    stopped: Exit | None = None

    @property
    def told(self) -> Failure | None:
        """The run's own failure, or the most severe of its targets'."""
        failures = [self.failure, *(target.failure for target in self.targets)]
        return next((failure for failure in failures if failure and failure.exit is self.exit), None)

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
    """One run with everything recorded of it."""

    run: Run
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run that is about to be taken up again, for people to see what is left of it."""

    run: Run


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


Report = StatusReport | PlanReport | RunReport | RunsReport | RunHistory | Unfinished | Done | DoctorReport


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands around every report in JSON: which command, when, and with which result."""

    command: str
    started_at: datetime
    finished_at: datetime
    exit: Exit
    failure: Failure | None = None
