"""A wave's targets at work in real threads; what they do is a stand-in, since only who runs when is asked here."""

from __future__ import annotations

import threading

import pytest

from orchestrator.core.plan import TargetPlan
from orchestrator.core.reports import Result, TargetResult
from orchestrator.core.targets import Target
from orchestrator.core.waves import WavePolicy
from orchestrator.execution.crew import Crew

PLANS = [TargetPlan(Target("prod", f"db{number}"), (), (), ()) for number in range(12)]


def done(plan: TargetPlan) -> TargetResult:
    """Nothing had to be done."""
    return TargetResult(plan.target, Result.APPLIED, (), ())


def test_a_slow_server_does_not_hold_up_the_others() -> None:
    """Its own targets wait until it answers; all others have ended by then."""
    slow, others = PLANS[:6], PLANS[6:]
    awake, seen = threading.Event(), set[Target]()

    def work(plan: TargetPlan) -> TargetResult:
        if plan in slow:
            assert awake.wait(60), "the others never came to their end"
        return done(plan)

    def ended(result: TargetResult) -> None:
        seen.add(result.target)
        if seen >= {plan.target for plan in others}:
            awake.set()

    servers = ["slow" if plan in slow else "quick" for plan in PLANS]
    crew = Crew(PLANS, servers, WavePolicy(parallel=3, per_server=2), lambda: False)
    assert crew.run(work, ended).keys() == {plan.target for plan in PLANS}


def test_there_is_a_thread_for_each_that_runs_and_none_for_who_waits() -> None:
    """Never more than `parallel`, however many there are."""
    names = set[str]()

    def work(plan: TargetPlan) -> TargetResult:
        names.add(threading.current_thread().name)
        return done(plan)

    Crew(PLANS, PLANS, WavePolicy(parallel=3, per_server=2), lambda: False).run(work, lambda _result: None)
    assert 1 <= len(names) <= 3


def test_nobody_is_begun_once_it_is_held() -> None:
    """What had been begun ends, the rest has no result."""
    results: list[TargetResult] = []
    crew = Crew(PLANS, PLANS, WavePolicy(parallel=1), lambda: len(results) >= 2)
    assert list(crew.run(done, results.append)) == [plan.target for plan in PLANS[:2]]


def test_an_error_of_ours_ends_it_and_is_not_swallowed() -> None:
    """Nobody else is begun then, and nobody waits for ever."""
    begun: list[Target] = []

    def work(plan: TargetPlan) -> TargetResult:
        begun.append(plan.target)
        raise LookupError("a mistake of ours")

    with pytest.raises(LookupError, match="a mistake of ours"):
        Crew(PLANS, ["one"] * 12, WavePolicy(parallel=4, per_server=1), lambda: False).run(
            work, lambda _result: None
        )
    assert begun == [PLANS[0].target]
