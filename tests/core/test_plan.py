"""A plan is a value: it survives JSON, and its fingerprint is that of everything assumed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from orchestrator.core import plan as plans
from orchestrator.core.plan import Plan, PlanKind, Step, TargetPlan, Wave
from orchestrator.core.targets import Target

ONE = TargetPlan(
    Target("test"),
    ("a",),
    ("c",),
    (Step("b", "digest b", "Make b"), Step("c", "digest c", "Make c", atomic=False)),
    "identity",
)
TWO = TargetPlan(Target("test", "app", "acme"), ("c",), ("c",), ())
PLAN = Plan(
    kind=PlanKind.PROMOTE,
    source="dev",
    through="test",
    wanted=("c",),
    waves=(Wave((ONE, TWO)),),
    seen=((Target("dev"), ("c",)), (Target("test"), ("a",))),
    modes=(("app", "per_revision"),),
)


def with_one(**changes: object) -> Plan:
    return replace(PLAN, waves=(Wave((replace(ONE, **changes), TWO)),))  # type: ignore[arg-type]


def test_a_plan_survives_json() -> None:
    """What is written to a file or the journal is read back as the very same plan."""
    assert plans.from_json(json.loads(json.dumps(plans.to_json(PLAN)))) == PLAN
    assert plans.from_json(json.loads(json.dumps(plans.to_json(PLAN)))).fingerprint == PLAN.fingerprint


@pytest.mark.parametrize(
    "changed",
    [
        replace(PLAN, source="staging"),
        replace(PLAN, through="prod"),
        replace(PLAN, kind=PlanKind.ROLLOUT),
        replace(PLAN, wanted=("b",)),
        replace(PLAN, to="b"),
        replace(PLAN, modes=(("app", "as_env"),)),
        replace(PLAN, seen=((Target("dev"), ("b",)), (Target("test"), ("a",)))),
        replace(PLAN, seen=PLAN.seen[:1]),
        replace(PLAN, waves=(Wave((ONE,)), Wave((TWO,)))),
        with_one(identity="another"),
        with_one(start=()),
        with_one(end=("b",)),
        with_one(steps=ONE.steps[:1]),
        with_one(steps=ONE.steps[::-1]),
        with_one(steps=(replace(ONE.steps[0], digest="edited"), ONE.steps[1])),
        with_one(steps=(replace(ONE.steps[0], atomic=False), ONE.steps[1])),
    ],
)
def test_the_fingerprint_notices_every_change(changed: Plan) -> None:
    """Heads, scripts, order of steps, identity, mode, wish: each is part of what was derived from."""
    assert changed.fingerprint != PLAN.fingerprint


def test_the_fingerprint_ignores_the_order_of_what_was_seen() -> None:
    """Which database answered first is no assumption."""
    assert replace(PLAN, seen=PLAN.seen[::-1]).fingerprint == PLAN.fingerprint


def test_what_a_plan_says_of_itself() -> None:
    """Its targets in order, how many steps, and which environments change."""
    assert PLAN.targets == (ONE, TWO)
    assert PLAN.by_target == {ONE.target: ONE, TWO.target: TWO}
    assert PLAN.steps == 2
    assert PLAN.environments == ("test",)
    assert replace(PLAN, waves=(Wave((TWO,)),)).environments == ()


@pytest.mark.parametrize(
    ("plan", "command"),
    [
        (PLAN, "orchestrate promote dev test"),
        (replace(PLAN, to="b"), "orchestrate promote dev test --to b"),
        (replace(PLAN, kind=PlanKind.ROLLOUT, source=None), "orchestrate rollout --through test"),
    ],
)
def test_a_plan_knows_the_command_that_makes_it_again(plan: Plan, command: str) -> None:
    """It is what a stale plan tells a person to type."""
    assert plan.again == command


@pytest.mark.parametrize("broken", [{}, {"kind": "promote"}, plans.to_json(PLAN) | {"kind": "dance"}])
def test_what_is_no_plan_is_not_read_as_one(broken: dict[str, object]) -> None:
    """A file that was cut off or written by something else raises, it does not make half a plan."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        plans.from_json(broken)
