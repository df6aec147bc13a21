"""The gate `protected`: a protected environment changes only when a person named it for this run."""

from __future__ import annotations

from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.plan import Plan

NAME = "protected"


def unconfirmed(plan: Plan, circumstances: Circumstances) -> tuple[str, ...]:
    """The protected environments that the plan changes and nobody has confirmed."""
    return tuple(
        name
        for name in plan.environments
        if circumstances.pipeline.environment(name).protected and name not in circumstances.confirmed
    )


def protected(plan: Plan, circumstances: Circumstances) -> Verdict:
    """Refuses until each protected environment that the plan changes is confirmed by its name."""
    if names := unconfirmed(plan, circumstances):
        reason = f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} protected and not confirmed"
        return Verdict(NAME, Answer.REFUSE, reason, "add " + " ".join(f"--confirm {name}" for name in names))
    return Verdict(NAME, Answer.PASS, "nothing protected is changed without confirmation")
