"""A plan in a file: what was sealed comes back, and nothing else is taken for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.core.plan import Plan, PlanKind
from orchestrator.core.planner import promote, rollout
from orchestrator.core.sealed import SealError, from_json, sealing, to_json
from orchestrator.core.selection import Selection
from tests.core.seals import sealed
from tests.core.worlds import graph, world

LINE = graph("a; b a; c b")
PROMOTION = promote(world(LINE, {"staging": "c", "prod": "a"}), "staging", "prod", "b")
TENANTS = rollout(world(LINE, {"staging": "b", "prod@x": "a", "prod@y": "a", "prod@z": None}), "prod")
NARROWED = replace(TENANTS, selection=Selection(only=("x*",), labels=(("region", "eu"),)))


def written(plan: Plan) -> dict[str, Any]:
    """What stands in the plan's file."""
    one = sealed(plan)
    found: dict[str, Any] = json.loads(json.dumps({**to_json(one), "seal": one.seal}))
    return found


@pytest.mark.parametrize("plan", [PROMOTION, TENANTS, NARROWED])
def test_a_sealed_plan_survives_its_file(plan: Plan) -> None:
    """What is read back is the plan that was sealed, under the same seal, wherever the file lies by then."""
    read = from_json(written(plan), "elsewhere.json")
    assert (read, read.seal, read.file) == (sealed(plan), sealed(plan).seal, "elsewhere.json")
    assert read.plan.fingerprint == plan.fingerprint


def spoilt(value: Any) -> Iterator[Any]:
    """The value with one thing in it changed, added or taken away: once for each place."""
    match value:
        case dict():
            yield {**value, "comment": "harmless"}
            for key in value:
                yield {name: item for name, item in value.items() if name != key}
                yield from ({**value, key: other} for other in spoilt(value[key]))
        case list():
            yield [*value, "one more"]
            for place, item in enumerate(value):
                yield [*value[:place], *value[place + 1 :]]
                yield from ([*value[:place], other, *value[place + 1 :]] for other in spoilt(item))
        case _:
            yield f"{value}x"


@pytest.mark.parametrize("plan", [PROMOTION, NARROWED])
def test_nothing_in_the_file_can_be_changed_added_or_taken_away(plan: Plan) -> None:
    """Whatever else stands in any one place of the file is refused: what a reviewer reads is what is sealed."""
    count = 0
    for other in spoilt(written(plan)):
        count += 1
        with pytest.raises(ValueError, match=r"sealed|no plan|not a plan|version"):
            from_json(other)
    assert count > 100


def test_a_plan_that_is_sealed_anew_with_another_author_has_another_seal() -> None:
    """An edited file does not pass under its old seal; who writes a new seal has no approvals for it."""
    edited = {**written(PROMOTION), "author": "eve"}
    with pytest.raises(SealError):
        from_json(edited)
    anew = from_json({**edited, "seal": sealed(PROMOTION, author="eve").seal})
    assert anew.seal != sealed(PROMOTION).seal


@pytest.mark.parametrize("kind", [PlanKind.ROLLBACK, PlanKind.ADOPT, PlanKind.BASELINE])
def test_only_a_release_is_sealed(kind: PlanKind) -> None:
    """A rollback or an adoption that somebody put under a seal is no plan to be applied."""
    one = sealed(replace(PROMOTION, kind=kind))
    with pytest.raises(SealError, match="no plan"):
        from_json({**to_json(one), "seal": one.seal})


@pytest.mark.parametrize(
    ("plan", "command"),
    [
        (PROMOTION, "orchestrate plan staging prod --to b --out 'my plan.json'"),
        (NARROWED, "orchestrate plan --through prod --only 'x*' --label region=eu --out 'my plan.json'"),
    ],
)
def test_the_command_that_makes_a_plan_anew(plan: Plan, command: str) -> None:
    """It is the one that made it, with all that was typed, into the same file."""
    assert sealing(plan, "my plan.json") == command
    assert sealed(plan, file="my plan.json").applying == "orchestrate apply 'my plan.json'"
