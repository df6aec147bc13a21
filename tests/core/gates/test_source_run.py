"""The gate `source_run` where targets have it all and what the environment must stand then has not passed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.core import plan_json as plans
from orchestrator.core.checks import Around, Check, Standing
from orchestrator.core.events import Event, EventKind
from orchestrator.core.gates.evidence import Checked, Evidence
from orchestrator.core.gates.source_run import source_run
from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.outstanding import standing_in
from orchestrator.core.pipeline import Environment, Pipeline
from orchestrator.core.plan import Plan
from orchestrator.core.planner import promote, rollout
from orchestrator.core.run import Run, fold
from orchestrator.core.targets import Target
from orchestrator.core.waves import WavePolicy
from tests.core.worlds import NOW, graph, observation, world

LINE = graph("a; b a")
BEFORE = world(LINE, {"dev": "a", "test": "a"})
WORLD = world(LINE, {"dev": "b", "test": "a"})
PLANS = {"promote": promote(WORLD, "dev", "test"), "rollout": rollout(WORLD, "test")}
ASKED = Around(verify=(Check("SELECT 1"),))
WAVES = WavePolicy(verify=("./healthy",))


def _told(kind: EventKind, passed: bool) -> Event:
    body = {"environment": "dev", "passed": passed, "number": 1, "verify": "passed" if passed else "failed"}
    return Event(kind, NOW, "run-1", "me@here", body=body)


CHECK, WAVE = EventKind.ENVIRONMENT_VERIFIED, EventKind.WAVE_FINISHED
PASSED, FAILED = _told(CHECK, passed=True), _told(CHECK, passed=False)
WAVE_PASSED, WAVE_FAILED = _told(WAVE, passed=True), _told(WAVE, passed=False)


def _run(*events: Event, outcome: str | None = "failed") -> Run:
    """A rollout through test that finished dev, and what it recorded of its checks."""
    if outcome is not None:
        events += (Event(EventKind.RUN_FINISHED, NOW, "run-1", "me@here", body={"outcome": outcome}),)
    return _begun(*events, done=("dev",))


def _begun(*events: Event, done: tuple[str, ...]) -> Run:
    """A rollout through test that finished these environments."""
    begun = {"plan": plans.to_json(rollout(BEFORE, "test")), "command": "x"}
    told = [Event(EventKind.RUN_STARTED, NOW, "run-1", "me@here", body=begun)]
    told += [Event(EventKind.STEP_APPLIED, NOW, "run-1", "me@here", Target(name), "b") for name in done]
    run = fold([*told, *events])
    assert run is not None
    return run


def _verdict(
    plan: Plan, run: Run, around: Around = ASKED, policy: WavePolicy | None = None, last: Checked | None = None
) -> Verdict:
    dev, *rest = WORLD.pipeline.environments
    dev = replace(dev, around=around, policy=policy or dev.policy)
    evidence = Evidence(checked={"dev": last} if last else {})
    pipeline = Pipeline((dev, *rest))
    return source_run(plan, Circumstances(pipeline, now=NOW, last_runs={Target("dev"): run}, evidence=evidence))


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
@pytest.mark.parametrize(
    ("run", "around", "policy", "shut"),
    [
        (_run(FAILED), ASKED, None, True),
        (_run(outcome="interrupted"), ASKED, None, True),
        (_run(outcome=None), ASKED, None, True),
        (_run(PASSED, FAILED), ASKED, None, True),
        (_run(PASSED), ASKED, None, False),
        (_run(FAILED, PASSED, outcome=None), ASKED, None, False),
        (_run(outcome="succeeded"), ASKED, None, False),
        (_run(), Around(), None, False),
        (_run(WAVE_FAILED), Around(), WAVES, True),
        (_run(WAVE_PASSED, WAVE_FAILED), Around(), WAVES, True),
        (_run(WAVE_PASSED), Around(), WAVES, False),
        (_run(WAVE_PASSED), ASKED, WAVES, True),
    ],
)
def test_what_did_not_stand_its_checks_goes_no_further(
    plan: Plan, run: Run, around: Around, policy: WavePolicy | None, shut: bool
) -> None:
    """Failed, cut off or never asked: a promotion from there and a rollout past it are refused."""
    verdict = _verdict(plan, run, around, policy)
    assert verdict.answer is (Answer.REFUSE if shut else Answer.PASS)
    if shut:
        assert verdict.reason.startswith("verify of dev has not passed since run run-1 of me@here changed it: ")
        other = "verify dev" if around is ASKED else "rollback run-1"
        mend = f"orchestrate resume run-1\norchestrate {other}   # where that cannot be resumed any more"
        assert verdict.mend == mend


HERE = Standing.of([observation("dev", "b")])
LOWER = Standing.of([observation("dev", "a")])
OTHER = Standing(HERE.state, {"dev": "another"})
EARLIER, LATER = NOW - timedelta(minutes=1), NOW + timedelta(minutes=1)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
@pytest.mark.parametrize(
    ("last", "shut"),
    [
        (Checked("dev", passed=True, at=LATER, then=HERE, now=HERE, sequence=1), False),
        (Checked("dev", passed=False, at=LATER, then=HERE, now=HERE, sequence=1), True),
        (Checked("dev", passed=True, at=LATER, then=HERE, now=HERE, sequence=0), True),
        (Checked("dev", passed=True, at=EARLIER, then=HERE, now=HERE, sequence=1), False),
        (Checked("dev", passed=True, at=LATER, then=LOWER, now=HERE, sequence=1), True),
        (Checked("dev", passed=True, at=LATER, then=OTHER, now=HERE, sequence=1), True),
        (Checked("dev", passed=True, at=LATER, then=Standing(), now=HERE, sequence=1), True),
    ],
)
def test_a_good_answer_got_by_hand_opens_it(plan: Plan, last: Checked, shut: bool) -> None:
    """It counts where the whole environment was asked after the run, by the journal's order and by no clock, and
    still stands there.
    """
    assert _verdict(plan, _run(FAILED), last=last).answer is (Answer.REFUSE if shut else Answer.PASS)
    assert _verdict(plan, _run(WAVE_FAILED), Around(), WAVES, last).answer is Answer.REFUSE


@pytest.mark.parametrize(
    ("run", "place"),
    [
        (_begun(done=()), "dev"),
        (_begun(done=("dev",)), "test"),
        (_begun(done=("dev", "test")), None),
    ],
)
def test_a_run_stands_where_it_has_something_left_to_do_first(run: Run, place: str | None) -> None:
    """Also where it has come to no target of that environment; where all is done it stands nowhere."""
    assert standing_in(run) == place


def test_a_run_that_came_to_a_part_of_the_source_shuts_it() -> None:
    """A promotion waits for it as for one that began all of it; a rollout does what is left by itself."""
    left = Circumstances(WORLD.pipeline, now=NOW, evidence=Evidence(stopped=(_begun(done=()),)))
    verdict = source_run(PLANS["promote"], left)
    mend = "orchestrate resume run-1\norchestrate rollback run-1   # gives it up"
    assert (verdict.answer, verdict.mend) == (Answer.REFUSE, mend)
    assert verdict.reason.startswith("run run-1 of me@here left dev unfinished: still open since ")
    assert source_run(PLANS["rollout"], left).answer is Answer.PASS


def test_a_rollout_that_changes_the_environment_asks_by_itself() -> None:
    """Nothing is held back by the checks of what the run itself changes, or of what comes after that."""
    run = _run(FAILED)
    assert _verdict(rollout(BEFORE, "test"), run).answer is Answer.PASS
    early = world(LINE, {"first": "a", "dev": "b"})
    first, dev = early.pipeline.environments
    pipeline = Pipeline((first, Environment("dev", dev.targets, around=ASKED)))
    told = Circumstances(pipeline, now=NOW, last_runs={Target("dev"): run})
    assert source_run(rollout(early, "dev"), told).answer is Answer.PASS
