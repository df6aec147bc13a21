"""What a gate is told and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.core.pipeline import Pipeline
from orchestrator.core.plan import Plan
from orchestrator.core.run import Run
from orchestrator.core.targets import Target

if TYPE_CHECKING:
    from orchestrator.core.comparison import Comparison


class Answer(StrEnum):
    """A gate's answer. Waiting helps against `wait`, only the mend against `refuse`."""

    PASS = "pass"  # noqa: S105 - an answer, not a password
    WAIT = "wait"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One gate's answer, the reason, and what to type to open it."""

    gate: str
    answer: Answer
    reason: str
    mend: str | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that gates may look at beside the plan.

    `last_runs` holds, for each target, the latest run that touched it. `confirmed` are the
    environments a person named for this very run. `comparison` is an adoption's, and `accepted` whether a person
    accepted what it found. `in_clear` are the targets, with their families, that require TLS and were reached
    without.
    """

    pipeline: Pipeline
    last_runs: Mapping[Target, Run] = field(default_factory=dict)
    confirmed: frozenset[str] = frozenset()
    comparison: Comparison | None = None
    accepted: bool = False
    in_clear: Mapping[Target, str] = field(default_factory=dict)


Gate = Callable[[Plan, Circumstances], Verdict]
