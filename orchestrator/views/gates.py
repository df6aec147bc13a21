"""What gates say, waivers and vetoes as JSON values: named once, used by every report that has them."""

from __future__ import annotations

from typing import Any

from orchestrator.core.gates.decisions import Waiver
from orchestrator.core.gates.verdict import Verdict
from orchestrator.core.status import Vetoed, Waived
from orchestrator.views.times import timestamp


def verdict(given: Verdict) -> dict[str, Any]:
    """A gate's answer; `opens_at` is when waiting will have helped, where that is known."""
    return {
        "gate": given.gate,
        "verdict": str(given.answer),
        "reason": given.reason,
        "mend": given.mend,
        "environments": list(given.environments),
        "opens_at": timestamp(given.opens_at) if given.opens_at else None,
        "waiver": waiver(given.waiver) if given.waiver else None,
    }


def waiver(given: Waiver) -> dict[str, Any]:
    """A gate that a person let a plan pass."""
    return {"gate": given.gate, "reason": given.reason, "by": given.by, "at": timestamp(given.at)}


def waived(found: Waived) -> dict[str, Any]:
    """The same with the run that was let pass, and the environments whose latest run that is."""
    return {**waiver(found.waiver), "run_id": found.run, "environments": list(found.environments)}


def vetoed(found: Vetoed) -> dict[str, Any]:
    """A revision that goes nowhere any more, and the targets that have it all the same."""
    veto = found.veto
    told = {"revision": veto.revision, "reason": veto.reason, "by": veto.by, "at": timestamp(veto.at)}
    return {**told, "targets": list(map(str, found.targets))}
