"""What many targets share in a plan, and what is left out of one where that was asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.core import plan_json as plans
from orchestrator.core.changes import changes
from orchestrator.core.observations import Reading
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.plan import Plan
from orchestrator.core.planner import promote, rollout
from orchestrator.core.waves import Share, WavePolicy
from orchestrator.core.world import World
from orchestrator.errors import DivergenceError, InDoubtError, UnavailableError
from tests.core.worlds import Seen, graph, world

LINE = graph("a; b a; c b; d c")
PROD = {f"prod/app@t{number}": "b" for number in range(6)}


def in_waves(found: World, policy: WavePolicy) -> World:
    """The same world, each environment with that policy."""
    environments = (replace(environment, policy=policy) for environment in found.pipeline.environments)
    return replace(found, pipeline=Pipeline(tuple(environments)))


def waves(plan: Plan) -> list[list[str]]:
    """The targets of each wave."""
    return [[str(one.target) for one in wave.targets] for wave in plan.waves]


def left_out(plan: Plan) -> dict[str, str]:
    """Why each target is left out."""
    return {str(one.target): one.reason for one in plan.left_out}


def test_targets_at_one_place_share_their_steps() -> None:
    """Ten thousand at two places have two tuples of steps between them."""
    seen: dict[str, Seen] = {f"prod/app@t{number}": "ab"[number % 2] for number in range(10_000)}
    plan = promote(world(LINE, {"staging": "d", **seen}), "staging", "prod")
    assert plan.steps == 10_000 // 2 * (3 + 2)
    assert len({id(planned.steps) for planned in plan.targets}) == 2


def test_an_environment_is_planned_in_its_waves() -> None:
    """The canary, then two at a time; no wave has targets of two environments."""
    found = in_waves(world(LINE, {"staging": "d", **PROD}), WavePolicy(Share(count=1), Share(count=2)))
    assert [len(wave) for wave in waves(promote(found, "staging", "prod"))] == [1, 2, 2, 1]
    rolled = rollout(found, "prod")
    assert waves(rolled)[0] == ["staging"]
    assert [len(wave) for wave in waves(rolled)] == [1, 1, 2, 2, 1]
    assert rolled.wanted == ("d",)


@pytest.mark.parametrize("kind", ["promote", "rollout"])
def test_who_cannot_take_part_is_named_and_the_way_out_told(kind: str) -> None:
    """All of them, with their mends; and that --skip-unfit leaves them out."""
    odd: dict[str, Seen] = {
        "prod/app@t1": Reading.UNREACHABLE,
        "prod/app@t2": "zz",
        "prod/app@t3": Reading.UNVERSIONED,
    }
    found = world(LINE, {"staging": "d", **PROD, **odd}, doubts={"prod/app@t4": "revision c may be half applied"})
    with pytest.raises(InDoubtError, match=r"4 targets are not as they must be .*--skip-unfit") as refused:
        planned(found, kind)
    assert {problem.where for problem in refused.value.problems} == {*odd, "prod/app@t4"}
    assert str(refused.value.mend).endswith("add --skip-unfit")

    plan = planned(found, kind, skip_unfit=True)
    assert set(left_out(plan)) == {*odd, "prod/app@t4"}
    assert left_out(plan)["prod/app@t2"] == "holds revision zz, which is in no script"
    assert not {target for target, _ in plan.seen} & {one.target for one in plan.left_out}
    assert {"prod/app@t0", "prod/app@t5"} <= {str(one.target) for one in plan.targets}
    assert plan.command.endswith("--skip-unfit")


def planned(found: World, kind: str, *, skip_unfit: bool = False) -> Plan:
    """Promoted from staging, or rolled out to prod."""
    if kind == "promote":
        return promote(found, "staging", "prod", skip_unfit=skip_unfit)
    return rollout(found, "prod", skip_unfit=skip_unfit)


def test_who_is_ahead_is_left_out_too() -> None:
    """It has what its upstream lacks; the others go on."""
    found = world(LINE, {"staging": "c", **PROD, "prod/app@t2": "d"})
    with pytest.raises(DivergenceError, match="has what staging lacks") as refused:
        promote(found, "staging", "prod")
    assert str(refused.value.mend).splitlines()[-1].endswith("add --skip-unfit")
    for plan in (promote(found, "staging", "prod", skip_unfit=True), rollout(found, "prod", "c", skip_unfit=True)):
        assert left_out(plan) == {"prod/app@t2": "has what staging lacks: d (Make d)"}


def test_an_environment_is_never_left_out_as_a_whole() -> None:
    """Promoting past it would skip it: that is refused, and no option is offered."""
    found = world(LINE, {"dev": "d", "staging": Reading.UNREACHABLE, "prod": "a"})
    for skip_unfit in (False, True):
        with pytest.raises(UnavailableError) as refused:
            rollout(found, "prod", skip_unfit=skip_unfit)
        assert "skip-unfit" not in f"{refused.value} {refused.value.mend}"


def test_nothing_comes_to_a_database_whose_source_is_left_out() -> None:
    """It is left out as well, and says why."""
    seen: dict[str, Seen] = {"staging": "d", "staging/billing": Reading.DENIED, "prod": "a", "prod/billing": "a"}
    plan = rollout(world(LINE, seen), "prod", skip_unfit=True)
    assert [str(one.target) for one in plan.targets] == ["staging", "prod"]
    assert (
        left_out(plan)["prod/billing"] == "of staging/billing, where its revisions come from, nothing takes part"
    )


def test_a_plan_that_leaves_somebody_out_survives_json_and_why_is_no_part_of_its_fingerprint() -> None:
    """A server that does not answer says it in other words each time; who it is must stay."""
    found = world(LINE, {"staging": "d", **PROD, "prod/app@t1": Reading.UNREACHABLE})
    plan = promote(found, "staging", "prod", skip_unfit=True)
    assert plans.from_json(plans.to_json(plan)) == plan
    (one,) = plan.left_out
    assert replace(plan, left_out=(replace(one, reason="other words"),)).fingerprint == plan.fingerprint
    assert replace(plan, left_out=()).fingerprint != plan.fingerprint


def test_what_changed_of_those_left_out_is_told() -> None:
    """Both ways: who came back, and who went away."""
    seen: dict[str, Seen] = {"staging": "d", **PROD}
    one, other = (
        promote(world(LINE, {**seen, gone: Reading.UNREACHABLE}), "staging", "prod", skip_unfit=True)
        for gone in ("prod/app@t1", "prod/app@t2")
    )
    said = changes(one, other)
    assert "prod/app@t1 can take part now" in said
    assert "prod/app@t2 cannot take part any more: cannot be read" in said
