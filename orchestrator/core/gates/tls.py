"""The gate `tls`: what must be reached over an encrypted connection is changed over no other."""

from __future__ import annotations

from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.network import tls_mend
from orchestrator.core.phrases import few
from orchestrator.core.plan import Plan

NAME = "tls"


def tls(plan: Plan, circumstances: Circumstances) -> Verdict:
    """Refuses while a target that the plan changes, and that requires TLS, was reached over a network in clear."""
    changed = [planned.target for planned in plan.targets if planned.steps]
    if not (open_to_all := [target for target in changed if target in circumstances.in_clear]):
        return Verdict(NAME, Answer.PASS, "no connection that must be encrypted is in clear")
    names = few(map(str, open_to_all))
    verb = "requires TLS and was" if len(open_to_all) == 1 else "require TLS and were"
    first = open_to_all[0]
    mend = tls_mend(circumstances.in_clear[first], first.environment)
    return Verdict(NAME, Answer.REFUSE, f"{names} {verb} reached without it", mend)
