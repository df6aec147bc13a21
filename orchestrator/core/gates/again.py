"""What is typed when waiting has helped: the command that then goes through as far as it can be known now."""

from __future__ import annotations

from orchestrator.core.gates.verdict import Circumstances
from orchestrator.core.plan import Plan
from orchestrator.core.sealed import sealing


def again(plan: Plan, circumstances: Circumstances) -> str:
    """The run, or the sealed plan, taken up again; where a plan must be approved, what seals it."""
    if circumstances.resumed is not None:
        return f"orchestrate resume {circumstances.resumed.id}"
    if circumstances.sealed is not None:
        return circumstances.sealed.applying
    policies = (circumstances.pipeline.environment(name).gates for name in plan.environments)
    return sealing(plan) if any(one.approval is not None for one in policies) else plan.again
