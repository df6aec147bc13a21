"""The gate `soak`: since when the environment before must have had it, by any clock and in any zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.arrivals import Arrival
from orchestrator.core.gates.evidence import Evidence
from orchestrator.core.gates.policy import ApprovalPolicy, GatePolicy
from orchestrator.core.gates.soak import soak
from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.phrases import lasting
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.plan import Plan
from orchestrator.core.planner import promote, rollout
from orchestrator.core.targets import Target
from orchestrator.core.world import World
from tests.core.gates.asking import told as asked
from tests.core.gates.test_gates import earlier
from tests.core.worlds import graph, world

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
LINE = graph("a; b a")
BEHIND = {"dev": "b", "staging": "b", "prod": "a"}
DAY = 86400.0


def demanding(found: World, **seconds: float) -> World:
    """The same world with environments that want what they get to have stood so long."""
    environments = (
        replace(one, gates=GatePolicy(soak=seconds.get(one.name))) for one in found.pipeline.environments
    )
    return replace(found, pipeline=Pipeline(tuple(environments)))


def verdict(
    found: World, plan: Plan, arrived: Mapping[str, datetime], now: datetime = NOON, *, replaced: bool = False
) -> Verdict:
    """What the gate says where revision b arrived at these times in these targets."""
    arrivals = {Target.parse(name): {"b": Arrival(at, replaced)} for name, at in arrived.items()}
    told = soak(plan, Circumstances(found.pipeline, now=now, evidence=Evidence(arrivals=arrivals)))
    assert told is not None
    return told


PROD = demanding(world(LINE, BEHIND), prod=DAY)
TO_PROD = promote(PROD, "staging", "prod")


def test_it_waits_and_says_until_when() -> None:
    """It tells since when, for how long, what is wanted, when it opens, and what to type then."""
    told = verdict(PROD, TO_PROD, {"staging": NOON - timedelta(hours=6, minutes=12, seconds=30)})
    assert told == Verdict(
        "soak",
        Answer.WAIT,
        "staging has had b since 2026-07-01 05:47 UTC, for 6 h 12 min; prod gets it after 24 h there",
        "wait until 2026-07-02 05:48 UTC, then: orchestrate promote staging prod",
        ("prod",),
        NOON + timedelta(hours=17, minutes=47, seconds=30),
    )


@pytest.mark.parametrize(
    ("seconds", "answer"), [(DAY - 1, Answer.WAIT), (DAY, Answer.PASS), (DAY + 1, Answer.PASS)]
)
def test_it_opens_with_the_last_second(seconds: float, answer: Answer) -> None:
    """Exactly as long as is demanded is long enough."""
    assert verdict(PROD, TO_PROD, {"staging": NOON - timedelta(seconds=seconds)}).answer is answer


def test_the_last_of_many_targets_counts() -> None:
    """What one tenant has had for an hour alone has soaked for an hour, however long the others have had it."""
    tenants = demanding(world(LINE, {"staging@old": "b", "staging@new": "b", "prod": "a"}), prod=DAY)
    arrived = {"staging@old": NOON - timedelta(days=9), "staging@new": NOON - timedelta(hours=1)}
    told = verdict(tenants, promote(tenants, "staging", "prod"), arrived)
    assert told.opens_at == NOON + timedelta(hours=23)
    assert told.reason.startswith("staging/app@new has had b since")
    unknown = verdict(tenants, promote(tenants, "staging", "prod"), {"staging@old": NOON - timedelta(days=9)})
    assert (unknown.answer, unknown.opens_at) == (Answer.REFUSE, None)
    assert unknown.mend == "orchestrate status staging --record"


def test_another_database_is_told_and_begins_anew() -> None:
    """That the one before had it for long is said, and helps the one that is there no second."""
    told = verdict(PROD, TO_PROD, {"staging": NOON - timedelta(hours=1)}, replaced=True)
    assert (told.answer, told.opens_at) == (Answer.WAIT, NOON + timedelta(hours=23))
    assert told.reason == (
        "staging is another database than the one that had b before, seen since 2026-07-01 11:00 UTC, for 1 h; "
        "prod gets it after 24 h there"
    )


@pytest.mark.parametrize(
    ("arrival", "reason"),
    [
        (Arrival(NOON, recorded=False), "nobody has recorded since when staging has b; "),
        (Arrival(NOON, replaced=True, recorded=False), "before, and nobody has recorded since when it is there; "),
        (
            Arrival(NOON + timedelta(days=9), recorded=False),
            "was wrong, and nobody has recorded since when it has it; ",
        ),
    ],
)
def test_no_time_is_told_that_would_not_come_true(arrival: Arrival, reason: str) -> None:
    """What counts from this look alone counts from the next one too: until it is recorded, waiting does not help;
    once it is, the time that is told is the one at which it opens.
    """
    evidence = Evidence(
        arrivals={Target("staging"): {"b": arrival}}, unrecorded=(PROD.observations[Target("staging")],)
    )
    told = Circumstances(PROD.pipeline, now=NOON, evidence=evidence)
    verdict = soak(TO_PROD, told)
    assert verdict is not None
    assert (verdict.answer, verdict.opens_at) == (Answer.REFUSE, None)
    assert verdict.mend == "orchestrate status staging --record   # it counts from then"
    assert f"{reason}prod gets it after 24 h there" in verdict.reason
    recorded = soak(TO_PROD, replace(told, evidence=evidence.once_recorded))
    assert recorded is not None
    assert (recorded.answer, recorded.opens_at) == (Answer.WAIT, NOON + timedelta(days=1))


def test_of_what_arrived_at_once_the_head_is_named() -> None:
    """Whatever the revisions are called, the last that the plan applies stands for those that came with it."""
    found = demanding(world(graph("z; m z; c m; k c"), {"staging": "k", "prod": "z"}), prod=DAY)
    arrivals = {Target("staging"): {name: Arrival(NOON) for name in "mck"}}
    told = soak(
        promote(found, "staging", "prod"),
        Circumstances(found.pipeline, now=NOON, evidence=Evidence(arrivals=arrivals)),
    )
    assert told is not None
    assert told.reason.startswith("staging has had k since")


def test_a_time_that_is_still_to_come_counts_as_now() -> None:
    """A clock that was ahead is told, and delays nothing by more than what is demanded."""
    told = verdict(PROD, TO_PROD, {"staging": NOON + timedelta(days=3000)})
    assert told.opens_at == NOON + timedelta(days=1)
    assert "by a clock that was wrong, which counts as now" in told.reason


@pytest.mark.parametrize("turn", [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)])
@given(st.integers(-30, 30), st.integers(0, 48))
def test_turning_the_clocks_makes_no_day_longer_or_shorter(turn: datetime, before: int, stood: int) -> None:
    """Where clocks are turned a day of soaking has 24 hours all the same, in whatever zone the times are given."""
    berlin = ZoneInfo("Europe/Berlin")
    arrived = turn + timedelta(hours=before)
    now = arrived + timedelta(hours=stood)
    told = verdict(PROD, TO_PROD, {"staging": arrived.astimezone(berlin)}, now.astimezone(berlin))
    assert told.answer is (Answer.PASS if stood >= 24 else Answer.WAIT)
    assert told.opens_at == (None if stood >= 24 else arrived + timedelta(hours=24))
    assert f"since {arrived:%Y-%m-%d %H:%M} UTC, for {lasting(stood * 3600)}" in told.reason


def test_a_rollout_that_brings_it_there_itself_is_refused() -> None:
    """What this very run brings to staging has stood there for no time; first it goes that far and no further."""
    fresh = demanding(world(LINE, {"dev": "b", "staging": "a", "prod": "a"}), prod=DAY)
    told = verdict(fresh, rollout(fresh, "prod"), {})
    assert (told.answer, told.opens_at, told.environments) == (Answer.REFUSE, None, ("prod",))
    assert told.reason == "this plan itself brings b to staging, and prod gets it after 24 h there"
    assert told.mend == "orchestrate rollout --through staging"
    there = verdict(PROD, rollout(PROD, "prod"), {"staging": NOON - timedelta(days=2)})
    assert there.answer is Answer.PASS


def test_what_stands_nowhere_before_has_not_soaked() -> None:
    """A database that the environment before does not have gets nothing; it is not let in for want of targets."""
    lone = demanding(world(LINE, {"staging": "b", "prod": "a", "prod/audit": "a"}), prod=DAY)
    told = verdict(lone, rollout(lone, "prod"), {"staging": NOON - timedelta(days=9)})
    assert (told.answer, told.environments) == (Answer.REFUSE, ("prod",))
    assert told.reason == "staging has no database audit, and prod gets it after 24 h there"
    assert told.mend == "add audit to staging in environments.yaml"


def test_it_is_asked_of_releases_that_demand_it_alone() -> None:
    """Nobody's demand is no verdict; the first environment has nothing before it; a resumed run has begun."""
    nobody = world(LINE, BEHIND)
    assert soak(promote(nobody, "staging", "prod"), Circumstances(nobody.pipeline, now=NOON)) is None
    first = demanding(world(LINE, {"dev": "a"}), dev=DAY)
    told = soak(rollout(first, "dev"), Circumstances(first.pipeline, now=NOON))
    assert told == Verdict("soak", Answer.PASS, "no environment comes before dev")
    resumed = Circumstances(PROD.pipeline, now=NOON, resumed=earlier())
    assert asked("soak", TO_PROD, resumed) == Verdict("soak", Answer.PASS, "as when the run began")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min 59 s"), (22320, "6 h 12 min"), (86400, "24 h"),
     (129600, "36 h"), (172800, "2 d"), (608400, "7 d 1 h")],
)  # fmt: skip
def test_a_length_of_time_is_told_in_two_units(seconds: float, text: str) -> None:
    """A day and a half is 36 hours, as people demand it; no more of it is told than anybody reads."""
    assert lasting(seconds) == text


def test_where_approval_is_demanded_a_sealed_plan_is_what_is_typed_then() -> None:
    """A promotion that nobody can approve would be refused however long one waited."""
    gates = GatePolicy(soak=DAY, approval=ApprovalPolicy(1))
    pipeline = Pipeline(tuple(replace(one, gates=gates) for one in PROD.pipeline.environments))
    told = verdict(replace(PROD, pipeline=pipeline), TO_PROD, {"staging": NOON})
    assert told.mend is not None
    assert told.mend.endswith("then: orchestrate plan staging prod --out release.plan.json")


def test_a_rollout_of_many_revisions_names_the_first_of_them() -> None:
    """A verdict is a sentence, whatever the release."""
    line = graph("; ".join(["a0", *(f"a{n} a{n - 1}" for n in range(1, 68))]))
    found = demanding(world(line, {"dev": "a67", "staging": "a0", "prod": "a0"}), prod=DAY)
    told = verdict(found, rollout(found, "prod"), {})
    assert told.reason.startswith("this plan itself brings a1, a10, a11, a12, a13 and 62 more to staging,")
