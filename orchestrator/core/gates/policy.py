"""What an environment demands before it may change: `gates` of environments.yaml as values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.core.lint import Severity
    from orchestrator.core.windows import Window

WAIVABLE = ("scripts", "veto", "window", "soak", "verified", "approval", "age", "lint")
"""The gates that an environment may let a person waive. The others guard what no reason can make right."""


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """So many of these people (by name; empty: anybody), within `expires` seconds (None: as long as the plan)."""

    required: int
    of: tuple[str, ...] = ()
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """What an environment demands; None, False and nothing are no demand. Times are in seconds.

    `soak` is how long the environment before must have stood at what it gets, `window` when it may change,
    `verified` that the checks of the environment before passed after its last change, `age` how old a sealed plan
    may be, `lint` the least severity of a finding that keeps a plan out. `waivable` are the gates that a person
    may waive.
    """

    soak: float | None = None
    window: Window | None = None
    verified: bool = False
    approval: ApprovalPolicy | None = None
    age: float | None = None
    lint: Severity | None = None
    waivable: tuple[str, ...] = ()


NO_GATES = GatePolicy()
"""What holds where nothing is said of gates."""
