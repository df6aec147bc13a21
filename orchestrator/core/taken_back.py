"""What a rollback says of the run that it took back. Pure."""

from __future__ import annotations

from orchestrator.core.plan import PlanKind
from orchestrator.core.run import Run


def taken_back(by: Run | None) -> str | None:
    """By whom and why another run was taken back, where that is what this one did and it ended well."""
    if by is None or not by.complete or by.plan.kind is not PlanKind.ROLLBACK:
        return None
    return f"taken back by run {by.id} of {by.actor}" + (f": {by.reason}" if by.reason else "")
