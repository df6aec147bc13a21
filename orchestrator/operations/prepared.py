"""A plan on its way to a run: prepared, consented to, checked again, performed; or taken up again later."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from orchestrator import __version__
from orchestrator.core import plan as plans
from orchestrator.core.changes import changes
from orchestrator.core.comparison import Comparison
from orchestrator.core.downgrade import Downgrade
from orchestrator.core.envelope import JournalHead
from orchestrator.core.events import EventKind
from orchestrator.core.failure import Failure
from orchestrator.core.gates.decide import closed, decide
from orchestrator.core.gates.evidence import NO_EVIDENCE, Evidence, Waiver
from orchestrator.core.gates.recorded import recorded
from orchestrator.core.gates.verdict import Circumstances, Verdict
from orchestrator.core.gates.waivers import unneeded, used
from orchestrator.core.gates.window import NAME as WINDOW
from orchestrator.core.lagging import lagging
from orchestrator.core.lint import LintFinding
from orchestrator.core.plan import Plan
from orchestrator.core.preview import RevisionSql
from orchestrator.core.reports import PlanReport, RunReport, unstarted
from orchestrator.core.run import Outcome, Run
from orchestrator.core.sealed import Sealed
from orchestrator.core.status import Unfinished
from orchestrator.errors import JournalError, LockedError, OrchestrateError, Problem, RefusedError, StalePlanError
from orchestrator.execution.executor import execute
from orchestrator.execution.setting import Setting
from orchestrator.faults import FaultPoint
from orchestrator.journal.journal import Journal
from orchestrator.operations import arrivals
from orchestrator.operations.acting import Actor, policies_of, setting_of
from orchestrator.operations.durations import estimated
from orchestrator.operations.evidence import gather
from orchestrator.operations.resumable import ended_before, still_the_same
from orchestrator.operations.rights import forbidden
from orchestrator.operations.selected import of_plan
from orchestrator.operations.survey import Survey, survey
from orchestrator.operations.unfinished import unfinished
from orchestrator.project.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan with what it was derived from; `anew` derives it again from what is true then.

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
        pipeline, last_runs = self.seen.world.pipeline, self.seen.last_runs
        told = pipeline, last_runs, self.confirmed, self.comparison, self.accepted
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
            notes=(*self.notes, *unneeded(verdicts, self.waivers)),
            estimates=estimated(self.seen, self.plan, self.evidence.seconds),
            sql=self.sql,
            findings=self.findings,
            edited=self.evidence.edited,
            applying=" ".join([self.again, *(f"--confirm {name}" for name in sorted(self.confirmed))]),
        )

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


def perform(
    configuration: Configuration, prepared: Prepared, actor: Actor, *, look_again: bool = True
) -> RunReport:
    """Run a prepared plan, if the gates let it and the world is still as it was; the report tells how it went.

    Without `look_again`, for a plan that was made just now, what changed since is found out target by target, each
    under its lock. Raises JournalError where the run cannot be recorded, and what the survey raises.
    """
    plan = prepared.plan
    arrivals.record(configuration, prepared.evidence.unrecorded, actor.name, actor.now())
    if (shut := closed(prepared.verdicts)) or not plan.steps:
        report = _unperformed(plan, prepared.verdicts, shut)
        return replace(report, lagging=lagging(plan, prepared.seen.world))
    again = prepared
    if look_again:
        again = replace(
            prepared.anew(),
            confirmed=prepared.confirmed,
            accepted=prepared.accepted,
            sealed=prepared.sealed,
            waivers=prepared.waivers,
        )
    if again.plan.fingerprint != plan.fingerprint:
        what = f"the databases or the scripts changed since this plan was made: {changes(plan, again.plan)}"
        error = _driven(again) or StalePlanError(what, mend=plan.again)
        return RunReport(None, Outcome.REFUSED, plan, prepared.verdicts, failure=Failure.of(error))
    if shut := closed(again.verdicts):
        return _unperformed(plan, again.verdicts, shut)
    if shut_out := forbidden(again.seen, (one.target for one in plan.targets if one.steps)):
        return _refused(plan, again.verdicts, shut_out)
    return _run(configuration, again, actor)


def _driven(prepared: Prepared) -> LockedError | None:
    """That another run is moving one of the plan's targets just now, which is why it is not where it was."""
    holders = prepared.seen.holders
    for target in (plan.target for plan in prepared.plan.targets if plan.target in holders):
        mend = f"wait for it: orchestrate status {target}; then: {prepared.plan.again}"
        return LockedError(f"driven by {holders[target]}", where=str(target), mend=mend)
    return None


def _unperformed(plan: Plan, verdicts: tuple[Verdict, ...], shut: tuple[Verdict, ...]) -> RunReport:
    if not shut:
        return RunReport(None, Outcome.NOTHING_TO_DO, plan, verdicts, tuple(map(unstarted, plan.targets)))
    problems = [Problem(verdict.reason, f"gate {verdict.gate}", verdict.mend) for verdict in shut]
    return _refused(plan, verdicts, RefusedError.collect(problems, "{n} gates are closed"))


def _refused(plan: Plan, verdicts: tuple[Verdict, ...], error: OrchestrateError) -> RunReport:
    targets = tuple(map(unstarted, plan.targets))
    return RunReport(None, Outcome.REFUSED, plan, verdicts, targets, Failure.of(error))


def resume(
    configuration: Configuration,
    run: Run,
    actor: Actor,
    confirmed: frozenset[str] = frozenset(),
    *,
    waivers: tuple[Waiver, ...] = (),
) -> RunReport:
    """Take a run up again where the facts say it stands; the plan it began with is the plan it ends with.

    It is about the plan's own targets, whichever tenants there are beside them by now. What was waived before is
    asked anew: a waiver covers what it was given for, not what came since.
    Raises StalePlanError where a target that is not finished is gone, is another database or has other scripts,
    and what the survey raises.
    """
    configuration = of_plan(configuration, run.plan)
    if run.complete:
        return ended_before(run, survey(configuration, run.plan.environments, actor.now))
    for name in (run.plan.source, run.plan.through, *confirmed):
        if name is not None:
            configuration.environment(name)
    unfinished = {plan.target.environment for plan in run.plan.targets if not run.finished(plan.target)}
    seen = survey(configuration, run.plan.environments, actor.now, changing=unfinished)
    evidence = gather(seen, run.plan)
    at = actor.now()
    prepared = Prepared(
        run.plan, seen, lambda: prepared, confirmed, at=at, evidence=evidence, waivers=waivers, resumed=run
    )
    if shut := closed(prepared.verdicts):
        return _unperformed(run.plan, prepared.verdicts, shut)
    still_the_same(run, seen)
    if error := forbidden(seen, (plan.target for plan in run.plan.targets if not run.finished(plan.target))):
        return _refused(run.plan, prepared.verdicts, error)
    return _run(configuration, prepared, actor, resumed=run)


def _run(configuration: Configuration, prepared: Prepared, actor: Actor, resumed: Run | None = None) -> RunReport:
    with Journal(configuration.journal, writing=True) as journal:
        setting = setting_of(configuration, prepared.plan, prepared.seen, actor, journal=journal, resumed=resumed)
        setting = _waived(setting, prepared)
        if resumed is None:
            sys.audit(FaultPoint.BEFORE_RUN_STARTED)
            setting.tell(EventKind.RUN_STARTED, **prepared.beginning)
            sys.audit(FaultPoint.AFTER_RUN_STARTED)
        return replace(execute(setting), verdicts=prepared.verdicts, journal=_head(journal))


def _waived(setting: Setting, prepared: Prepared) -> Setting:
    """The same with what this attempt is let pass, and the windows that it must still meet."""
    verdicts = prepared.verdicts
    asked = next((one for one in verdicts if one.gate == WINDOW), None)
    waived = asked.environments if asked is not None and asked.waiver is not None else ()
    policies = {one.name: one.gates.window for one in prepared.seen.world.pipeline.environments if asked}
    windows = {name: found for name, found in policies.items() if found is not None and name not in waived}
    return replace(setting, waivers=used(verdicts), windows=windows)


def _head(journal: Journal) -> JournalHead | None:
    """The journal's end after a run, to be kept elsewhere; what kept it from being read was told already."""
    with suppress(JournalError):
        return journal.head()
    return None
