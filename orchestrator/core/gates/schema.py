"""The gate `schema`: what is adopted at a revision has that revision's schema, or a person accepts it as it is."""

from __future__ import annotations

from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.plan import Plan

NAME = "schema"


def schema(plan: Plan, circumstances: Circumstances) -> Verdict:
    """Refuses an adoption while differences, or the lack of any comparison, are not accepted."""
    found = circumstances.comparison
    if found is None:
        return Verdict(NAME, Answer.PASS, "no schema is taken on trust")
    if found.same:
        return Verdict(NAME, Answer.PASS, f"the schema is that of {found.reference}")
    count = len(found.differences)
    differing = f"differs from that of {found.reference} in {count} place{'s' if count > 1 else ''}"
    reason = f"the schema of {plan.targets[0].target} " + (differing if found.reference else "was not compared")
    if circumstances.accepted:
        return Verdict(NAME, Answer.PASS, f"{reason}; accepted")
    return Verdict(NAME, Answer.REFUSE, reason, "add --accept-differences")
