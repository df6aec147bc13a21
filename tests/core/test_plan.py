"""A plan is a value: it survives JSON, and its fingerprint is that of everything assumed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from orchestrator.core import plan_json as plans
from orchestrator.core.plan import Plan, PlanKind, Step, TargetPlan, Wave
from orchestrator.core.selection import Selection
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


NARROW = Selection(("test@a*",), only=("x",), labels=(("region", "eu"),), behind=True)


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
        replace(PLAN, selection=Selection(only=("acme",))),
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
        (replace(PLAN, selection=NARROW), "orchestrate promote dev 'test@a*' --only x --label region=eu --behind"),
        (
            replace(PLAN, kind=PlanKind.ROLLOUT, to="b", selection=Selection(exclude=("*_old",))),
            "orchestrate rollout --through test --to b --exclude '*_old'",
        ),
        (
            replace(PLAN, kind=PlanKind.ROLLBACK, undoes="r1", only=(Target("test"), Target("dev"))),
            "orchestrate rollback r1 --target test --target dev",
        ),
        (
            replace(
                PLAN, kind=PlanKind.ROLLBACK, undoes="r1", only=(TWO.target,), selection=Selection(("*@acme",))
            ),
            "orchestrate rollback r1 --target '*@acme'",
        ),
    ],
)
def test_a_plan_knows_the_command_that_makes_it_again(plan: Plan, command: str) -> None:
    """It is what a stale plan tells a person to type."""
    assert plan.again == command


def test_a_plan_remembers_its_selection_where_there_is_one() -> None:
    """It survives JSON; a plan of everything is written as it always was, and keeps its fingerprint."""
    narrowed = replace(PLAN, selection=NARROW)
    assert plans.from_json(json.loads(json.dumps(plans.to_json(narrowed)))) == narrowed
    assert "selection" not in plans.to_json(PLAN)


def test_a_plan_of_what_changes_leaves_out_the_rest() -> None:
    """Targets without a step are in no wave, and waves that are empty then are none; what was seen was seen."""
    plan = replace(PLAN, waves=(*PLAN.waves, Wave((TWO,))), seen=(*PLAN.seen, (TWO.target, ("c",))))
    assert plan.of_changing.waves == (Wave((ONE,)),)
    assert plan.of_changing.seen == plan.seen


BROKEN_SELECTIONS = (5, {"only": [5]}, {"labels": ["ab", "c"]}, {"labels": [["a", 5]]}, {"names": 5})


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"kind": "promote"},
        plans.to_json(PLAN) | {"kind": "dance"},
        *(plans.to_json(PLAN) | {"selection": broken} for broken in BROKEN_SELECTIONS),
    ],
)
def test_what_is_no_plan_is_not_read_as_one(broken: dict[str, object]) -> None:
    """A file that was cut off or written by something else raises, it does not make half a plan."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        plans.from_json(broken)


def test_tenants_share_their_steps() -> None:
    """A plan with tenants writes each list of steps once, survives JSON, and is read into shared steps."""
    first, *_ = PLAN.targets
    tenants = tuple(replace(first, target=Target("prod", tenant=name)) for name in ("acme", "globex", "initech"))
    plan = replace(PLAN, waves=(Wave(tenants[:1]), Wave(tenants[1:])))
    written = plans.to_json(plan)
    again = plans.from_json(json.loads(json.dumps(written)))
    assert again == plan
    assert again.fingerprint == plan.fingerprint
    assert len(written["lists"]) == 1
    assert len({id(target.steps) for target in again.targets}) == 1
    alone = replace(PLAN, waves=(Wave((replace(first, target=Target("prod")),)),))
    assert "lists" not in plans.to_json(alone)
    with pytest.raises(ValueError, match="no list of steps 1"):
        plans.from_json({**written, "waves": [[{**written["waves"][0][0], "steps": 1}]]})


def test_what_thousands_share_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps of a list are looked at as often as there are lists, however many targets have it."""
    steps, looked_at = tuple(Step(name, name, "", atomic=True) for name in "ab"), 0

    def counted(step: Step) -> int:
        nonlocal looked_at
        looked_at += 1
        return hash(step.revision)

    same = tuple(TargetPlan(Target("prod", "app", f"t{n}"), (), ("b",), steps) for n in range(100))
    plan = Plan(PlanKind.ROLLOUT, None, "prod", ("b",), (Wave(same),), ())
    monkeypatch.setattr(Step, "__hash__", counted)
    value = plans.to_json(plan)
    assert looked_at <= 2 * len(steps)
    assert plans.from_json(value) == plan
