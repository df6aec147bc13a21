"""The plan: what will run where, in which order, and everything that was assumed when it was made.

A plan is a value. It carries what it was derived from and can say whether that still holds; it does nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from orchestrator.core.revisions import Graph
from orchestrator.core.targets import Target


class Action(StrEnum):
    """What a step does with its revision."""

    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    STAMP = "stamp"
    """Written into the version table, and nothing run: the schema is there already."""


class PlanKind(StrEnum):
    """Which command a plan is for."""

    PROMOTE = "promote"
    ROLLOUT = "rollout"
    ROLLBACK = "rollback"
    ADOPT = "adopt"
    BASELINE = "baseline"
    """No step: what the databases had when the journal was rebuilt."""

    @property
    def action(self) -> Action:
        """What every step of such a plan does."""
        return {PlanKind.ROLLBACK: Action.DOWNGRADE, PlanKind.ADOPT: Action.STAMP}.get(self, Action.UPGRADE)


@dataclass(frozen=True, slots=True)
class Step:
    """One revision on one target. `digest` is the script's; `atomic` whether a failure undoes all of it."""

    revision: str
    digest: str
    message: str = ""
    atomic: bool = True
    action: Action = Action.UPGRADE

    def done(self, applied: frozenset[str]) -> bool:
        """Whether a target that has these revisions has this step behind it, as far as one step alone can tell."""
        return (self.revision in applied) is (self.action is not Action.DOWNGRADE)

    def after(self, applied: frozenset[str], graph: Graph) -> frozenset[str]:
        """What a target that has these revisions has after this step.

        Alembic's rows say the same, also where branches merge and `depends_on` leads across: a law in the tests
        holds both side by side.
        """
        match self.action:
            case Action.DOWNGRADE:
                return applied - {self.revision}
            case Action.STAMP:
                return applied | graph.ancestors([self.revision])
            case Action.UPGRADE:
                return applied | {self.revision}


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """What one target gets: from the heads it was seen at, to the heads it will have, by these steps.

    `identity` is the observed database's, so that a plan notices when the same name leads elsewhere.
    """

    target: Target
    start: tuple[str, ...]
    end: tuple[str, ...]
    steps: tuple[Step, ...]
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class Wave:
    """The targets that may run together; the next wave starts when all of them succeeded."""

    targets: tuple[TargetPlan, ...]


@dataclass(frozen=True)
class Plan:
    """Ordered waves with the assumptions they rest on.

    `source` is the environment whose revisions are promoted (None: the scripts), `through` the last
    environment to change, `wanted` the heads asked for, `seen` the heads of every target that was looked at,
    `modes` each project's transaction mode, `to` the limit as it was typed. `undoes` is the run that a rollback
    takes back, and `only` the targets that it was limited to.
    """

    kind: PlanKind
    source: str | None
    through: str
    wanted: tuple[str, ...]
    waves: tuple[Wave, ...]
    seen: tuple[tuple[Target, tuple[str, ...]], ...]
    modes: tuple[tuple[str, str], ...] = ()
    to: str | None = None
    undoes: str | None = None
    only: tuple[Target, ...] = ()

    @cached_property
    def targets(self) -> tuple[TargetPlan, ...]:
        """Every target's plan, in the order of the waves."""
        return tuple(target for wave in self.waves for target in wave.targets)

    @cached_property
    def by_target(self) -> Mapping[Target, TargetPlan]:
        """Every target's plan by its target."""
        return {plan.target: plan for plan in self.targets}

    @property
    def steps(self) -> int:
        """How many revisions will be applied, reverted or stamped, over all targets."""
        return sum(len(target.steps) for target in self.targets)

    @property
    def environments(self) -> tuple[str, ...]:
        """The environments that will change, in order."""
        changing = (target.target.environment for target in self.targets if target.steps)
        return tuple(dict.fromkeys(changing))

    @property
    def again(self) -> str:
        """The command to type that makes this plan anew from what is true then."""
        return self.command + (" --reason '…'" if self.kind is PlanKind.ADOPT else "")

    @property
    def command(self) -> str:
        """The command that this plan is for."""
        limit = f" --to {self.to}" if self.to else ""
        match self.kind:
            case PlanKind.PROMOTE:
                return f"orchestrate promote {self.source} {self.through}{limit}"
            case PlanKind.ROLLOUT:
                return f"orchestrate rollout --through {self.through}{limit}"
            case PlanKind.ROLLBACK:
                return " ".join([f"orchestrate rollback {self.undoes}", *(f"--target {t}" for t in self.only)])
            case PlanKind.ADOPT:
                return f"orchestrate adopt {self.targets[0].target} {self.to}"
            case PlanKind.BASELINE:
                return "orchestrate journal rebuild"

    @cached_property
    def fingerprint(self) -> str:
        """Digest of everything the plan was derived from; the order of targets seen does not matter."""
        value = to_json(self)
        value["seen"].sort()
        canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def at(heads: Iterable[str]) -> str:
    """Where a database is, in words: its heads, or `base`."""
    return ", ".join(heads) or "base"


def to_json(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values; `from_json` reads it back.

    What only some kinds of plans have is left out elsewhere, so that a plan of an older journal keeps its
    fingerprint.
    """
    undoing = {"undoes": plan.undoes, "only": [str(target) for target in plan.only]} if plan.undoes else {}
    return {
        "kind": str(plan.kind),
        "source": plan.source,
        "through": plan.through,
        "to": plan.to,
        "wanted": list(plan.wanted),
        "seen": [[str(target), list(heads)] for target, heads in plan.seen],
        "modes": [list(mode) for mode in plan.modes],
        "waves": [[_target_to_json(target) for target in wave.targets] for wave in plan.waves],
        **undoing,
    }


def from_json(value: dict[str, Any]) -> Plan:
    """The plan that `to_json` wrote; KeyError, TypeError or ValueError for anything else."""
    return Plan(
        kind=PlanKind(value["kind"]),
        source=_text_or_none(value["source"]),
        through=_text(value["through"]),
        to=_text_or_none(value["to"]),
        wanted=_texts(value["wanted"]),
        seen=tuple((Target.parse(_text(target)), _texts(heads)) for target, heads in value["seen"]),
        modes=tuple((_text(project), _text(mode)) for project, mode in value["modes"]),
        waves=tuple(Wave(tuple(_target_from_json(item) for item in wave)) for wave in value["waves"]),
        undoes=_text_or_none(value.get("undoes")),
        only=tuple(map(Target.parse, _texts(value.get("only", [])))),
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


def _target_to_json(plan: TargetPlan) -> dict[str, Any]:
    return {
        "target": str(plan.target),
        "from": list(plan.start),
        "to": list(plan.end),
        "identity": plan.identity,
        "steps": [_step_to_json(step) for step in plan.steps],
    }


def _step_to_json(step: Step) -> dict[str, Any]:
    action = {} if step.action is Action.UPGRADE else {"action": str(step.action)}
    told = {"revision": step.revision, "digest": step.digest, "message": step.message, "atomic": step.atomic}
    return {**told, **action}


def _target_from_json(value: dict[str, Any]) -> TargetPlan:
    return TargetPlan(
        target=Target.parse(_text(value["target"])),
        start=_texts(value["from"]),
        end=_texts(value["to"]),
        identity=_text_or_none(value["identity"]),
        steps=tuple(_step_from_json(step) for step in value["steps"]),
    )


def _step_from_json(value: dict[str, Any]) -> Step:
    revision, digest, message = (_text(value[name]) for name in ("revision", "digest", "message"))
    action = Action(value.get("action", Action.UPGRADE))
    return Step(revision, digest, message, value["atomic"] is True, action)
