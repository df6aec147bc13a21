"""A plan on its way to a run, with all that it was derived from; `performing` runs it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestrator import __version__
from orchestrator.core import plan_json as plans
from orchestrator.core.gates.decide import decide
from orchestrator.core.gates.decisions import Waiver
from orchestrator.core.gates.evidence import NO_EVIDENCE, Evidence
from orchestrator.core.gates.protected import unconfirmed
from orchestrator.core.gates.recorded import recorded
from orchestrator.core.gates.verdict import Circumstances, Verdict
from orchestrator.core.gates.waivers import unneeded
from orchestrator.core.lagging import lagging
from orchestrator.core.lint import LintFinding
from orchestrator.core.plan import Plan
from orchestrator.core.preview import RevisionSql
from orchestrator.core.reports import PlanReport
from orchestrator.core.run import Run
from orchestrator.core.sealed import Sealed
from orchestrator.core.status import Unfinished
from orchestrator.operations.acting import policies_of
from orchestrator.operations.durations import estimated
from orchestrator.operations.survey import Survey
from orchestrator.operations.unfinished import undone, unfinished

if TYPE_CHECKING:
    from orchestrator.core.comparison import Comparison
    from orchestrator.core.downgrade import Downgrade


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan with what it was derived from; `anew` derives it again, from what is seen and recorded then.

    `confirmed` are the environments named by a person so far, `reason` is why, in their words. `downgrades` are
    those of a rollback's scripts, by the scripts' digests. `comparison` is an adoption's; `accepted` says that a
    person accepted what it found. `asked` says that a person was asked since then, which took its time. It was
    looked at `at` that time. `evidence`, `sealed`, `findings`, `waivers` and `resumed` are what gates are told.
    """

    plan: Plan
    seen: Survey
    anew: Callable[[], Prepared]
    confirmed: frozenset[str] = frozenset()
    reason: str | None = None
    downgrades: Mapping[str, Downgrade] = field(default_factory=dict)
    comparison: Comparison | None = None
    accepted: bool = False
    asked: bool = False
    at: datetime = field(kw_only=True)
    evidence: Evidence = NO_EVIDENCE
    sealed: Sealed | None = None
    findings: tuple[LintFinding, ...] = ()
    unlinted: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    resumed: Run | None = None
    notes: tuple[str, ...] = ()
    """What differs from when a sealed plan was made and is no reason against it."""
    sql: tuple[RevisionSql, ...] | None = None
    """What its revisions execute, where that was asked for."""

    @property
    def again(self) -> str:
        """The command to type that asks for this again."""
        return self.sealed.applying if self.sealed is not None else self.plan.again

    @property
    def circumstances(self) -> Circumstances:
        """What the gates are told beside the plan."""
        told = self.seen.world.pipeline, self.seen.last_runs, self.confirmed, self.comparison, self.accepted
        return Circumstances(
            *told,
            in_clear=self.seen.in_clear,
            now=self.at,
            evidence=self.evidence,
            sealed=self.sealed,
            findings=self.findings,
            unlinted=self.unlinted,
            waivers=self.waivers,
            resumed=self.resumed,
        )

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What every gate says of the plan now."""
        return decide(self.plan, self.circumstances)

    @property
    def report(self) -> PlanReport:
        """The plan as a report; nothing was changed."""
        verdicts = self.verdicts
        return PlanReport(
            self.plan,
            verdicts,
            self.downgrades,
            self.comparison,
            lost={target: found for target, found in self.seen.lost.items() if target in self.plan.by_target},
            policies=policies_of(self.plan, self.seen),
            begins_anew=self._begins_anew,
            lagging=lagging(self.plan, self.seen.world),
            sealed=self.sealed,
            notes=(*self.notes, *unneeded(verdicts, self.waivers), *self.left_undone),
            estimates=estimated(self.seen, self.plan, self.evidence.seconds),
            sql=self.sql,
            findings=self.findings,
            edited=self.evidence.edited,
            applying=self._applying,
        )

    @property
    def _applying(self) -> str:
        """The command that runs it, with what passes the gates: what was given now, and the names to confirm."""
        missing = unconfirmed(self.plan, self.circumstances)
        given = [f"--confirm {name}" for name in sorted(self.confirmed.union(missing))]
        given += [f"--waive {one.gate}" for one in self.waivers]
        given += [f"--reason {shlex.quote(one.reason)}" for one in self.waivers[:1]]
        return " ".join([self.again, *given])

    @property
    def left_undone(self) -> tuple[str, ...]:
        """That an earlier run is not finished, where there is nothing to do."""
        return undone(self.plan, self.seen, self.evidence.vetoes)

    @property
    def _begins_anew(self) -> Unfinished | None:
        """What an earlier run left undone where this plan would begin another one."""
        if not self.plan.kind.releases:
            return None
        changing = {plan.target for plan in self.plan.targets if plan.steps}
        left = unfinished(self.seen)
        return left if left is not None and not changing.isdisjoint(left.left) else None

    @property
    def beginning(self) -> dict[str, Any]:
        """What is recorded when its run begins."""
        told: dict[str, Any] = {"plan": plans.to_json(self.plan), "fingerprint": self.plan.fingerprint}
        told["command"] = self.plan.command
        if self.reason:
            told["reason"] = self.reason
        told |= {"version": __version__, **recorded(self.verdicts, self.sealed)}
        if self.confirmed:
            told["confirmed"] = sorted(self.confirmed)
        if self.comparison is not None:
            told["compared_with"] = self.comparison.reference
            told["differences"] = len(self.comparison.differences)
        return told
