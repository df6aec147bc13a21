"""The gate `approval`: so many of the people named have consented to this very plan, sealed in a file."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.core.gates.decisions import Approval
from orchestrator.core.gates.policy import ApprovalPolicy
from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.plan import Plan
from orchestrator.core.sealed import Sealed, person_key, same_person, sealing, utc

NAME = "approval"
_SKEW = timedelta(minutes=5)
"""By how much two machines' clocks may differ before a time that is still to come is called wrong."""


def approval(plan: Plan, circumstances: Circumstances) -> Verdict | None:
    """Refuses while an environment that the plan changes demands more approvals than stand.

    Each person counts once. The author's own does not count, nor that of somebody who is not named, nor one that
    has expired.
    """
    demanded = demands(plan, circumstances)
    if not demanded:
        return None
    if circumstances.sealed is None:
        wanted = "; ".join(f"{name} wants {_wanted(policy)}" for name, policy in demanded.items())
        reason = f"only a sealed plan can be approved: {wanted}"
        return Verdict(NAME, Answer.REFUSE, reason, sealing(plan), tuple(demanded))
    counted = counts(plan, circumstances)
    if lacking := [one for one in counted if one.missing]:
        place = circumstances.evidence.unfamiliar
        told = "; ".join([*map(str, lacking), *([f"counted in {place}"] if place else [])])
        return Verdict(NAME, Answer.REFUSE, told, lacking[0].mend, tuple(one.environment for one in lacking))
    return Verdict(NAME, Answer.PASS, "; ".join(map(str, counted)))


def counts(plan: Plan, circumstances: Circumstances) -> list[Count]:
    """How the approvals of a sealed plan stand to each demand; none of a plan that is not sealed."""
    given, now = circumstances.evidence.approvals, circumstances.now
    if (sealed := circumstances.sealed) is None:
        return []
    return [count(name, policy, sealed, given, now) for name, policy in demands(plan, circumstances).items()]


def demands(plan: Plan, circumstances: Circumstances) -> dict[str, ApprovalPolicy]:
    """What the environments that a release changes demand, by their names."""
    policies = {name: circumstances.pipeline.environment(name).gates.approval for name in plan.environments}
    return {name: policy for name, policy in policies.items() if policy is not None}


@dataclass(frozen=True, slots=True)
class Count:
    """How the approvals of a sealed plan stand to what one environment demands.

    `standing` count; `others` do not, each with why. `may` are the people named who could still approve.
    """

    environment: str
    policy: ApprovalPolicy
    sealed: Sealed
    standing: tuple[Approval, ...]
    others: tuple[tuple[Approval, str], ...]
    may: tuple[str, ...]

    @property
    def missing(self) -> int:
        """How many more are needed."""
        return max(0, self.policy.required - len(self.standing))

    @property
    def hopeless(self) -> bool:
        """Whether fewer people are left than are needed, since the author is one of those named."""
        return bool(self.policy.of) and len(self.may) < self.missing

    @property
    def mend(self) -> str:
        """What is typed next, by whom."""
        if self.hopeless:
            return f"somebody else makes the plan: {self.sealed.again}"
        name = shlex.quote(self.may[0]) if self.may else "NAME"
        return f"orchestrate approve {shlex.quote(self.sealed.file)} --as {name}"

    def __str__(self) -> str:
        names = ", ".join(signed(one, self.policy) for one in self.standing)
        counted = f"{len(self.standing)} of {self.policy.required} approvals for {self.environment}"
        told = [f"{counted}: {names}" if names else counted]
        told += [f"{one.by}'s does not count: {why}" for one, why in self.others]
        if self.missing and self.policy.of:
            too_few = f"too few are left, since {self.sealed.author} made the plan; " if self.hopeless else ""
            told.append(f"{too_few}may approve: {', '.join(self.may) or 'nobody'}")
        return "; ".join(told)


def count(
    environment: str, policy: ApprovalPolicy, sealed: Sealed, approvals: tuple[Approval, ...], now: datetime
) -> Count:
    """How those approvals, of whatever plans, stand to what the environment demands of this one."""
    standing: dict[str, Approval] = {}
    others: list[tuple[Approval, str]] = []
    for one in (one for one in approvals if one.seal == sealed.seal):
        if (why := next(_against(one, policy, sealed, now), None)) is not None:
            others.append((one, why))
        else:
            standing[person_key(one.by)] = one
    having = [one.by for one in standing.values()]
    may = (name for name in policy.of if not sealed.by_author(name))
    left = tuple(name for name in may if not any(same_person(name, one) for one in having))
    return Count(environment, policy, sealed, tuple(standing.values()), tuple(others), left)


def _against(one: Approval, policy: ApprovalPolicy, sealed: Sealed, now: datetime) -> Iterator[str]:
    """Why an approval of this plan does not count; nothing where it does."""
    if sealed.by_author(one.by):
        yield "the author of a plan does not approve it"
    if policy.of and not any(same_person(one.by, name) for name in policy.of):
        yield f"not one of {', '.join(policy.of)}"
    if policy.expires is not None:
        if (ended := one.at + timedelta(seconds=policy.expires)) <= now:
            yield f"it expired {utc(ended)}"
        if one.at > now + _SKEW:
            yield f"it was given {utc(one.at)} by a clock that is ahead, so that it would expire too late"


def signed(one: Approval, policy: ApprovalPolicy) -> str:
    """Who approves, when, and until when; and who typed it, where that is somebody else by name."""
    user = one.actor.partition("@")[0]
    typed = "" if same_person(user, one.by) else f", typed by {one.actor}"
    until = "" if policy.expires is None else f", until {utc(one.at + timedelta(seconds=policy.expires))}"
    return f"{one.by} ({utc(one.at)}{until}{typed})"


def _wanted(policy: ApprovalPolicy) -> str:
    people = f" of {', '.join(policy.of)}" if policy.of else ""
    return f"{policy.required}{people}"
