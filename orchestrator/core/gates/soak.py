"""The gate `soak`: what an environment gets has stood long enough in the one before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from orchestrator.core.gates.again import again
from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.phrases import few, lasting
from orchestrator.core.plan import Plan
from orchestrator.core.sealed import utc
from orchestrator.core.targets import Target

NAME = "soak"
_LAST_OF_A_MINUTE = timedelta(seconds=60) - timedelta.resolution
"""A time that is told to the minute must not be told too early."""


@dataclass(frozen=True, slots=True)
class Demand:
    """An environment that wants what it `gets` (by database and revision) to have stood in the one before it.

    That is `upstream`, None for the first of all; `seconds` is for how long.
    """

    environment: str
    seconds: float
    upstream: str | None
    gets: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Found:
    """What is said of one demand; it is open where `mend` is None. `opens_at` is when waiting will have helped."""

    environment: str
    reason: str
    mend: str | None = None
    opens_at: datetime | None = None


def soak(plan: Plan, circumstances: Circumstances) -> Verdict | None:
    """Waits until every target of the environment before has had all of it for as long as is demanded.

    Refuses where the plan itself brings it there: then it has stood nowhere yet.
    """
    demanded = demands(plan, circumstances)
    if not demanded:
        return None
    found = [_found(demand, plan, circumstances) for demand in demanded]
    if not (shut := [one for one in found if one.mend is not None]):
        return Verdict(NAME, Answer.PASS, "; ".join(one.reason for one in found))
    opens = [one.opens_at for one in shut if one.opens_at is not None]
    waiting = len(opens) == len(shut)
    return Verdict(
        NAME,
        Answer.WAIT if waiting else Answer.REFUSE,
        "; ".join(one.reason for one in shut),
        "\n".join(dict.fromkeys(one.mend for one in shut if one.mend is not None)),
        environments=tuple(one.environment for one in shut),
        opens_at=max(opens) if waiting else None,
    )


def demands(plan: Plan, circumstances: Circumstances) -> tuple[Demand, ...]:
    """What the environments that a release changes demand."""
    pipeline = circumstances.pipeline
    before = {two.name: one.name for one, two in pipeline.neighbours()}
    policies = {name: pipeline.environment(name).gates.soak for name in plan.environments}
    return tuple(
        Demand(name, seconds, plan.source or before.get(name), _gets(plan, name))
        for name, seconds in policies.items()
        if seconds is not None
    )


def _gets(plan: Plan, environment: str | None) -> frozenset[tuple[str, str]]:
    planned = (one for one in plan.targets if one.target.environment == environment)
    return frozenset((one.target.database, step.revision) for one in planned for step in one.steps)


def _found(demand: Demand, plan: Plan, circumstances: Circumstances) -> _Found:
    name, upstream = demand.environment, demand.upstream
    if upstream is None:
        return _Found(name, f"no environment comes before {name}")
    if brought := sorted(revision for _, revision in demand.gets & _gets(plan, upstream)):
        what = f"this plan itself brings {few(brought)} to {upstream}, and {_wanting(demand)}"
        return _Found(name, what, f"orchestrate rollout --through {upstream}")
    there = {target.database for target, _ in plan.seen if target.environment == upstream}
    if nowhere := sorted({database for database, _ in demand.gets} - there):
        what = f"{upstream} has no database {few(nowhere)}, and {_wanting(demand)}"
        return _Found(name, what, f"add {few(nowhere)} to {upstream} in environments.yaml")
    arrived = list(_arrived(demand, plan, circumstances))
    if (never := next((one for one in arrived if one[2] is None), None)) is not None:
        what = f"it is not known since when {never[0]} has {never[1]}, and {_wanting(demand)}"
        return _Found(name, what, f"orchestrate status {upstream} --record")
    known = [(at, str(target), revision) for target, revision, at in arrived if at is not None]
    return _counted(demand, max(known), plan, circumstances)


def _arrived(
    demand: Demand, plan: Plan, circumstances: Circumstances
) -> Iterator[tuple[Target, str, datetime | None]]:
    """Since when each target of the environment before has each of the revisions; None where nobody knows."""
    arrivals = circumstances.evidence.arrivals
    for target in (target for target, _ in plan.seen if target.environment == demand.upstream):
        known = arrivals.get(target, {})
        for database, revision in sorted(demand.gets):
            if database == target.database:
                yield target, revision, known.get(revision)


def _counted(
    demand: Demand, latest: tuple[datetime, str, str], plan: Plan, circumstances: Circumstances
) -> _Found:
    """What the latest arrival makes of it; one that is still to come, by a wrong clock, counts as now."""
    at, target, revision = latest
    # Two times of one zone are compared and subtracted by the clock on its wall, which is turned twice a year.
    told, now = at.astimezone(UTC), circumstances.now.astimezone(UTC)
    arrived = min(told, now)
    opens_at = arrived + timedelta(seconds=demand.seconds)
    stood = lasting((now - arrived).total_seconds())
    what = f"{target} has had {revision} since {utc(arrived)}, for {stood}"
    if told > now:
        what = f"{target} got {revision} at {utc(told)} by a clock that was wrong, which counts as now"
    if opens_at <= now:
        return _Found(demand.environment, f"{what}; {_wanting(demand)}")
    mend = f"wait until {utc(opens_at + _LAST_OF_A_MINUTE)}, then: {again(plan, circumstances)}"
    return _Found(demand.environment, f"{what}; {_wanting(demand)}", mend, opens_at)


def _wanting(demand: Demand) -> str:
    return f"{demand.environment} gets it after {lasting(demand.seconds)} there"
