"""The gate `age`: a sealed plan is applied before it expires, and as young as the environments want it."""

from __future__ import annotations

from datetime import datetime, timedelta

from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.plan import Plan
from orchestrator.core.sealed import Sealed, utc

NAME = "age"


def age(plan: Plan, circumstances: Circumstances) -> Verdict | None:
    """Refuses a sealed plan after its time, and one of a clock that is ahead; one made just now is never too old.

    None where the plan is not sealed and no environment that it changes says how old one may be.
    """
    policies = {name: circumstances.pipeline.environment(name).gates.age for name in plan.environments}
    limits = {name: seconds for name, seconds in policies.items() if seconds is not None}
    if circumstances.sealed is None:
        return Verdict(NAME, Answer.PASS, "the plan was made just now") if limits else None
    return _of_sealed(circumstances.sealed, limits, plan.environments, circumstances.now)


def _of_sealed(sealed: Sealed, limits: dict[str, float], environments: tuple[str, ...], now: datetime) -> Verdict:
    if (ahead := sealed.ahead(now)) is not None:
        return Verdict(NAME, Answer.REFUSE, ahead, sealed.again, environments)
    made = sealed.created_at
    ends = {name: made + timedelta(seconds=seconds) for name, seconds in limits.items()}
    over = {name: end for name, end in ends.items() if end <= now}
    reasons = [f"{name} takes a plan until {utc(end)}" for name, end in over.items()]
    if sealed.expires_at <= now:
        reasons.insert(0, f"the plan expired {utc(sealed.expires_at)}")
        over = dict.fromkeys(environments, now)
    if reasons:
        told = f"{', '.join(reasons)}; it was made {utc(made)}"
        return Verdict(NAME, Answer.REFUSE, told, sealed.again, tuple(over))
    end = min([sealed.expires_at, *ends.values()])
    return Verdict(NAME, Answer.PASS, f"the plan was made {utc(made)} and may be applied until {utc(end)}")
