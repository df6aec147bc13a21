"""The gate `order`: a promotion goes from an environment to the very next one."""

from __future__ import annotations

from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.plan import Plan, PlanKind

NAME = "order"


def order(plan: Plan, circumstances: Circumstances) -> Verdict:
    """Refuses a promotion that skips an environment or goes backwards."""
    if plan.kind is not PlanKind.PROMOTE or plan.source is None:
        passed = "every environment is passed in order" if plan.kind is PlanKind.ROLLOUT else "nothing is promoted"
        return Verdict(NAME, Answer.PASS, passed)
    source, destination = plan.source, plan.through
    skipped = circumstances.pipeline.between(source, destination)
    if skipped is None:
        reason = f"{destination} comes before {source} in environments.yaml; promotion goes the other way"
        return Verdict(NAME, Answer.REFUSE, reason, f"orchestrate promote {destination} {source}")
    if skipped:
        path = (source, *skipped)
        through = (*skipped, plan.destination)
        commands = " && ".join(f"orchestrate promote {one} {two}" for one, two in zip(path, through, strict=True))
        reason = (
            f"{' and '.join(skipped)} lie{'s' if len(skipped) == 1 else ''} between {source} and {destination}"
        )
        return Verdict(NAME, Answer.REFUSE, reason, commands)
    return Verdict(NAME, Answer.PASS, f"{destination} is next after {source}")
