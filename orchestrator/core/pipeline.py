"""The environments in their order of promotion. Pure: names and rules, no URL and no secret."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from orchestrator.core.checks import NOTHING_AROUND, Around
from orchestrator.core.gates.policy import NO_GATES, GatePolicy
from orchestrator.core.targets import Target
from orchestrator.core.waves import WavePolicy

if TYPE_CHECKING:
    from orchestrator.core.plan import Plan

ALL_AT_ONCE = WavePolicy()
"""What holds where nothing is said of waves."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A named stage: its targets, whether changing it takes a typed confirmation, and how many change at once.

    `gates` is what is demanded before it changes, `around` what is run before and after and must be true then.
    """

    name: str
    targets: tuple[Target, ...]
    protected: bool = False
    policy: WavePolicy = ALL_AT_ONCE
    gates: GatePolicy = NO_GATES
    around: Around = NOTHING_AROUND


@dataclass(frozen=True, slots=True)
class Pipeline:
    """All environments; the order is the order of promotion."""

    environments: tuple[Environment, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The environments' names, in order."""
        return tuple(environment.name for environment in self.environments)

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every target of every environment, in order."""
        return tuple(target for environment in self.environments for target in environment.targets)

    def environment(self, name: str) -> Environment:
        """The environment of that name; KeyError if there is none."""
        for environment in self.environments:
            if environment.name == name:
                return environment
        raise KeyError(name)

    def neighbours(self) -> tuple[tuple[Environment, Environment], ...]:
        """Each environment with the one promoted from it, as (upstream, downstream)."""
        return tuple(pairwise(self.environments))

    def before(self, name: str) -> str | None:
        """The environment that this one is promoted from; None for the first and for one that there is not."""
        return next((one.name for one, two in self.neighbours() if two.name == name), None)

    def source_of(self, name: str, plan: Plan) -> str | None:
        """Where the plan's revisions are to have stood before this environment gets them; None where nowhere."""
        return plan.source or self.before(name)

    def between(self, upstream: str, downstream: str) -> tuple[str, ...] | None:
        """The names that lie between the two, or None where `downstream` does not come after `upstream`."""
        start, end = self.names.index(upstream), self.names.index(downstream)
        return self.names[start + 1 : end] if start < end else None
