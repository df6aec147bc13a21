"""The plan: what will run where, in which order, and everything that was assumed when it was made.

A plan is a value. It carries what it was derived from and can say whether that still holds; it does nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from orchestrator.core.selection import NOTHING_TYPED, Selection
from orchestrator.core.step import Action, Step
from orchestrator.core.targets import Target

__all__ = ["Action", "LeftOut", "Plan", "PlanKind", "Step", "TargetPlan", "Wave", "at"]


class PlanKind(StrEnum):
    """Which command a plan is for."""

    PROMOTE = "promote"
    ROLLOUT = "rollout"
    ROLLBACK = "rollback"
    ADOPT = "adopt"
    BASELINE = "baseline"
    """No step: what the databases had when the journal was rebuilt."""

    @property
    def releases(self) -> bool:
        """Whether it takes revisions onwards: what gates, checks and programs around an environment are for."""
        return self in (PlanKind.PROMOTE, PlanKind.ROLLOUT)

    @property
    def action(self) -> Action:
        """What every step of such a plan does."""
        return {PlanKind.ROLLBACK: Action.DOWNGRADE, PlanKind.ADOPT: Action.STAMP}.get(self, Action.UPGRADE)


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
    """Targets of one environment that may run together; the next wave starts when no more failed than may."""

    targets: tuple[TargetPlan, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A target that cannot take part, and that a person chose to leave out: the reason and its mend."""

    target: Target
    reason: str
    mend: str | None = None


@dataclass(frozen=True)
class Plan:
    """Ordered waves with the assumptions they rest on.

    `source` is the environment whose revisions are promoted (None: the scripts), `through` the last
    environment to change, `wanted` the heads asked for, `seen` the heads of every target that was looked at,
    `modes` each project's transaction mode, `to` the limit as it was typed. `undoes` is the run that a rollback
    takes back, and `only` the targets that it was limited to. `selection` is what it was narrowed to, as it was
    typed; its names are a promotion's destination that is not all of an environment, or a rollback's targets.
    `left_out` are neither in the waves nor among what was seen.
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
    selection: Selection = NOTHING_TYPED
    left_out: tuple[LeftOut, ...] = ()

    @cached_property
    def targets(self) -> tuple[TargetPlan, ...]:
        """Every target's plan, in the order of the waves."""
        return tuple(target for wave in self.waves for target in wave.targets)

    @cached_property
    def by_target(self) -> Mapping[Target, TargetPlan]:
        """Every target's plan by its target."""
        return {plan.target: plan for plan in self.targets}

    @cached_property
    def steps(self) -> int:
        """How many revisions will be applied, reverted or stamped, over all targets."""
        return sum(len(target.steps) for target in self.targets)

    @cached_property
    def environments(self) -> tuple[str, ...]:
        """The environments that will change, in order."""
        changing = (target.target.environment for target in self.targets if target.steps)
        return tuple(dict.fromkeys(changing))

    @property
    def again(self) -> str:
        """The command to type that makes this plan anew from what is true then."""
        return self.command + (" --reason '…'" if self.kind is PlanKind.ADOPT else "")

    @property
    def skipping(self) -> str:
        """The same without what cannot take part, where the command can leave it out."""
        may = self.kind.releases and not self.left_out
        return f"{self.again} --skip-unfit" if may else self.again

    @property
    def command(self) -> str:
        """The command that this plan is for."""
        match self.kind:
            case PlanKind.PROMOTE:
                return f"orchestrate promote {self.source} {self.destination}"
            case PlanKind.ROLLOUT:
                return f"orchestrate rollout --through {self.destination}"
            case PlanKind.ROLLBACK:
                return f"orchestrate rollback {self.undoes}{self._only}"
            case PlanKind.ADOPT:
                return f"orchestrate adopt {self.targets[0].target} {self.to}"
            case PlanKind.BASELINE:
                return "orchestrate journal rebuild"

    @property
    def _only(self) -> str:
        """What a rollback is limited to, as it is typed."""
        import shlex

        return "".join(f" --target {shlex.quote(name)}" for name in self.selection.names or map(str, self.only))

    @property
    def of_changing(self) -> Plan:
        """The same without the targets that have nothing to do; that they have is assumed all the same."""
        waves = (Wave(tuple(planned for planned in wave.targets if planned.steps)) for wave in self.waves)
        return replace(self, waves=tuple(wave for wave in waves if wave.targets))

    @property
    def destination(self) -> str:
        """How far a promotion or a rollout goes, as it is typed: to where, how far, and on which targets."""
        import shlex

        names = self.selection.names or (self.through,)
        limit = f" --to {shlex.quote(self.to)}" if self.to else ""
        skipping = " --skip-unfit" if self.left_out else ""
        return f"{shlex.join(names)}{limit}{self.selection.options}{skipping}"

    @cached_property
    def fingerprint(self) -> str:
        """Digest of everything the plan was derived from; the order of targets seen does not matter.

        Of what is left out its name counts: why a server does not answer is said in other words each time.
        """
        from orchestrator.core.plan_json import to_json

        value = to_json(self)
        if self.left_out:
            value["left_out"] = [str(one.target) for one in self.left_out]
        value["seen"].sort()
        canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def at(heads: Iterable[str]) -> str:
    """Where a database is, in words: its heads, or `base`."""
    return ", ".join(heads) or "base"
