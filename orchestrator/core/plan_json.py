"""A plan as JSON values, for the journal and for a sealed plan's file; and read back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orchestrator.core.plan import LeftOut, Plan, PlanKind, TargetPlan, Wave
from orchestrator.core.selection import NOTHING_TYPED, as_json, from_values
from orchestrator.core.step import Step, step_of, values_of
from orchestrator.core.targets import Target


def to_json(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values; `from_json` reads it back.

    What only some kinds of plans have is left out elsewhere, so that a plan of an older journal keeps its
    fingerprint. Tenants get the same steps by the thousand: then each list of them is written once, in `lists`,
    and a target has its number.
    """
    lists, numbers = _numbered(plan)
    undoing = {"undoes": plan.undoes, "only": [str(target) for target in plan.only]} if plan.undoes else {}
    return {
        "kind": str(plan.kind),
        "source": plan.source,
        "through": plan.through,
        "to": plan.to,
        "wanted": list(plan.wanted),
        "seen": [[str(target), list(heads)] for target, heads in plan.seen],
        "modes": [list(mode) for mode in plan.modes],
        "waves": [[_target_to_json(target, numbers) for target in wave.targets] for wave in plan.waves],
        **({"lists": [list(map(values_of, steps)) for steps in lists]} if numbers else {}),
        **undoing,
        **({"selection": as_json(plan.selection)} if plan.selection != NOTHING_TYPED else {}),
        **({"left_out": [_left_out_to_json(one) for one in plan.left_out]} if plan.left_out else {}),
    }


def _numbered(plan: Plan) -> tuple[Iterable[tuple[Step, ...]], Mapping[int, int]]:
    """The lists of steps, each once, and the number of each by its identity; none where nobody is a tenant.

    Thousands of targets share one list: only what is not the same object is compared step by step.
    """
    lists: dict[tuple[Step, ...], int] = {}
    numbers: dict[int, int] = {}
    if any(planned.target.tenant is not None for planned in plan.targets):
        for planned in plan.targets:
            if id(planned.steps) not in numbers:
                numbers[id(planned.steps)] = lists.setdefault(planned.steps, len(lists))
    return lists, numbers


def from_json(value: dict[str, Any]) -> Plan:
    """The plan that `to_json` wrote; KeyError, TypeError or ValueError for anything else."""
    kind = PlanKind(value["kind"])
    lists = [_steps(steps) for steps in value.get("lists", ())]
    return Plan(
        kind=kind,
        source=_text_or_none(value["source"]),
        through=_text(value["through"]),
        to=_text_or_none(value["to"]),
        wanted=_texts(value["wanted"]),
        seen=tuple((Target.parse(_text(target)), _texts(heads)) for target, heads in value["seen"]),
        modes=tuple((_text(project), _text(mode)) for project, mode in value["modes"]),
        waves=tuple(Wave(tuple(_target_from_json(item, lists) for item in wave)) for wave in value["waves"]),
        undoes=_text_or_none(value.get("undoes")),
        only=tuple(map(Target.parse, _texts(value.get("only", [])))),
        selection=from_values(value.get("selection", {})),
        left_out=tuple(map(_left_out_from_json, value.get("left_out", []))),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a plan has text where {type(value).__name__} stands")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"a plan has a list where {type(value).__name__} stands")
    return tuple(map(_text, value))


def _left_out_to_json(one: LeftOut) -> dict[str, Any]:
    return {"target": str(one.target), "reason": one.reason, "mend": one.mend}


def _left_out_from_json(value: dict[str, Any]) -> LeftOut:
    return LeftOut(Target.parse(_text(value["target"])), _text(value["reason"]), _text_or_none(value["mend"]))


def _target_to_json(plan: TargetPlan, numbers: Mapping[int, int]) -> dict[str, Any]:
    return {
        "target": str(plan.target),
        "from": list(plan.start),
        "to": list(plan.end),
        "identity": plan.identity,
        "steps": numbers[id(plan.steps)] if numbers else list(map(values_of, plan.steps)),
    }


def _steps(values: object) -> tuple[Step, ...]:
    if not isinstance(values, list):
        raise TypeError(f"a plan has steps where {type(values).__name__} stands")
    return tuple(map(step_of, values))


def _listed(lists: Sequence[tuple[Step, ...]], number: object) -> tuple[Step, ...]:
    if not isinstance(number, int) or not 0 <= number < len(lists):
        raise ValueError(f"a plan has no list of steps {number!r}")
    return lists[number]


def _target_from_json(value: dict[str, Any], lists: Sequence[tuple[Step, ...]]) -> TargetPlan:
    steps = value["steps"]
    return TargetPlan(
        target=Target.parse(_text(value["target"])),
        start=_texts(value["from"]),
        end=_texts(value["to"]),
        identity=_text_or_none(value["identity"]),
        steps=_steps(steps) if isinstance(steps, list) else _listed(lists, steps),
    )
