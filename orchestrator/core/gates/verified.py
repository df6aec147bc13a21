"""The gate `verified`: the checks of the environment before passed, and it stands where they were asked."""

from __future__ import annotations

from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.phrases import few
from orchestrator.core.plan import Plan
from orchestrator.core.sealed import utc

NAME = "verified"


def verified(plan: Plan, circumstances: Circumstances) -> Verdict | None:
    """Refuses until `verify` of the environment before has passed there since it changed.

    Where the plan itself changes that environment too, its run asks before it goes on.
    """
    pipeline = circumstances.pipeline
    names = [name for name in plan.environments if pipeline.environment(name).gates.verified]
    if not names:
        return None
    found = {name: _found(pipeline.source_of(name, plan), plan, circumstances) for name in names}
    if not (shut := {name: told for name, told in found.items() if told[1] is not None}):
        return Verdict(NAME, Answer.PASS, "; ".join(dict.fromkeys(reason for reason, _ in found.values())))
    reasons = dict.fromkeys(reason for reason, _ in shut.values())
    mends = dict.fromkeys(mend for _, mend in shut.values() if mend is not None)
    return Verdict(NAME, Answer.REFUSE, "; ".join(reasons), "\n".join(mends), environments=tuple(shut))


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
    if not last.then.state:
        return f"verify of {upstream} was asked of a part of it alone, {utc(last.at)}", mend
    if others := last.then.replaced(last.now):
        what = "is another database" if len(others) == 1 else "are other databases"
        return f"{few(others)} {what} than when verify of {upstream} passed {utc(last.at)}", mend
    if not last.stands:
        return f"{upstream} changed since its verify passed {utc(last.at)}", mend
    return f"verify of {upstream} passed {utc(last.at)}, and it stands where it stood then", None
