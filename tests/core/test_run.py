"""What a run has done, from its events; and what is left of it, given the facts."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.core import plan_json as plans
from orchestrator.core.doubt import doubt_of
from orchestrator.core.events import Event, EventKind
from orchestrator.core.plan import Plan
from orchestrator.core.planner import rollout
from orchestrator.core.run import Facts, Outcome, Reconciliation, Run, doubtful_step, fold, reconcile
from orchestrator.core.step_record import Progress, StepState
from orchestrator.core.targets import Target
from tests.core.worlds import NOW, graph, world

LINE = graph("a; b a; c b; d c")
DEV, TEST = Target("dev"), Target("test")
PLAN: Plan = rollout(world(LINE, {"dev": "a", "test": "a"}), "test", "c")
DEV_PLAN = PLAN.by_target[DEV]


def event(kind: EventKind, revision: str | None = None, target: Target = DEV, **body: Any) -> Event:
    return Event(kind, NOW, "run-1", "me@here", target if revision else None, revision, body)


STARTED = event(EventKind.RUN_STARTED, plan=plans.to_json(PLAN), command="orchestrate rollout")


def run(*events: Event) -> Run:
    found = fold([STARTED, *events])
    assert found is not None
    return found


def facts(applied: str, *, transactional: bool = False, untouched: bool | None = None) -> Facts:
    return Facts(frozenset(applied.split()), transactional, untouched)


def test_no_events_are_no_run() -> None:
    """A run exists once its start is recorded."""
    assert fold([]) is None


def test_events_without_their_beginning_are_no_run() -> None:
    """A journal that lost a run's start says so instead of guessing a plan."""
    with pytest.raises(ValueError, match="run run-1 does not begin with its start but with step_intent"):
        fold([event(EventKind.STEP_INTENT, "b")])


def test_a_run_is_open_until_its_end_is_recorded_and_again_when_it_is_resumed() -> None:
    """Started, ended, taken up again, ended well."""
    assert run().open
    failed = event(EventKind.RUN_FINISHED, outcome="failed")
    assert (run(failed).outcome, run(failed).open, run(failed).complete) == (Outcome.FAILED, False, False)
    resumed = event(EventKind.RUN_RESUMED)
    assert run(failed, resumed).open
    assert run(failed, resumed).finished_at is None
    ended = run(failed, resumed, event(EventKind.RUN_FINISHED, outcome="succeeded"))
    assert (ended.complete, ended.finished_at) == (True, NOW)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (EventKind.STEP_INTENT, StepState.STARTED),
        (EventKind.STEP_APPLIED, StepState.APPLIED),
        (EventKind.STEP_RECOVERED, StepState.APPLIED),
        (EventKind.STEP_FAILED, StepState.FAILED),
        (EventKind.STEP_IN_DOUBT, StepState.IN_DOUBT),
        (EventKind.STEP_RESOLVED, StepState.PLANNED),
    ],
)
def test_the_latest_event_of_a_step_is_its_state(kind: EventKind, state: StepState) -> None:
    """Whatever was recorded before it."""
    assert run(event(EventKind.STEP_INTENT, "b"), event(kind, "b")).record(DEV, "b").state is state
    assert run(event(kind, "b")).record(TEST, "b").state is StepState.PLANNED


def test_a_target_is_finished_when_all_its_steps_are_recorded_as_applied() -> None:
    """Others of the run do not matter."""
    done = [event(EventKind.STEP_APPLIED, "b"), event(EventKind.STEP_RECOVERED, "c")]
    assert run(*done).finished(DEV)
    assert not run(done[0]).finished(DEV)
    assert not run(*done).finished(TEST)
    assert run().finished(Target("elsewhere"))


def test_the_open_step_is_the_one_without_an_outcome() -> None:
    """Its record holds what was noted when it began."""
    begun = run(event(EventKind.STEP_INTENT, "b", catalog={"table t": "1"}))
    record = begun.started_step(DEV)
    assert record is not None
    assert record.body["catalog"] == {"table t": "1"}
    assert begun.started_step(TEST) is None
    assert run(event(EventKind.STEP_INTENT, "b"), event(EventKind.STEP_APPLIED, "b")).started_step(DEV) is None


def statement(number: int, progress: str) -> Event:
    return event(
        EventKind.STEP_STATEMENT, "b", number=number, statement=f"CREATE TABLE t{number}", progress=progress
    )


def test_a_step_has_the_statements_of_its_latest_attempt_as_far_as_they_came() -> None:
    """By number; an end is not forgotten for a start that is recorded late; another attempt begins anew."""
    told = [statement(1, "done"), statement(2, "started"), statement(2, "failed"), statement(1, "started")]
    record = run(INTENT_B, *told, statement(3, "started")).record(DEV, "b")
    assert [(one.number, one.progress) for one in record.statements] == [
        (1, Progress.DONE),
        (2, Progress.FAILED),
        (3, Progress.STARTED),
    ]
    assert (record.state, record.body, record.since) == (StepState.STARTED, INTENT_B.body, NOW)
    in_doubt = run(INTENT_B, *told, event(EventKind.STEP_IN_DOUBT, "b", changes=["table t1 appeared"]))
    assert len(in_doubt.record(DEV, "b").statements) == 2
    assert run(INTENT_B, *told, INTENT_B).record(DEV, "b").statements == ()


def test_a_doubt_says_what_is_known_and_both_ways_out() -> None:
    """Which revision, whose run, since when, what was done; and the commands for either word."""
    found = doubt_of(
        run(INTENT_B, statement(1, "done"), event(EventKind.STEP_IN_DOUBT, "b", invalid_indexes=["ix"])), DEV, "b"
    )
    assert found.what == "revision b may be half applied, by run run-1 of me@here, begun 2026-07-01 12:00:00 UTC"
    assert [one.text for one in found.statements] == ["CREATE TABLE t1"]
    assert found.invalid_indexes == ("ix",)
    assert found.mend.splitlines() == [
        "completed by hand: orchestrate resolve run-1 dev --applied --reason '…'",
        "undone by hand: orchestrate resolve run-1 dev --not-applied --reason '…'",
    ]
    kept = run(INTENT_B, event(EventKind.STEP_IN_DOUBT, "b", kept=["INSERT INTO t"]))
    assert [one.text for one in doubt_of(kept, DEV, "b").statements] == ["INSERT INTO t"]


def left(run_so_far: Run | None, found: Facts) -> tuple[tuple[str, ...], tuple[str, ...], str | None, bool]:
    """Recovered, remaining, the doubt, and whether there is a conflict."""
    got: Reconciliation = reconcile(DEV_PLAN, run_so_far, found, LINE)
    remaining = tuple(step.revision for step in got.remaining)
    return got.recovered, remaining, got.doubt, got.conflict is not None


INTENT_B = event(EventKind.STEP_INTENT, "b")


@pytest.mark.parametrize(
    ("events", "found", "expected"),
    [
        # nothing begun
        ([], facts("a"), ((), ("b", "c"), None, False)),
        # killed between intent and commit: what became of b depends on what the database undoes
        ([INTENT_B], facts("a", transactional=True), ((), ("b", "c"), None, False)),
        ([INTENT_B], facts("a"), ((), ("b", "c"), "b", False)),
        ([INTENT_B], facts("a", untouched=False), ((), ("b", "c"), "b", False)),
        ([INTENT_B], facts("a", untouched=True), ((), ("b", "c"), None, False)),
        # killed between commit and record
        ([INTENT_B], facts("a b"), (("b",), ("c",), None, False)),
        # recorded
        ([INTENT_B, event(EventKind.STEP_APPLIED, "b")], facts("a b"), ((), ("c",), None, False)),
        # failed cleanly, and afterwards somebody applied it by hand
        ([INTENT_B, event(EventKind.STEP_FAILED, "b")], facts("a"), ((), ("b", "c"), None, False)),
        ([INTENT_B, event(EventKind.STEP_FAILED, "b")], facts("a b"), (("b",), ("c",), None, False)),
        # applied by hand before it was begun
        ([], facts("a b"), (("b",), ("c",), None, False)),
        # in doubt stays in doubt whatever the database could undo, until a person says or the fact settles it
        ([event(EventKind.STEP_IN_DOUBT, "b")], facts("a", transactional=True), ((), ("b", "c"), "b", False)),
        ([event(EventKind.STEP_IN_DOUBT, "b")], facts("a", untouched=True), ((), ("b", "c"), "b", False)),
        ([event(EventKind.STEP_IN_DOUBT, "b")], facts("a b"), (("b",), ("c",), None, False)),
        (
            [event(EventKind.STEP_IN_DOUBT, "b"), event(EventKind.STEP_RESOLVED, "b")],
            facts("a"),
            ((), ("b", "c"), None, False),
        ),
        (
            [event(EventKind.STEP_IN_DOUBT, "b"), event(EventKind.STEP_RESOLVED, "b")],
            facts("a b"),
            (("b",), ("c",), None, False),
        ),
        # a person said that they completed it: no word makes it run again, nor is it applied before it is seen
        (
            [event(EventKind.STEP_IN_DOUBT, "b"), event(EventKind.STEP_RESOLVED, "b", verdict="applied")],
            facts("a", transactional=True, untouched=True),
            ((), ("b", "c"), "b", False),
        ),
        (
            [INTENT_B, event(EventKind.STEP_RESOLVED, "b", verdict="applied")],
            facts("a", transactional=True),
            ((), ("b", "c"), "b", False),
        ),
        (
            [event(EventKind.STEP_IN_DOUBT, "b"), event(EventKind.STEP_RESOLVED, "b", verdict="applied")],
            facts("a b"),
            (("b",), ("c",), None, False),
        ),
        # all done
        ([INTENT_B, event(EventKind.STEP_INTENT, "c")], facts("a b c"), (("b", "c"), (), None, False)),
        # recorded as applied, and gone: the fact wins
        ([event(EventKind.STEP_APPLIED, "b")], facts("a", transactional=True), ((), ("b", "c"), None, False)),
        # facts that are no point of the plan
        ([INTENT_B], facts(""), ((), (), None, True)),
        ([INTENT_B], facts("a c"), ((), (), None, True)),
        ([], facts("a b c d"), ((), (), None, True)),
    ],
)
def test_what_is_left_of_a_target(
    events: list[Event], found: Facts, expected: tuple[tuple[str, ...], tuple[str, ...], str | None, bool]
) -> None:
    """
        a ── b ── c ── d      from a to c

    The fact wins over the record; what may be half applied stops it; what does not fit is a conflict.
    """
    assert left(run(*events), found) == expected


def test_a_run_that_begins_takes_what_is_left() -> None:
    """Without a record there is nothing to recover and nothing in doubt."""
    assert left(None, facts("a")) == ((), ("b", "c"), None, False)
    assert left(None, facts("a b")) == ((), ("c",), None, False)


def test_a_conflict_says_where_the_database_is() -> None:
    """Both ends of the plan and what was found."""
    found = graph("a; b a; c b; x")
    got = reconcile(DEV_PLAN, None, facts("a x"), found)
    assert got.conflict == "the plan goes from a to c, but the database is at a, x"
    assert (
        reconcile(DEV_PLAN, None, facts(""), found).conflict
        == "the plan goes from a to c, but the database is at base"
    )


NOT_ATOMIC = plans.from_json(
    {
        **plans.to_json(PLAN),
        "waves": [
            [
                {
                    "target": "dev",
                    "from": ["a"],
                    "to": ["b"],
                    "identity": None,
                    "steps": [{"revision": "b", "digest": "", "message": "", "atomic": False}],
                }
            ]
        ],
    }
)


@pytest.mark.parametrize("transactional", [True, False])
@pytest.mark.parametrize("untouched", [True, False, None])
def test_a_revision_that_commits_in_between_is_in_doubt_wherever_it_was_cut_off(
    transactional: bool, untouched: bool | None
) -> None:
    """Neither a rollback nor an unchanged schema tells of rows that it changed and committed."""
    begun = fold([event(EventKind.RUN_STARTED, plan=plans.to_json(NOT_ATOMIC), command="x"), INTENT_B])
    found = facts("a", transactional=transactional, untouched=untouched)
    assert begun is not None
    assert reconcile(NOT_ATOMIC.targets[0], begun, found, LINE).doubt == "b"
    assert doubtful_step(begun, DEV, found) == "b"


@pytest.mark.parametrize("transactional", [True, False])
def test_a_revision_under_autocommit_is_in_doubt_wherever_it_was_cut_off(transactional: bool) -> None:
    """env.py may commit each statement, whatever the script looks like; the intent says so."""
    begun = run(event(EventKind.STEP_INTENT, "b", autocommit=True))
    assert left(begun, facts("a", transactional=transactional, untouched=True))[2] == "b"


@pytest.mark.parametrize(
    ("events", "found", "doubt"),
    [
        ([], facts("a"), None),
        ([INTENT_B], facts("a"), "b"),
        ([INTENT_B], facts("a b"), None),
        ([INTENT_B], facts("a", transactional=True), None),
        ([event(EventKind.STEP_IN_DOUBT, "c")], facts("a b", transactional=True), "c"),
        ([event(EventKind.STEP_IN_DOUBT, "c"), event(EventKind.STEP_RESOLVED, "c")], facts("a b"), None),
    ],
)
def test_the_revision_in_doubt_is_named(events: list[Event], found: Facts, doubt: str | None) -> None:
    """What `status` shows is what `reconcile` would stop at."""
    assert doubtful_step(run(*events), DEV, found) == doubt
    assert doubtful_step(run(*events), Target("elsewhere"), found) is None
