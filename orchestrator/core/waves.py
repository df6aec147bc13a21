"""How an environment of many targets is changed: in which waves, how many at once, and how much may fail. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from orchestrator.core.targets import Target


class OnFailure(StrEnum):
    """What happens once more targets failed than may fail."""

    STOP = "stop"
    """Targets that are being worked on finish the revision in hand; nothing else is begun."""
    DRAIN = "drain"
    """Targets that are being worked on finish all their revisions; no other target is begun."""
    CONTINUE = "continue"
    """Every target of the environment is begun all the same; the next environment is not."""

    @property
    def meaning(self) -> str:
        """What happens then, in a clause."""
        return {
            OnFailure.STOP: "the revisions in hand are finished and nothing else is begun",
            OnFailure.DRAIN: "the targets in hand are finished and no other is begun",
            OnFailure.CONTINUE: "the others go on all the same, and no later environment is begun",
        }[self]


@dataclass(frozen=True, slots=True)
class Share:
    """A number of targets, or a percentage of them: exactly one of the two."""

    count: int | None = None
    percent: float | None = None

    def at_least_one(self, of: int) -> int:
        """How many of so many that is; a percentage is rounded up, so that a wave never comes to nobody."""
        return max(1, math.ceil(self._exactly(of)))

    def at_most(self, of: int) -> int:
        """How many of so many that is; a percentage is rounded down, so that no more fail than may."""
        return math.floor(self._exactly(of))

    def _exactly(self, of: int) -> float:
        # 7 % of 100 is 7.000000000000001 in binary; nobody means an eighth.
        return float(self.count or 0) if self.percent is None else round(of * self.percent / 100, 9)


@dataclass(frozen=True, slots=True)
class WavePolicy:
    """The canary first, alone (these tenants, or so many), then waves of `size`; None: all that are left.

    `parallel` targets at once, of which `per_server` on one server. `pause` is seconds between two waves, `verify`
    a program with its arguments that is run after each wave and must end with 0 within `verify_timeout` seconds.
    """

    canary: tuple[str, ...] | Share | None = None
    size: Share | None = None
    parallel: int = 16
    per_server: int = 4
    max_failures: Share = Share(count=0)
    on_failure: OnFailure = OnFailure.DRAIN
    pause: float = 0.0
    verify: tuple[str, ...] = ()
    verify_timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class Budget:
    """How many targets of an environment may fail in one attempt at a run, and how many did."""

    allowed: int
    failed: int = 0

    @classmethod
    def of(cls, policy: WavePolicy, targets: int) -> Budget:
        """What the policy allows of so many targets that are to change; an attempt counts those left to it."""
        return cls(policy.max_failures.at_most(targets))

    def after(self, failures: int) -> Budget:
        """The same with so many failures more."""
        return replace(self, failed=self.failed + failures)

    def __str__(self) -> str:
        return f"{self.failed} target{'' if self.failed == 1 else 's'} failed and {self.allowed or 'none'} may"

    @property
    def over(self) -> bool:
        """Whether more failed than may."""
        return self.failed > self.allowed


def slices(
    targets: Sequence[Target], policy: WavePolicy, moving: Collection[Target]
) -> tuple[tuple[Target, ...], ...]:
    """The targets of one environment in their waves: the canary alone, then `size` at a time, in the order given.

    Only those that are `moving` count: what has nothing to do fills no wave and proves nothing as a canary.
    It goes along with its neighbours.
    """
    changing = [target for target in targets if target in moving]
    canary = frozenset(_canary(targets, changing, policy))
    waves = [[target for target in changing if target in canary]] if canary else []
    size = policy.size.at_least_one(len(changing)) if policy.size else len(changing)
    wave: list[Target] = []
    count = 0
    for target in (one for one in targets if one not in canary):
        if target in moving and count == size:
            waves.append(wave)
            wave, count = [], 0
        wave.append(target)
        count += target in moving
    if count == 0:  # nothing moves but the canary, or nothing at all
        return (tuple(targets),) if targets else ()
    return (*map(tuple, waves), tuple(wave))


def leads(waves: Sequence[Sequence[Target]], policy: WavePolicy, moving: Collection[Target]) -> bool:
    """Whether the first of one environment's waves goes ahead as its canary, with others after it.

    Not where the canary has nothing to do, or where the waves were made by another policy.
    """
    targets = [target for wave in waves for target in wave]
    changing = [target for target in targets if target in moving]
    canary = set(_canary(targets, changing, policy))
    return 0 < len(canary) < len(changing) and canary == set(waves[0])


def _canary(targets: Iterable[Target], changing: Sequence[Target], policy: WavePolicy) -> Iterable[Target]:
    match policy.canary:
        case None:
            return ()
        case Share() as share:
            return changing[: share.at_least_one(len(changing))]
        case names:
            known = {target for target in targets if (target.tenant or target.database) in names}
            # A name that is nobody's must not let all of them go at once.
            return [target for target in changing if target in known] if known else changing[:1]
