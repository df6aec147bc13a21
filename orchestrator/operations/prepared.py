"""A plan on its way to a run: prepared, consented to, checked again, performed; or taken up again later."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from orchestrator.core import plan as plans
from orchestrator.core.changes import changes
from orchestrator.core.comparison import Comparison
from orchestrator.core.divergence import applied
from orchestrator.core.downgrade import Downgrade
from orchestrator.core.envelope import JournalHead
from orchestrator.core.events import EventKind, Listener
from orchestrator.core.failure import Failure
from orchestrator.core.gates.decide import closed, decide
from orchestrator.core.gates.evidence import NO_EVIDENCE, Evidence, Waiver
from orchestrator.core.gates.verdict import Circumstances, Verdict
from orchestrator.core.lagging import lagging
from orchestrator.core.lint import LintFinding
from orchestrator.core.plan import Plan, PlanKind
from orchestrator.core.reports import PlanReport, RunReport, finished_before, unstarted
from orchestrator.core.run import Outcome, Run, gone, lost
from orchestrator.core.sealed import Sealed
from orchestrator.core.status import Unfinished
from orchestrator.core.targets import Target
from orchestrator.core.waves import WavePolicy
from orchestrator.databases.endpoint import Endpoint
from orchestrator.errors import JournalError, LockedError, OrchestrateError, Problem, RefusedError, StalePlanError
from orchestrator.execution.executor import execute
from orchestrator.execution.setting import Setting
from orchestrator.execution.stop import Stop
from orchestrator.execution.workers import Workers
from orchestrator.faults import FaultPoint
from orchestrator.journal.journal import Journal
from orchestrator.operations.evidence import gather
from orchestrator.operations.rights import forbidden
from orchestrator.operations.selected import of_plan
from orchestrator.operations.survey import Clock, Survey, survey
from orchestrator.operations.unfinished import changes_since, unfinished
from orchestrator.project.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts and how they hear of it: `name` is written into every event.

    `wait` is how many seconds to queue for another run's lock, where that is not as the environment says.
    `workers` may have been begun before; whoever made them ends them.
    """

    name: str
    listener: Listener
    stop: Stop
    now: Clock
    wait: float | None = None
    workers: Workers = field(default_factory=Workers)


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
    waivers: tuple[Waiver, ...] = ()
    resumed: Run | None = None

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
        lost = {target: found for target, found in self.seen.lost.items() if target in self.plan.by_target}
        policies = _policies(self.plan, self.seen)
        told = self.plan, self.verdicts, self.downgrades, self.comparison
        return PlanReport(*told, lost, policies, self._begins_anew, lagging(self.plan, self.seen.world))

    @property
    def _begins_anew(self) -> Unfinished | None:
        """What an earlier run left undone where this plan would begin another one."""
        if self.plan.kind not in (PlanKind.PROMOTE, PlanKind.ROLLOUT):
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
        if self.sealed is not None:
            told["seal"] = self.sealed.seal
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
    configuration: Configuration, run: Run, actor: Actor, confirmed: frozenset[str] = frozenset()
) -> RunReport:
    """Take a run up again where the facts say it stands; the plan it began with is the plan it ends with.

    It is about the plan's own targets, whichever tenants there are beside them by now.
    Raises StalePlanError where a target that is not finished is gone, is another database or has other scripts,
    and what the survey raises.
    """
    configuration = of_plan(configuration, run.plan)
    if run.complete:
        return _ended_before(run, survey(configuration, run.plan.environments, actor.now))
    for name in (run.plan.source, run.plan.through, *confirmed):
        if name is not None:
            configuration.environment(name)
    unfinished = {plan.target.environment for plan in run.plan.targets if not run.finished(plan.target)}
    seen = survey(configuration, run.plan.environments, actor.now, changing=unfinished)
    evidence = gather(seen, run.plan)
    at = actor.now()
    prepared = Prepared(run.plan, seen, lambda: prepared, confirmed, at=at, evidence=evidence, resumed=run)
    if shut := closed(prepared.verdicts):
        return _unperformed(run.plan, prepared.verdicts, shut)
    _still_the_same(run, seen)
    if error := forbidden(seen, (plan.target for plan in run.plan.targets if not run.finished(plan.target))):
        return _refused(run.plan, prepared.verdicts, error)
    return _run(configuration, prepared, actor, resumed=run)


def _ended_before(run: Run, seen: Survey) -> RunReport:
    """That a run which ended well is still done, as the databases say; raises StalePlanError where it is not."""
    problems = []
    for plan in run.plan.targets:
        if (observation := seen.world.observations.get(plan.target)) is None:
            continue
        has = applied(seen.world.graphs[plan.target], observation)
        if has is None or (gone := lost(run, plan.target, has)):
            told = f"revision {', '.join(gone)} is gone" if has is not None else f"it is {observation.reading} now"
            problems.append(Problem(f"run {run.id} ended well, and {told}", str(plan.target), run.plan.again))
    if problems:
        raise StalePlanError.collect(problems, "{n} targets are no longer as the run left them")
    heads = {target: observation.heads for target, observation in seen.world.observations.items()}
    targets = tuple(
        replace(finished_before(plan), start=heads[plan.target], end=heads[plan.target])
        for plan in run.plan.targets
        if plan.target in heads
    )
    return RunReport(run.id, Outcome.NOTHING_TO_DO, run.plan, targets=targets)


def _still_the_same(run: Run, seen: Survey) -> None:
    """Raise StalePlanError where what is left of the run would not be what was planned."""
    unfinished = (plan for plan in run.plan.targets if not run.finished(plan.target))
    changes = [(plan, what) for plan in unfinished for what in changes_since(run, plan, seen)]
    problems = [_stale(run, plan.target, what, seen) for plan, what in changes]
    if problems:
        raise StalePlanError.collect(problems, "{n} things that the run relies on changed")


def _stale(run: Run, target: Target, what: str, seen: Survey) -> Problem:
    observation = seen.world.observations.get(target)
    if observation is None or not observation.missing:
        return Problem(f"{what} since run {run.id} planned it", str(target), run.plan.again)
    if target not in seen.last_runs:  # no run touched it, and this one saw it
        observation = gone(observation, run, seen.world.graphs[target])
    mend = f"{observation.mend}\nthe others, without it: {run.plan.skipping}"
    return Problem(observation.detail or what, str(target), mend)


def _run(configuration: Configuration, prepared: Prepared, actor: Actor, resumed: Run | None = None) -> RunReport:
    with Journal(configuration.journal, writing=True) as journal:
        setting = setting_of(configuration, prepared.plan, prepared.seen, actor, journal=journal, resumed=resumed)
        if resumed is None:
            sys.audit(FaultPoint.BEFORE_RUN_STARTED)
            setting.tell(EventKind.RUN_STARTED, **prepared.beginning)
            sys.audit(FaultPoint.AFTER_RUN_STARTED)
        return replace(execute(setting), verdicts=prepared.verdicts, journal=_head(journal))


def setting_of(
    configuration: Configuration, plan: Plan, seen: Survey, actor: Actor, *, journal: Journal, resumed: Run | None
) -> Setting:
    """What a run of the plan works with; the run is `resumed`, or a new one."""
    return Setting(
        run_id=resumed.id if resumed else run_id(actor.now()),
        actor=actor.name,
        plan=plan,
        endpoints={target: _patient(endpoint, actor.wait) for target, endpoint in seen.endpoints.items()},
        projects={target: seen.configuration.project_of(target) for target in seen.endpoints},
        graphs=seen.world.graphs,
        journal=journal,
        listener=actor.listener,
        redactor=configuration.redactor(),
        stop=actor.stop,
        now=actor.now,
        resumed=resumed,
        policies=_policies(plan, seen),
        seen=seen.world.observations,
        root=configuration.root,
        workers=actor.workers,
    )


def _policies(plan: Plan, seen: Survey) -> dict[str, WavePolicy]:
    """Each environment's rules for its waves; a rollback goes the other way, and its canary comes last."""
    policies = {environment.name: environment.policy for environment in seen.world.pipeline.environments}
    if plan.kind is not PlanKind.ROLLBACK:
        return policies
    return {name: replace(policy, canary=None) for name, policy in policies.items()}


def _patient(endpoint: Endpoint, wait: float | None) -> Endpoint:
    if wait is None:
        return endpoint
    return replace(endpoint, timeouts=replace(endpoint.timeouts, run_lock_wait=wait))


def run_id(now: datetime) -> str:
    """Sorts by time, is short enough to type, and is unique over machines that share a journal."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _head(journal: Journal) -> JournalHead | None:
    """The journal's end after a run, to be kept elsewhere; what kept it from being read was told already."""
    with suppress(JournalError):
        return journal.head()
    return None
