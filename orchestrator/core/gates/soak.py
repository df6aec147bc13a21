"""The gate `soak`: what an environment gets has stood long enough in the one before it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from orchestrator.core.arrivals import Arrival
from orchestrator.core.gates.again import again
from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.phrases import few, lasting
from orchestrator.core.plan import Plan
from orchestrator.core.sealed import utc
from orchestrator.core.targets import Target

NAME = "soak"
_LAST_OF_A_MINUTE = timedelta(seconds=60) - timedelta.resolution
"""A time that is told to the minute must not be told too early."""
_UNKNOWN = datetime.max.replace(tzinfo=UTC)
"""What nobody knows the time of comes after all that somebody does."""


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
    policies = {name: circumstances.pipeline.environment(name).gates.soak for name in plan.environments}
    demanded = {name: seconds for name, seconds in policies.items() if seconds is not None}
    if not demanded:
        return None
    found = [_found(name, seconds, plan, circumstances) for name, seconds in demanded.items()]
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


def gets(plan: Plan, environments: Collection[str]) -> dict[str, frozenset[str]]:
    """The revisions that a plan brings to these environments, by database."""
    planned = (one for one in plan.targets if one.target.environment in environments)
    # Thousands of targets share one list of steps: it is looked through once.
    lists = {(one.target.database, id(one.steps)): one.steps for one in planned}
    found: dict[str, set[str]] = {}
    for (database, _), steps in lists.items():
        found.setdefault(database, set()).update(step.revision for step in steps)
    return {database: frozenset(revisions) for database, revisions in found.items() if revisions}


def _found(name: str, seconds: float, plan: Plan, circumstances: Circumstances) -> _Found:
    """What is said of an environment that wants what it gets to have stood for so many seconds before."""
    upstream = circumstances.pipeline.source_of(name, plan)
    if upstream is None:
        return _Found(name, f"no environment comes before {name}")
    wanting = f"{name} gets it after {lasting(seconds)} there"
    wanted, coming = gets(plan, (name,)), gets(plan, (upstream,))
    if brought := sorted({one for database in wanted for one in wanted[database] & coming.get(database, set())}):
        what = f"this plan itself brings {few(brought)} to {upstream}, and {wanting}"
        return _Found(name, what, f"orchestrate rollout --through {upstream}")
    there = [target for target, _ in plan.seen if target.environment == upstream]
    if nowhere := sorted(wanted.keys() - {target.database for target in there}):
        what = f"{upstream} has no database {few(nowhere)}, and {wanting}"
        return _Found(name, what, f"add {few(nowhere)} to {upstream} in environments.yaml")
    arrived = _arrived(there, _last_first(plan, wanted), circumstances.evidence.arrivals)
    target, revision, arrival = max(arrived, key=lambda one: one[2].at if one[2] else _UNKNOWN)
    if arrival is None:
        what = f"it is not known since when {target} has {revision}, and {wanting}"
        return _Found(name, what, f"orchestrate status {upstream} --record")
    # Two times of one zone are compared and subtracted by the clock on its wall, which is turned twice a year.
    at, now = arrival.at.astimezone(UTC), circumstances.now.astimezone(UTC)
    opens = min(at, now) + timedelta(seconds=seconds)
    reason = f"{_since(target, revision, replace(arrival, at=at), now)}; {wanting}"
    if not arrival.recorded:
        return _Found(name, reason, f"orchestrate status {upstream} --record   # it counts from then")
    if opens <= now:
        return _Found(name, reason)
    mend = f"wait until {utc(opens + _LAST_OF_A_MINUTE)}, then: {again(plan, circumstances)}"
    return _Found(name, reason, mend, opens)


def _arrived(
    there: Iterable[Target],
    wanted: Mapping[str, Sequence[str]],
    arrivals: Mapping[Target, Mapping[str, Arrival]],
) -> Iterator[tuple[Target, str, Arrival | None]]:
    """Since when each target has each of the revisions wanted of its database; None where nobody knows."""
    for target in there:
        known = arrivals.get(target, {})
        for revision in wanted.get(target.database, ()):
            yield target, revision, known.get(revision)


def _last_first(plan: Plan, wanted: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """The revisions wanted of each database as the plan applies them, the head first."""
    lists = {id(one.steps): one.steps for one in plan.targets}.values()
    place = {step.revision: number for steps in lists for number, step in enumerate(reversed(steps))}
    return {database: sorted(revisions, key=place.__getitem__) for database, revisions in wanted.items()}


def _since(target: Target, revision: str, arrival: Arrival, now: datetime) -> str:
    """Since when the target has it, in words; both times are in UTC."""
    if arrival.at > now:
        counts = "which counts as now" if arrival.recorded else "and nobody has recorded since when it has it"
        return f"{target} got {revision} at {utc(arrival.at)} by a clock that was wrong, {counts}"
    since = f"since {utc(arrival.at)}, for {lasting((now - arrival.at).total_seconds())}"
    if arrival.replaced:
        seen = f"seen {since}" if arrival.recorded else "and nobody has recorded since when it is there"
        return f"{target} is another database than the one that had {revision} before, {seen}"
    if not arrival.recorded:
        return f"nobody has recorded since when {target} has {revision}"
    return f"{target} has had {revision} {since}"
