"""The gate `verified`: the checks of the environment before passed, and it stands where they were asked."""

from __future__ import annotations

from orchestrator.core.checks import state_of
from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.plan import Plan
from orchestrator.core.sealed import utc

NAME = "verified"


def verified(plan: Plan, circumstances: Circumstances) -> Verdict | None:
    """Refuses until `verify` of the environment before has passed there since it changed.

    Where the plan itself changes that environment too, its run asks before it goes on.
    """
    names = demanding(plan, circumstances)
    if not names:
        return None
    found = {name: _found(upstream, plan, circumstances) for name, upstream in names.items()}
    if not (shut := {name: told for name, told in found.items() if told[1] is not None}):
        return Verdict(NAME, Answer.PASS, "; ".join(dict.fromkeys(reason for reason, _ in found.values())))
    reasons = dict.fromkeys(reason for reason, _ in shut.values())
    mends = dict.fromkeys(mend for _, mend in shut.values() if mend is not None)
    return Verdict(NAME, Answer.REFUSE, "; ".join(reasons), "\n".join(mends), environments=tuple(shut))


def demanding(plan: Plan, circumstances: Circumstances) -> dict[str, str | None]:
    """The environments that demand it of a release, each with the one before it."""
    pipeline = circumstances.pipeline
    before = {two.name: one.name for one, two in pipeline.neighbours()}
    wanting = (name for name in plan.environments if pipeline.environment(name).gates.verified)
    return {name: plan.source or before.get(name) for name in wanting}


def _found(upstream: str | None, plan: Plan, circumstances: Circumstances) -> tuple[str, str | None]:
    """What is said of one environment's checks, and what to type where they do not stand; None where they do."""
    if upstream is None:
        return "no environment comes before it", None
    if not circumstances.pipeline.environment(upstream).around.verify:
        return f"{upstream} has no verify", f"add verify: to {upstream} in environments.yaml"
    if upstream in plan.environments:
        return f"verify of {upstream} is asked before the run goes on", None
    mend = f"orchestrate verify {upstream}"
    if (last := circumstances.evidence.checked.get(upstream)) is None:
        return f"verify of {upstream} was never asked", mend
    if not last.passed:
        return f"verify of {upstream} failed {utc(last.at)}: {last.reason}", mend
    if not last.state:
        return f"verify of {upstream} was asked of a part of it alone, {utc(last.at)}", mend
    if last.state != state_of((target, heads) for target, heads in plan.seen if target.environment == upstream):
        return f"{upstream} changed since its verify passed {utc(last.at)}", mend
    return f"verify of {upstream} passed {utc(last.at)}, and it stands where it stood then", None
