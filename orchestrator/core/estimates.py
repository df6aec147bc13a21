"""How long a plan will take, from what the same scripts took where they ran before. Pure.

It counts the revisions alone, each with its commit, and the pauses between waves. Connecting, locks that others
have, checks and programs come on top; and a table may be larger than it was upstream.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from orchestrator.core.pipeline import Pipeline
from orchestrator.core.plan import Plan, Step
from orchestrator.core.preview import Measured, Measurements
from orchestrator.core.schedule import Schedule
from orchestrator.core.targets import Target
from orchestrator.core.waves import WavePolicy


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time in seconds: as it mostly was, and where every revision takes the longest that it did."""

    typical: float
    longest: float


@dataclass(frozen=True, slots=True)
class RevisionEstimate:
    """What one revision took nearest to the environment that gets it; None where nobody measured these bytes."""

    revision: str
    measured: Measured | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long an environment will take.

    `revisions` are in the order of the plan, each once. `targets` is what each takes by itself, `whole` all of
    them in their waves, so many at once and on one server, with the `pauses` between. Where some revisions were
    not measured all of it is the least that it can be.
    """

    environment: str
    revisions: tuple[RevisionEstimate, ...]
    targets: Mapping[Target, Span]
    whole: Span
    pauses: float = 0.0

    @property
    def unmeasured(self) -> tuple[str, ...]:
        """The revisions of which nothing is known."""
        return tuple(one.revision for one in self.revisions if one.measured is None)

    @property
    def known(self) -> bool:
        """Whether anything is known."""
        return any(one.measured is not None for one in self.revisions)


def estimates(
    plan: Plan, measured: Measurements, pipeline: Pipeline, servers: Mapping[Target, Hashable]
) -> tuple[Estimate, ...]:
    """What each environment takes that the plan changes, in order; `servers` tell which targets share one."""
    names = pipeline.names
    return tuple(
        _Estimating(plan, name, names[names.index(name) :: -1], measured).estimate(
            pipeline.environment(name).policy, servers
        )
        for name in plan.environments
    )


class _Estimating:
    """One environment; thousands of tenants share one list of steps, and each list is read once."""

    def __init__(self, plan: Plan, name: str, nearest: Sequence[str], measured: Measurements) -> None:
        self._name = name
        waves = ([one for one in w.targets if one.target.environment == name] for w in plan.of_changing.waves)
        self._waves = [wave for wave in waves if wave]
        lists = {id(one.steps): one.steps for wave in self._waves for one in wave}
        self._steps = {step.digest: step for steps in lists.values() for step in steps}
        self._took = {digest: _first(digest, nearest, measured) for digest in self._steps}
        self._spans = {key: self._span(steps) for key, steps in lists.items()}

    def _span(self, steps: Iterable[Step]) -> Span:
        took = [found for step in steps if (found := self._took[step.digest]) is not None]
        return Span(round(sum(one.typical for one in took), 3), round(sum(one.longest for one in took), 3))

    def estimate(self, policy: WavePolicy, servers: Mapping[Target, Hashable]) -> Estimate:
        """All of it."""
        pauses = policy.pause * (len(self._waves) - 1)
        typical = longest = pauses
        for wave in self._waves:
            spans, places = [self._spans[id(one.steps)] for one in wave], [servers[one.target] for one in wave]
            typical += makespan([span.typical for span in spans], places, policy)
            longest += makespan([span.longest for span in spans], places, policy)
        return Estimate(
            environment=self._name,
            revisions=tuple(RevisionEstimate(s.revision, self._took[s.digest]) for s in self._steps.values()),
            targets={one.target: self._spans[id(one.steps)] for wave in self._waves for one in wave},
            whole=Span(round(typical, 3), round(longest, 3)),
            pauses=pauses,
        )


def _first(digest: str, nearest: Iterable[str], measured: Measurements) -> Measured | None:
    """What the script took in the first of these environments that measured it."""
    return next((found for name in nearest if (found := measured.get((name, digest)))), None)


def makespan(seconds: Sequence[float], servers: Sequence[Hashable], policy: WavePolicy) -> float:
    """How long the targets of one wave take that take so many seconds each, begun as a run begins them."""
    schedule = Schedule(servers, policy.parallel, policy.per_server)
    at = 0.0
    in_hand: list[tuple[float, int]] = []
    while True:
        while (position := schedule.begin()) is not None:
            heappush(in_hand, (at + seconds[position], position))
        if not in_hand:
            return at
        at, position = heappop(in_hand)
        schedule.end(position)
