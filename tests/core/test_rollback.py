"""What may be taken back, and what forbids it: from events and observations to a plan or to all the reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.core import plan_json as plans
from orchestrator.core.downgrade import Act, Downgrade
from orchestrator.core.events import Event, EventKind
from orchestrator.core.observations import Reading
from orchestrator.core.plan import Action, Plan, PlanKind
from orchestrator.core.planner import rollout
from orchestrator.core.revisions import Graph
from orchestrator.core.rollback import Undoing, downstream, rollback
from orchestrator.core.run import fold
from orchestrator.core.targets import Target
from orchestrator.errors import DivergenceError, InDoubtError, OrchestrateError, RefusedError, UnavailableError
from tests.core.worlds import NOW, Seen, graph, world

LINE = graph("a; b a; c b; d c")
DEV, TEST, PROD = Target("dev"), Target("test"), Target("prod")
BEFORE: Mapping[str, Seen] = {"dev": "a", "test": "a", "prod": "a"}
AFTER: Mapping[str, Seen] = {"dev": "c", "test": "c", "prod": "c"}
DOWNGRADES = {script.digest: Downgrade(f"{script.path}:9") for script in LINE.scripts.values()}


def event(
    kind: EventKind, run: str, target: Target | None = None, revision: str | None = None, **body: Any
) -> Event:
    return Event(kind, NOW, run, "ann@work", target, revision, body)


def applied(run: str, plan: Plan, **body: Any) -> list[Event]:
    """A run of this plan that went well."""
    start = event(EventKind.RUN_STARTED, run, plan=plans.to_json(plan), command="x")
    steps = [(one.target, step.revision) for one in plan.targets for step in one.steps]
    return [start, *(event(EventKind.STEP_APPLIED, run, *step, **body) for step in steps)]


RAN = applied("r1", rollout(world(LINE, BEFORE), "prod", "c"))


def back(
    seen: Mapping[str, Seen] = AFTER,
    events: list[Event] = RAN,
    *only: Target,
    revisions: Graph = LINE,
    downgrades: Mapping[str, Downgrade] = DOWNGRADES,
    **options: Any,
) -> Plan:
    """The plan that takes the first run back in this world."""
    run = fold([one for one in events if one.run == "r1"])
    assert run is not None
    return rollback(world(revisions, seen, **options), Undoing(run, events, downgrades, only))


def steps(plan: Plan) -> dict[str, list[str]]:
    return {str(one.target): [step.revision for step in one.steps] for one in plan.targets}


def reasons(error: OrchestrateError) -> list[str]:
    return [str(problem) for problem in error.problems] or [str(error)]


def test_the_last_revision_and_the_last_environment_go_first() -> None:
    """Each target gets the run's revisions in the opposite order, back to the heads before it."""
    plan = back()
    assert (plan.kind, plan.undoes, plan.through, plan.wanted) == (PlanKind.ROLLBACK, "r1", "dev", ("a",))
    assert list(steps(plan)) == ["prod", "test", "dev"]
    assert steps(plan)["prod"] == ["c", "b"]
    assert {step.action for one in plan.targets for step in one.steps} == {Action.DOWNGRADE}
    assert (plan.targets[0].start, plan.targets[0].end) == (("c",), ("a",))
    assert plan.again == "orchestrate rollback r1"


def test_only_the_targets_that_are_named_go_back() -> None:
    """The others are looked at where they would be left ahead, and not changed."""
    plan = back(AFTER, RAN, PROD)
    assert steps(plan) == {"prod": ["c", "b"]}
    assert plan.again == "orchestrate rollback r1 --target prod"


def test_what_was_applied_but_not_recorded_goes_back_too() -> None:
    """A run that was cut off between commit and record: the fact wins."""
    cut_off = [one for one in RAN if (one.target, one.revision) not in ((DEV, "c"), (TEST, "b"), (TEST, "c"))]
    cut_off = [one for one in cut_off if one.target != PROD]
    assert steps(back({"dev": "c", "test": "a", "prod": "a"}, cut_off)) == {
        "prod": [],
        "test": [],
        "dev": ["c", "b"],
    }


def test_what_is_gone_already_needs_no_step() -> None:
    """After a rollback, or by half of one, only what is left goes."""
    gone = [event(EventKind.STEP_APPLIED, "r2", PROD, r, action="downgrade") for r in ("c", "b")]
    assert steps(back({**AFTER, "prod": "a"}, [*RAN, *gone])) == {
        "prod": [],
        "test": ["c", "b"],
        "dev": ["c", "b"],
    }
    half = {"dev": "c", "test": "c", "prod": "b"}
    assert steps(back(half, [*RAN, *gone[:1]]))["prod"] == ["b"]


def test_a_later_run_goes_back_first() -> None:
    """It is named, with the command that takes it back; where it was taken back already it does not matter."""
    later = applied("r2", rollout(world(LINE, AFTER), "prod", "d"))
    with pytest.raises(RefusedError) as caught:
        back({"dev": "d", "test": "d", "prod": "d"}, [*RAN, *later])
    assert [p.mend for p in caught.value.problems] == ["orchestrate rollback r2   # first"] * 3
    assert "prod: was changed since by run r2" in reasons(caught.value)
    undone = [event(EventKind.STEP_APPLIED, "r3", t, "d", action="downgrade") for t in (DEV, TEST, PROD)]
    assert back(AFTER, [*RAN, *later, *undone]).steps == 6


def test_a_revision_that_a_later_run_brought_again_is_that_runs() -> None:
    """Taken back and applied anew, it belongs to whoever applied it last."""
    again = [event(EventKind.STEP_APPLIED, "r2", DEV, "c", action="downgrade")]
    again += [event(EventKind.STEP_APPLIED, "r3", DEV, "c")]
    with pytest.raises(RefusedError, match="dev: was changed since by run r3"):
        back(AFTER, [*RAN, *again])


def test_a_target_that_is_elsewhere_is_left_alone() -> None:
    """Somebody moved it by hand: where the run left it and where it is are both told."""
    with pytest.raises(RefusedError, match="dev: is not where run r1 left it: that was at c, and now it is at d"):
        back({**AFTER, "dev": "d"})


def test_a_rollback_that_was_cut_off_is_taken_up_again() -> None:
    """Typed a second time instead of resume, it is refused with the command that goes on."""
    start = event(EventKind.RUN_STARTED, "r2", plan=plans.to_json(back()), command="x")
    begun = event(EventKind.STEP_INTENT, "r2", PROD, "c", action="downgrade")
    with pytest.raises(RefusedError, match="prod: is not where run r1 left it") as refused:
        back({**AFTER, "prod": "b"}, [*RAN, start, begun])
    assert refused.value.mend == "orchestrate resume r2"


def test_no_environment_is_left_ahead_of_the_one_before_it() -> None:
    """What the next one still has is named, with the command that takes it back there."""
    with pytest.raises(RefusedError) as caught:
        back(AFTER, RAN, DEV)
    assert str(caught.value) == "dev: test still has b (Make b), c (Make c), and would be ahead"
    assert caught.value.mend == "orchestrate rollback r1 --target test   # first"
    by_hand = [one for one in RAN if one.target != TEST]
    with pytest.raises(RefusedError) as caught:
        back(AFTER, by_hand, DEV)
    assert caught.value.mend == "revert it in test first"


TENANTS = {"dev": "a", "test/app@x": "a", "test/app@y": "a", "prod/app@x": "a", "prod/app@z": "a"}
X, Z = Target("prod", tenant="x"), Target("prod", tenant="z")


def test_a_tenant_is_downstream_of_its_namesake_or_of_all() -> None:
    """The same tenant upstream is what it is held against; where there is none, every one of the database."""
    pipeline = world(LINE, TENANTS).pipeline
    upstream_x, upstream_y = Target("test", tenant="x"), Target("test", tenant="y")
    assert downstream(pipeline, [upstream_x]) == {X: (upstream_x,), Z: (upstream_x,)}
    assert downstream(pipeline, [upstream_y]) == {Z: (upstream_y,)}
    assert downstream(pipeline, [upstream_x, upstream_y]) == {X: (upstream_x,), Z: (upstream_x, upstream_y)}
    assert downstream(pipeline, [DEV]) == dict.fromkeys((upstream_x, upstream_y), (DEV,))
    assert downstream(pipeline, [X]) == {}


def test_a_tenant_goes_back_only_as_far_as_those_downstream_of_it() -> None:
    """What still has the revision is named; what is downstream of several is told once, of their database."""
    events = applied("r1", rollout(world(LINE, TENANTS), "prod", "c"))
    after = dict.fromkeys(TENANTS, "c")
    with pytest.raises(RefusedError) as caught:
        back(after, events, Target("test", tenant="y"))
    assert str(caught.value).startswith("test/app@y: prod/app@z still has b")
    with pytest.raises(RefusedError) as caught:
        back(after, events, Target("test", tenant="x"), Target("test", tenant="y"))
    told = reasons(caught.value)
    assert [reason.split(" still")[0] for reason in told] == ["test/app@x: prod/app@x", "test: prod/app@z"]
    assert list(steps(back(after, events, Z))) == ["prod/app@z"]


def test_an_unversioned_next_environment_has_none_of_it() -> None:
    """It is not under control; any other that cannot be read forbids the rollback, since it may have it."""
    assert steps(back({**AFTER, "prod": Reading.UNVERSIONED}, RAN, TEST)) == {"test": ["c", "b"]}
    with pytest.raises(UnavailableError):
        back({**AFTER, "prod": Reading.UNREACHABLE}, RAN, TEST)
    with pytest.raises(DivergenceError):
        back({**AFTER, "prod": Reading.UNVERSIONED})


def test_every_reason_is_told_at_once() -> None:
    """Two scripts, a doubt and a target that was moved: nothing hides anything else, and each stands once."""
    bad = {**DOWNGRADES, "digest of b": Downgrade("versions/b.py", impossible="has no downgrade")}
    changed = Graph(replace(s, digest="other") if s.revision == "c" else s for s in LINE.scripts.values())
    with pytest.raises(InDoubtError) as caught:
        back({**AFTER, "test": "d"}, revisions=changed, downgrades=bad, doubts={"prod": "revision x may be half"})
    assert sorted(reasons(caught.value)) == [
        "prod: revision x may be half",
        "test: is not where run r1 left it: that was at c, and now it is at d",
        "versions/b.py: revision b cannot be reverted: has no downgrade",
        "versions/c.py: was changed after run r1 applied it: its downgrade may not fit",
    ]


def test_a_downgrade_loses_what_any_of_its_acts_loses() -> None:
    """One act is enough."""
    assert not Downgrade("x", (Act("drop_index i"),)).loses
    assert Downgrade("x", (Act("drop_index i"), Act("drop_table t", loses=True))).loses
