"""The gate `verified`: the checks of the environment before, and where it stood when they were asked."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.checks import Around, Check, Standing
from orchestrator.core.gates.evidence import Checked, Evidence
from orchestrator.core.gates.policy import GatePolicy
from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.gates.verified import verified
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.plan import Plan
from orchestrator.core.planner import promote, rollout
from orchestrator.core.world import World
from tests.core.worlds import graph, observation, world

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
LINE = graph("a; b a")
NOW = Standing.of([observation("staging", "b")])
LOWER = Standing.of([observation("staging", "a")])
UNTOLD = Standing(NOW.state)
OTHER = Standing(NOW.state, {"staging": "another"})
PASSED = "verify of staging passed 2026-07-01 12:00 UTC"


def demanding(seen: dict[str, str], *, asks: bool = True) -> World:
    """A world whose prod wants staging verified, and whose staging has checks, or none."""
    found = world(LINE, seen)
    around = Around(verify=(Check(sql="SELECT 1"),) if asks else ())
    environments = (
        replace(
            one,
            gates=GatePolicy(verified=one.name == "prod"),
            around=around if one.name == "staging" else Around(),
        )
        for one in found.pipeline.environments
    )
    return replace(found, pipeline=Pipeline(tuple(environments)))


def asked(found: World, plan: Plan, last: Checked | None) -> Verdict | None:
    """What the gate says where staging's checks ended so last."""
    evidence = Evidence(checked={"staging": last} if last else {})
    return verified(plan, Circumstances(found.pipeline, now=NOON, evidence=evidence))


def ended(then: Standing, reason: str | None = None) -> Checked:
    """How staging's checks ended where it stood so; it stands at b now."""
    return Checked("staging", reason is None, NOON, then, NOW, reason)


@pytest.mark.parametrize(
    ("last", "answer", "reason"),
    [
        (None, Answer.REFUSE, "verify of staging was never asked"),
        (ended(NOW, "it is cold"), Answer.REFUSE, "verify of staging failed 2026-07-01 12:00 UTC: it is cold"),
        (ended(LOWER), Answer.REFUSE, "staging changed since its verify passed 2026-07-01 12:00 UTC"),
        (
            ended(OTHER),
            Answer.REFUSE,
            "staging is another database than when verify of staging passed 2026-07-01 12:00 UTC",
        ),
        (
            ended(Standing()),
            Answer.REFUSE,
            "verify of staging was asked of a part of it alone, 2026-07-01 12:00 UTC",
        ),
        (ended(NOW), Answer.PASS, f"{PASSED}, and it stands where it stood then"),
        (ended(UNTOLD), Answer.PASS, f"{PASSED}, and it stands where it stood then"),
    ],
)
def test_the_checks_must_have_passed_where_it_stands(last: Checked | None, answer: Answer, reason: str) -> None:
    """Only a pass counts, of the whole environment, of these databases at the heads they have; else it is asked
    again. Which databases an older version asked is not known, and they are taken to be these.
    """
    found = demanding({"staging": "b", "prod": "a"})
    told = asked(found, promote(found, "staging", "prod"), last)
    passed = answer is Answer.PASS
    mend, environments = (None, ()) if passed else ("orchestrate verify staging", ("prod",))
    assert told == Verdict("verified", answer, reason, mend, environments)


def test_without_checks_there_is_nothing_to_pass() -> None:
    """A demand that nothing can meet is refused with what to write where."""
    found = demanding({"staging": "b", "prod": "a"}, asks=False)
    told = asked(found, promote(found, "staging", "prod"), ended(NOW))
    assert told is not None
    assert (told.answer, told.mend) == (Answer.REFUSE, "add verify: to staging in environments.yaml")


def test_a_rollout_asks_on_its_way_and_others_are_not_asked() -> None:
    """The run that changes staging asks before it goes on to prod; who demands nothing hears nothing."""
    found = demanding({"dev": "b", "staging": "a", "prod": "a"})
    told = asked(found, rollout(found, "prod"), None)
    assert told == Verdict("verified", Answer.PASS, "verify of staging is asked before the run goes on")
    assert asked(found, promote(found, "dev", "staging"), None) is None


def test_where_an_environment_stands_is_told_by_what_stands_anywhere_in_it() -> None:
    """Neither order nor who has it counts, and a tenant more at the same heads changes nothing; other heads do."""

    def state(*seen: tuple[str, str]) -> str:
        return Standing.of(observation(target, heads) for target, heads in seen).state

    one, two = "prod/app@one", "prod/app@two"
    assert state((one, "b a")) == state((two, "a b"), (one, "b a"))
    assert len({state(), state((one, "")), state((one, "a")), state((one, "a"), (two, ""))}) == 4
    assert state(("prod", "a")) != state(("prod/billing", "a"))


_TENANTS = st.dictionaries(st.sampled_from("abcde"), st.sampled_from(["1", "2", "3"]))


@given(_TENANTS, _TENANTS)
def test_only_who_was_there_can_have_become_another_database(then: dict[str, str], now: dict[str, str]) -> None:
    """Tenants that came or went are no other databases; one that stayed is, where its identity is not the same."""
    told = Standing.parse(json.loads(json.dumps(Standing("x", then).body)))
    moved = {name for name in then.keys() & now if then[name] != now[name]}
    assert set(told.replaced(Standing("x", now))) == moved
