"""What people decided about releases: approvals, vetoes, waivers. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


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
