"""What reports say of themselves: exit codes, and which failure is told."""

from __future__ import annotations

import pytest

from orchestrator.core.divergence import Divergence, Relation, State
from orchestrator.core.failure import Failure
from orchestrator.core.plan import Plan, PlanKind
from orchestrator.core.reports import Result, RunReport, TargetResult, finished_before, unstarted
from orchestrator.core.run import Outcome
from orchestrator.core.status import Pair, StatusReport, TargetStatus
from orchestrator.core.targets import Target
from orchestrator.errors import Exit, FailedError, Problem, RefusedError
from tests.core.test_plan import ONE, TWO

DEV, TEST = Target("dev"), Target("test")
PLAN = Plan(PlanKind.ROLLOUT, None, "test", (), (), ())


def status(state: State, relation: Relation = Relation.IN_SYNC, failure: Failure | None = None) -> StatusReport:
    pair = Pair(DEV, TEST, Divergence(relation))
    return StatusReport((TargetStatus(DEV, state, failure=failure),), (pair,), {}, {})


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (State.AT_HEAD, Exit.DONE),
        (State.BEHIND, Exit.PENDING),
        (State.EMPTY, Exit.PENDING),
        (State.UNKNOWN_REVISION, Exit.DIVERGENCE),
        (State.OVERLAPPING, Exit.DIVERGENCE),
        (State.UNVERSIONED, Exit.DIVERGENCE),
        (State.DENIED, Exit.UNAVAILABLE),
        (State.UNREACHABLE, Exit.UNAVAILABLE),
        (State.IN_DOUBT, Exit.IN_DOUBT),
    ],
)
def test_the_exit_code_of_a_state(state: State, code: Exit) -> None:
    """With `--exit-code`, nothing but all at head is 0."""
    assert status(state).exit_when_asked is code


@pytest.mark.parametrize(
    ("relation", "code"),
    [
        (Relation.IN_SYNC, Exit.DONE),
        (Relation.BEHIND, Exit.PENDING),
        (Relation.AHEAD, Exit.DIVERGENCE),
        (Relation.DIVERGED, Exit.DIVERGENCE),
        (Relation.UNKNOWN, Exit.DONE),
    ],
)
def test_the_exit_code_of_a_relation(relation: Relation, code: Exit) -> None:
    """Unknown is told by the state of the target that makes it so."""
    assert status(State.AT_HEAD, relation).exit_when_asked is code


def test_the_most_severe_exit_code_of_a_status_wins() -> None:
    """A failure of a target counts as well as its state."""
    same = Failure("same_database", "…", None, Exit.USAGE)
    assert status(State.AT_HEAD, failure=same).exit_when_asked is Exit.USAGE
    assert status(State.UNREACHABLE, Relation.DIVERGED).exit_when_asked is Exit.UNAVAILABLE


def test_an_error_becomes_a_value_whole() -> None:
    """Code, sentence with its place, mend, exit code and all problems."""
    problems = [Problem("one"), Problem("two", "x", "mend")]
    error = RefusedError.collect(problems, "{n} gates are closed")
    assert Failure.of(error) == Failure("refused", "2 gates are closed", "mend", Exit.REFUSED, tuple(problems))
    alone = FailedError("broke", where="dev", mend="fix", code="statement")
    assert Failure.of(alone) == Failure("statement", "dev: broke", "fix", Exit.FAILED)


def test_a_run_tells_its_own_failure_or_the_worst_of_its_targets() -> None:
    """In doubt beats failed, wherever it is in the list; a signal counts where nothing else is wrong."""
    failed = TargetResult(DEV, Result.FAILED, (), (), failure=Failure("failed", "f", None, Exit.FAILED))
    doubt = TargetResult(TEST, Result.IN_DOUBT, (), (), failure=Failure("in_doubt", "d", None, Exit.IN_DOUBT))
    both = RunReport("1", Outcome.IN_DOUBT, PLAN, targets=(failed, doubt))
    assert both.exit is Exit.IN_DOUBT
    assert both.told == doubt.failure
    stopped = RunReport("1", Outcome.INTERRUPTED, PLAN, stopped=Exit.TERMINATED)
    assert (stopped.exit, stopped.told) == (Exit.TERMINATED, None)
    assert RunReport("1", Outcome.SUCCEEDED, PLAN).exit is Exit.DONE


def test_targets_that_a_run_did_not_touch() -> None:
    """Never come to, finished by an earlier attempt, and without anything to do."""
    assert unstarted(ONE).result is Result.NOT_STARTED
    assert [step.outcome for step in unstarted(ONE).steps] == ["not_started", "not_started"]
    assert unstarted(ONE).end == ONE.start
    assert unstarted(TWO).result is Result.NOTHING_TO_DO
    assert finished_before(ONE).result is Result.NOTHING_TO_DO
    assert finished_before(ONE).end == ONE.end
