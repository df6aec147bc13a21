"""What a gate is told and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.core.gates.decisions import Waiver
from orchestrator.core.gates.evidence import NO_EVIDENCE, Evidence
from orchestrator.core.lint import LintFinding
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.plan import Plan
from orchestrator.core.run import Run
from orchestrator.core.targets import Target

if TYPE_CHECKING:
    from orchestrator.core.comparison import Comparison
    from orchestrator.core.sealed import Sealed


class Answer(StrEnum):
    """A gate's answer. Waiting helps against `wait`, only the mend against `refuse`."""

    PASS = "pass"  # noqa: S105 - an answer, not a password
    WAIT = "wait"
    REFUSE = "refuse"
    WAIVED = "waived"
    """It would not pass, and a person lets the plan pass all the same."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One gate's answer, the reason, and what to type to open it.

    `environments` are those whose demand keeps it shut, `opens_at` is when waiting will have helped, where that is
    known, and `waiver` by whom and why it was waived.
    """

    gate: str
    answer: Answer
    reason: str
    mend: str | None = None
    environments: tuple[str, ...] = ()
    opens_at: datetime | None = None
    waiver: Waiver | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that gates may look at beside the plan.

    `now` is the time that all of them count with. `last_runs` holds, for each target, the latest run that touched
    it. `confirmed` are the environments a person named for this very run. `comparison` is an adoption's, and
    `accepted` whether a person accepted what it found. `in_clear` are the targets, with their families, that
    require TLS and were reached without. `evidence` is what is recorded, `sealed` the plan's file where it came
    from one, `findings` are those in its revisions' scripts, `unlinted` is what was not looked at, `waivers` what
    a person lets it pass, `resumed` the run that is taken up again.
    """

    pipeline: Pipeline
    now: datetime = field(kw_only=True)
    last_runs: Mapping[Target, Run] = field(default_factory=dict)
    confirmed: frozenset[str] = frozenset()
    comparison: Comparison | None = None
    accepted: bool = False
    in_clear: Mapping[Target, str] = field(default_factory=dict)
    evidence: Evidence = NO_EVIDENCE
    sealed: Sealed | None = None
    findings: tuple[LintFinding, ...] = ()
    unlinted: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    resumed: Run | None = None


Gate = Callable[[Plan, Circumstances], Verdict | None]
"""A rule; None where nobody demands it of this plan."""
