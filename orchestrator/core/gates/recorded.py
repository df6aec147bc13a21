"""What the gates said when a run began, as JSON values for the journal and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.core.gates.decisions import Waiver
from orchestrator.core.gates.verdict import Answer, Verdict
from orchestrator.core.gates.waivers import used
from orchestrator.core.sealed import Sealed, to_json

_IN_THE_SEAL = ("author", "actor", "created_at", "expires_at", "files", "scripts", "tools", "overrides")
"""What is recorded of a sealed plan beside the plan itself."""


def recorded(verdicts: Sequence[Verdict], sealed: Sealed | None) -> dict[str, Any]:
    """What is recorded of them when a run begins: `gates`, the `waivers` that opened some, and where there is one
    the `seal` and what it covers.
    """
    told: dict[str, Any] = {"gates": [values_of(verdict) for verdict in verdicts]}
    if waivers := used(verdicts):
        told["waivers"] = [waiver.values for waiver in waivers]
    if sealed is not None:
        whole = to_json(sealed)
        told |= {"seal": sealed.seal, "sealed": {name: whole[name] for name in _IN_THE_SEAL if name in whole}}
    return told


def values_of(verdict: Verdict) -> dict[str, Any]:
    """The verdict as JSON values; `verdict_of` reads it back. What to type is not kept: it was typed."""
    told = {"gate": verdict.gate, "verdict": str(verdict.answer), "reason": verdict.reason}
    environments = {"environments": list(verdict.environments)} if verdict.environments else {}
    return {**told, **environments, **({"waiver": verdict.waiver.values} if verdict.waiver else {})}


def verdict_of(value: Mapping[str, Any]) -> Verdict:
    """The verdict that `values_of` wrote; KeyError, TypeError or ValueError for anything else."""
    waiver = value.get("waiver")
    return Verdict(
        str(value["gate"]),
        Answer(value["verdict"]),
        str(value["reason"]),
        environments=tuple(map(str, value.get("environments", ()))),
        waiver=Waiver.parse(waiver) if waiver is not None else None,
    )
