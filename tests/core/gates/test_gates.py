"""Each gate: when it opens, when it refuses, with which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from orchestrator.core import plan_json as plans
from orchestrator.core.comparison import Comparison, Difference, Kind
from orchestrator.core.events import Event, EventKind
from orchestrator.core.gates.decide import GATES, closed, decide
from orchestrator.core.gates.order import order
from orchestrator.core.gates.protected import protected, unconfirmed
from orchestrator.core.gates.schema import schema
from orchestrator.core.gates.source_run import source_run
from orchestrator.core.gates.tls import tls
from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.plan import Plan, PlanKind
from orchestrator.core.planner import promote, rollout
from orchestrator.core.run import Run, fold
from orchestrator.core.selection import Selection
from orchestrator.core.targets import Target
from orchestrator.core.world import World
from tests.core.worlds import NOW, graph, world

LINE = graph("a; b a")
SEEN = {"dev": "b", "test": "a", "staging": "a", "prod": "a"}
WORLD: World = world(LINE, SEEN, protected=("staging", "prod"))
PLAIN = Circumstances(WORLD.pipeline, now=datetime(2026, 11, 22, tzinfo=UTC))


def promotion(source: str, destination: str) -> Plan:
    return replace(promote(WORLD, "dev", "test"), source=source, through=destination)


def earlier(*events: EventKind, outcome: str | None = None, through: str = "test") -> Run:
    """A rollout through test, so far."""
    plan = rollout(world(LINE, {"dev": "a", "test": "a"}), through)
    told = [
        Event(EventKind.RUN_STARTED, NOW, "run-1", "me@here", body={"plan": plans.to_json(plan), "command": "x"})
    ]
    told += [Event(kind, NOW, "run-1", "me@here", Target("dev"), "b") for kind in events]
    if outcome:
        told.append(Event(EventKind.RUN_FINISHED, NOW, "run-1", "me@here", body={"outcome": outcome}))
    run = fold(told)
    assert run is not None
    return run


@pytest.mark.parametrize(
    ("source", "destination", "verdict"),
    [
        ("dev", "test", Verdict("order", Answer.PASS, "test is next after dev")),
        (
            "dev",
            "staging",
            Verdict(
                "order",
                Answer.REFUSE,
                "test lies between dev and staging",
                "orchestrate promote dev test && orchestrate promote test staging",
            ),
        ),
        (
            "dev",
            "prod",
            Verdict(
                "order",
                Answer.REFUSE,
                "test and staging lie between dev and prod",
                " && ".join(
                    f"orchestrate promote {step}" for step in ("dev test", "test staging", "staging prod")
                ),
            ),
        ),
        (
            "prod",
            "dev",
            Verdict(
                "order",
                Answer.REFUSE,
                "dev comes before prod in environments.yaml; promotion goes the other way",
                "orchestrate promote dev prod",
            ),
        ),
    ],
)
def test_the_order_gate(source: str, destination: str, verdict: Verdict) -> None:
    """A promotion goes to the very next environment, and the mend is the way there."""
    assert order(promotion(source, destination), PLAIN) == verdict


def test_the_way_there_ends_at_what_was_selected() -> None:
    """Of the promotions to type instead, the last one goes where the refused one went."""
    narrow = replace(promotion("dev", "staging"), selection=Selection(("staging@a*",), exclude=("x",)))
    mend = "orchestrate promote dev test && orchestrate promote test 'staging@a*' --exclude x"
    assert order(narrow, PLAIN).mend == mend


def test_a_rollout_is_in_order_by_nature() -> None:
    """It passes every environment."""
    assert order(rollout(WORLD, "prod"), PLAIN) == Verdict(
        "order", Answer.PASS, "every environment is passed in order"
    )


@pytest.mark.parametrize(
    ("confirmed", "verdict"),
    [
        (
            (),
            Verdict(
                "protected",
                Answer.REFUSE,
                "staging, prod are protected and not confirmed",
                "add --confirm staging --confirm prod",
            ),
        ),
        (
            ("staging",),
            Verdict("protected", Answer.REFUSE, "prod is protected and not confirmed", "add --confirm prod"),
        ),
        (
            ("prod", "staging"),
            Verdict("protected", Answer.PASS, "nothing protected is changed without confirmation"),
        ),
    ],
)
def test_the_protected_gate(confirmed: tuple[str, ...], verdict: Verdict) -> None:
    """Each protected environment that changes must be named."""
    assert protected(rollout(WORLD, "prod"), replace(PLAIN, confirmed=frozenset(confirmed))) == verdict


def test_a_protected_environment_that_does_not_change_needs_no_confirmation() -> None:
    """Only what the plan has steps for counts."""
    still = world(LINE, {"dev": "a", "prod": "b"}, protected=("prod",))
    plan = rollout(still, "prod")
    assert plan.environments == ("dev",)
    assert unconfirmed(plan, replace(PLAIN, pipeline=still.pipeline)) == ()


OPEN = Verdict("source_run", Answer.PASS, "no unfinished run in dev")


def refused(state: str) -> Verdict:
    reason = f"run run-1 of me@here left dev unfinished: {state} since 2026-07-01 12:00 UTC"
    back = "" if state == "in doubt" else "\norchestrate rollback run-1   # gives it up"
    return Verdict("source_run", Answer.REFUSE, reason, f"orchestrate resume run-1{back}")


@pytest.mark.parametrize(
    ("run", "verdict"),
    [
        (None, OPEN),
        (earlier(EventKind.STEP_APPLIED, outcome="succeeded"), OPEN),
        (earlier(outcome="nothing_to_do"), OPEN),
        (earlier(EventKind.STEP_APPLIED, outcome="failed"), OPEN),
        (earlier(EventKind.STEP_APPLIED), OPEN),
        (earlier(EventKind.STEP_INTENT), refused("still open")),
        (earlier(outcome="failed"), refused("failed")),
        (earlier(EventKind.STEP_IN_DOUBT, outcome="in_doubt"), refused("in doubt")),
        (earlier(outcome="interrupted"), refused("interrupted")),
    ],
)
def test_the_source_run_gate(run: Run | None, verdict: Verdict) -> None:
    """What is promoted arrived by a run that finished the source, whatever became of later environments."""
    runs = {Target("dev"): run} if run else {}
    assert source_run(promotion("dev", "test"), replace(PLAIN, last_runs=runs)) == verdict


def test_the_source_is_what_the_plan_was_derived_from() -> None:
    """A run that is resumed is about its own targets alone: the source's are known from the plan."""
    plan = promotion("dev", "test")
    nothing = Pipeline(tuple(replace(one, targets=()) for one in PLAIN.pipeline.environments))
    circumstances = replace(PLAIN, pipeline=nothing, last_runs={Target("dev"): earlier(outcome="failed")})
    assert source_run(plan, circumstances) == refused("failed")


def test_the_scripts_are_a_source_without_runs() -> None:
    """A rollout resumes nothing and promotes from no environment."""
    verdict = source_run(rollout(WORLD, "prod"), replace(PLAIN, last_runs={Target("dev"): earlier()}))
    assert verdict == Verdict("source_run", Answer.PASS, "the source is the scripts")


def test_every_gate_is_asked_and_all_that_are_shut_are_told() -> None:
    """One reason does not hide the others."""
    circumstances = replace(PLAIN, last_runs={Target("dev"): earlier()})
    plan = replace(rollout(WORLD, "prod"), kind=promotion("dev", "prod").kind, source="dev")
    verdicts = decide(plan, circumstances)
    assert [verdict.gate for verdict in closed(verdicts)] == ["order", "source_run", "protected"]
    asked = [verdict.gate for verdict in verdicts]
    undemanded = {"soak", "verified", "lint", "approval", "age", "window"}
    assert asked == [gate.__name__ for gate in GATES if gate.__name__ not in undemanded]


SAME = Comparison("staging")
OTHER = Comparison("staging", differences=(Difference(Kind.MISSING, "table t"),))
UNKNOWN = Comparison(None, "nothing to compare with")


@pytest.mark.parametrize(
    ("comparison", "accepted", "answer", "reason"),
    [
        (None, False, Answer.PASS, "no schema is taken on trust"),
        (SAME, False, Answer.PASS, "the schema is that of staging"),
        (OTHER, False, Answer.REFUSE, "the schema of dev differs from that of staging in 1 place"),
        (UNKNOWN, False, Answer.REFUSE, "the schema of dev was not compared"),
        (OTHER, True, Answer.PASS, "the schema of dev differs from that of staging in 1 place; accepted"),
        (UNKNOWN, True, Answer.PASS, "the schema of dev was not compared; accepted"),
    ],
)
def test_the_schema_gate(comparison: Comparison | None, accepted: bool, answer: Answer, reason: str) -> None:
    """What differs, or was not compared at all, is adopted only where a person accepts it."""
    circumstances = replace(PLAIN, comparison=comparison, accepted=accepted)
    verdict = schema(rollout(WORLD, "prod"), circumstances)
    assert (verdict.answer, verdict.reason) == (answer, reason)
    assert (verdict.mend == "add --accept-differences") is (answer is Answer.REFUSE)


@pytest.mark.parametrize("kind", [PlanKind.ROLLBACK, PlanKind.ADOPT])
def test_what_is_no_promotion_has_no_order_and_no_source(kind: PlanKind) -> None:
    """A rollback and an adoption pass; what is protected is asked for by name all the same."""
    plan = replace(rollout(WORLD, "prod"), kind=kind)
    verdicts = decide(plan, replace(PLAIN, last_runs={Target("dev"): earlier()}))
    assert [verdict.reason for verdict in verdicts[:2]] == ["nothing is promoted"] * 2
    assert [verdict.gate for verdict in closed(verdicts)] == ["protected"]


def test_waiting_is_not_open() -> None:
    """Only `pass` lets a plan run."""
    waiting = Verdict("x", Answer.WAIT, "not yet")
    assert closed((waiting, OPEN)) == (waiting,)


@pytest.mark.parametrize(
    ("in_clear", "answer"),
    [({}, Answer.PASS), ({"dev": "mysql"}, Answer.PASS), ({"test": "postgresql", "dev": "mysql"}, Answer.REFUSE)],
)
def test_the_tls_gate(in_clear: dict[str, str], answer: Answer) -> None:
    """Only a target that the plan changes shuts it, with what to add to that target's URL."""
    circumstances = replace(PLAIN, in_clear={Target(name): family for name, family in in_clear.items()})
    verdict = tls(promote(WORLD, "dev", "test"), circumstances)
    assert (verdict.gate, verdict.answer) == ("tls", answer)
    assert ("sslmode=verify-full" in (verdict.mend or "")) is (answer is Answer.REFUSE)
