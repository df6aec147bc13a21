"""One gate's verdict among those of all: only some are asked of every plan."""

from __future__ import annotations

from orchestrator.core.gates.decide import decide
from orchestrator.core.gates.verdict import Circumstances, Verdict
from orchestrator.core.plan import Plan


def told(gate: str, plan: Plan, circumstances: Circumstances) -> Verdict | None:
    """What `decide` has of the gate; None where it is not asked."""
    return next((verdict for verdict in decide(plan, circumstances) if verdict.gate == gate), None)
