"""The plan: what will run where, in which order, and everything that was assumed when it was made.

A plan is a value. It carries what it was derived from and can say whether that still holds; it does nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from orchestrator.core.targets import Target


class PlanKind(StrEnum):
    """Which command a plan is for."""

    PROMOTE = "promote"
    ROLLOUT = "rollout"


@dataclass(frozen=True, slots=True)
class Step:
    """One revision on one target. `digest` is the script's; `atomic` whether a failure undoes all of it."""

    revision: str
    digest: str
    message: str = ""
    atomic: bool = True


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
    `modes` each project's transaction mode, `to` the limit as it was typed.
    """

    kind: PlanKind
    source: str | None
    through: str
    wanted: tuple[str, ...]
    waves: tuple[Wave, ...]
    seen: tuple[tuple[Target, tuple[str, ...]], ...]
    modes: tuple[tuple[str, str], ...] = ()
    to: str | None = None

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
        """How many revisions will be applied, over all targets."""
        return sum(len(target.steps) for target in self.targets)

    @property
    def environments(self) -> tuple[str, ...]:
        """The environments that will change, in order."""
        changing = (target.target.environment for target in self.targets if target.steps)
        return tuple(dict.fromkeys(changing))

    @property
    def again(self) -> str:
        """The command that makes this plan anew from what is true then."""
        limit = f" --to {self.to}" if self.to else ""
        if self.kind is PlanKind.PROMOTE:
            return f"orchestrate promote {self.source} {self.through}{limit}"
        return f"orchestrate rollout --through {self.through}{limit}"

    @cached_property
    def fingerprint(self) -> str:
        """Digest of everything the plan was derived from; the order of targets seen does not matter."""
        value = to_json(self)
        value["seen"].sort()
        canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def to_json(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values; `from_json` reads it back."""
    return {
        "kind": str(plan.kind),
        "source": plan.source,
        "through": plan.through,
        "to": plan.to,
        "wanted": list(plan.wanted),
        "seen": [[str(target), list(heads)] for target, heads in plan.seen],
        "modes": [list(mode) for mode in plan.modes],
        "waves": [[_target_to_json(target) for target in wave.targets] for wave in plan.waves],
    }


def from_json(value: dict[str, Any]) -> Plan:
    """The plan that `to_json` wrote; KeyError, TypeError or ValueError for anything else."""
    return Plan(
        kind=PlanKind(value["kind"]),
        source=value["source"],
        through=value["through"],
        to=value["to"],
        wanted=tuple(value["wanted"]),
        seen=tuple((Target.parse(target), tuple(heads)) for target, heads in value["seen"]),
        modes=tuple((project, mode) for project, mode in value["modes"]),
        waves=tuple(Wave(tuple(_target_from_json(item) for item in wave)) for wave in value["waves"]),
    )


def _target_to_json(plan: TargetPlan) -> dict[str, Any]:
    return {
        "target": str(plan.target),
        "from": list(plan.start),
        "to": list(plan.end),
        "identity": plan.identity,
        "steps": [
            {"revision": s.revision, "digest": s.digest, "message": s.message, "atomic": s.atomic}
            for s in plan.steps
        ],
    }


def _target_from_json(value: dict[str, Any]) -> TargetPlan:
    return TargetPlan(
        target=Target.parse(value["target"]),
        start=tuple(value["from"]),
        end=tuple(value["to"]),
        identity=value["identity"],
        steps=tuple(Step(s["revision"], s["digest"], s["message"], s["atomic"]) for s in value["steps"]),
    )
