"""What is recorded that gates look at: approvals, vetoes, arrivals, checks, the bytes that ran. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

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
class Ran:
    """The bytes of a revision's script that an environment last ran, and the run that did."""

    environment: str
    revision: str
    digest: str
    run: str
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
    """A gate that a person lets a plan pass, and why."""

    gate: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it, for one plan. `arrivals` say since when a target has a revision, `seconds` what a revision took
    in an environment, by the environment's name and the revision.
    """

    approvals: tuple[Approval, ...] = ()
    vetoes: Mapping[str, Veto] = field(default_factory=dict)
    arrivals: Mapping[Target, Mapping[str, datetime]] = field(default_factory=dict)
    checked: Mapping[str, Checked] = field(default_factory=dict)
    ran: tuple[Ran, ...] = ()
    seconds: Mapping[tuple[str, str], float] = field(default_factory=dict)


NO_EVIDENCE = Evidence()
"""Where nothing is recorded, or nothing of it was asked for."""
