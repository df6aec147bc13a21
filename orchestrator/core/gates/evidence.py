"""What is recorded that gates look at: approvals, vetoes, arrivals, checks, the bytes that ran. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orchestrator.core.edited import Edited
from orchestrator.core.preview import Measurements
from orchestrator.core.targets import Target


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's consent to a sealed plan; `actor` is who typed it, as user@host."""

    seal: str
    by: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Veto:
    """A revision that goes nowhere any more."""

    revision: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Checked:
    """How an environment's checks ended last; `state` is the digest of the heads they were asked at."""

    environment: str
    passed: bool
    at: datetime
    state: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Waiver:
    """A gate that a person lets a plan pass, and why; `environments` are those whose demand it opened."""

    gate: str
    reason: str
    by: str
    at: datetime
    environments: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """It as JSON values; `parse` reads it back."""
        told = {"gate": self.gate, "reason": self.reason, "by": self.by, "at": self.at.isoformat()}
        return {**told, **({"environments": list(self.environments)} if self.environments else {})}

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Waiver:
        """The waiver that was written; KeyError, TypeError or ValueError for anything else."""
        at = datetime.fromisoformat(value["at"])
        environments = tuple(map(str, value.get("environments", ())))
        return cls(str(value["gate"]), str(value["reason"]), str(value["by"]), at, environments)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it, for one plan. `arrivals` say since when a target has a revision, `seconds` what a script took in
    an environment, by the environment's name and the script's digest. `unrecorded` are the heads of those whose
    arrivals are wanted and that were not recorded to stand there. `unfamiliar` is where approvals were counted, if
    that journal knows no run.
    """

    approvals: tuple[Approval, ...] = ()
    unfamiliar: str | None = None
    vetoes: Mapping[str, Veto] = field(default_factory=dict)
    arrivals: Mapping[Target, Mapping[str, datetime]] = field(default_factory=dict)
    checked: Mapping[str, Checked] = field(default_factory=dict)
    edited: tuple[Edited, ...] = ()
    seconds: Measurements = field(default_factory=dict)
    unrecorded: Mapping[Target, tuple[str, ...]] = field(default_factory=dict)


NO_EVIDENCE = Evidence()
"""Where nothing is recorded, or nothing of it was asked for."""
