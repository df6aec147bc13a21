"""A prepared plan performed: its gates asked, the world looked at again; or a run taken up again."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace

from orchestrator.core.changes import changes
from orchestrator.core.envelope import JournalHead
from orchestrator.core.events import EventKind
from orchestrator.core.failure import Failure
from orchestrator.core.gates.decide import closed
from orchestrator.core.gates.decisions import Waiver
from orchestrator.core.gates.verdict import Verdict
from orchestrator.core.gates.waivers import used
from orchestrator.core.gates.window import NAME as WINDOW
from orchestrator.core.lagging import lagging
from orchestrator.core.plan import Plan
from orchestrator.core.reports import RunReport, unstarted
from orchestrator.core.run import Outcome, Run
from orchestrator.errors import JournalError, LockedError, OrchestrateError, Problem, RefusedError, StalePlanError
from orchestrator.execution.executor import execute
from orchestrator.execution.setting import Setting
from orchestrator.faults import FaultPoint
from orchestrator.journal.journal import Journal
from orchestrator.operations import arrivals
from orchestrator.operations.acting import Actor, drive, setting_of
from orchestrator.operations.evidence import gather
from orchestrator.operations.prepared import Prepared
from orchestrator.operations.resumable import ended_before, still_the_same
from orchestrator.operations.rights import forbidden
from orchestrator.operations.selected import of_plan
from orchestrator.operations.survey import Clock, remembered, survey
from orchestrator.project.configuration import Configuration


def perform(
    configuration: Configuration, prepared: Prepared, actor: Actor, *, look_again: bool = True
) -> RunReport:
    """Run a prepared plan, if the gates let it and the world is still as it was; the report tells how it went.

    Without `look_again`, for a plan that was made just now, what changed since is found out target by target, each
    under its lock. Raises JournalError where the run cannot be recorded, and what the survey raises.
    """
    plan = prepared.plan
    arrivals.record(configuration, prepared.evidence.unrecorded, actor.name)
    prepared = replace(prepared, evidence=prepared.evidence.once_recorded)
    if (shut := closed(prepared.verdicts)) or not plan.steps:
        report = _unperformed(plan, prepared.verdicts, shut)
        return replace(report, lagging=lagging(plan, prepared.seen.world), notes=prepared.left_undone)
    again = _seen_again(prepared) if look_again else prepared
    if again.plan.fingerprint != plan.fingerprint:
        what = f"the databases or the scripts changed since this plan was made: {changes(plan, again.plan)}"
        error = _driven(again) or StalePlanError(what, mend=plan.again)
        return RunReport(None, Outcome.REFUSED, plan, prepared.verdicts, failure=Failure.of(error))
    if shut := closed(again.verdicts):
        return _unperformed(plan, again.verdicts, shut)
    if shut_out := forbidden(again.seen, (one.target for one in plan.targets if one.steps)):
        return _refused(plan, again.verdicts, shut_out)
    with Journal(configuration.journal, writing=True) as journal:
        return _performed(configuration, journal, again, actor)


def _seen_again(prepared: Prepared) -> Prepared:
    """The same with what is seen and recorded now; what follows from the planned bytes is not asked again."""
    now = prepared.anew()
    return replace(prepared, plan=now.plan, seen=now.seen, evidence=now.evidence, at=now.at)


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
    Raises LockedError while another attempt drives the run, StalePlanError where a target that is not finished is
    gone, is another database or has other scripts, and what the survey raises.
    """
    configuration = of_plan(configuration, run.plan)
    if run.complete:
        return ended_before(run, survey(configuration, run.plan.environments, actor.now))
    for name in (run.plan.source, run.plan.through, *confirmed):
        if name is not None:
            configuration.environment(name)
    with Journal(configuration.journal, writing=True) as journal:
        journal.began(run.id)
        drive(journal, run.id, actor, configuration.longest_wait(run.plan.environments))
        run = journal.by_now(run)
        if run.complete:
            return resume(configuration, run, actor)
        found = _resuming(configuration, journal, run, actor.now)
        prepared = replace(found, confirmed=confirmed, waivers=waivers)
        if shut := closed(prepared.verdicts):
            return _unperformed(run.plan, prepared.verdicts, shut)
        still_the_same(run, prepared.seen)
        left = (plan.target for plan in run.plan.targets if not run.finished(plan.target))
        if error := forbidden(prepared.seen, left):
            return _refused(run.plan, prepared.verdicts, error)
        return _performed(configuration, journal, prepared, actor)


def _resuming(configuration: Configuration, journal: Journal, run: Run, now: Clock) -> Prepared:
    """The run's plan with what is seen and recorded now."""
    unfinished = {plan.target.environment for plan in run.plan.targets if not run.finished(plan.target)}
    told = remembered(journal, configuration.pipeline.names)
    seen = survey(configuration, run.plan.environments, now, told, changing=unfinished)
    prepared = Prepared(
        run.plan, seen, lambda: prepared, at=now(), evidence=gather(journal, seen, run.plan), resumed=run
    )
    return prepared


def _performed(configuration: Configuration, journal: Journal, prepared: Prepared, actor: Actor) -> RunReport:
    """Run what was found fit to be run, as a new run or as the one that is resumed and driven already."""
    resumed = prepared.resumed
    setting = setting_of(configuration, prepared.plan, prepared.seen, actor, journal=journal, resumed=resumed)
    setting = _waived(setting, prepared)
    if resumed is None:
        drive(journal, setting.run_id, actor)
        sys.audit(FaultPoint.BEFORE_RUN_STARTED)
        setting.tell(EventKind.RUN_STARTED, **prepared.beginning)
        sys.audit(FaultPoint.AFTER_RUN_STARTED)
    return replace(execute(setting), verdicts=prepared.verdicts, journal=_head(journal))


def _waived(setting: Setting, prepared: Prepared) -> Setting:
    """The same with what this attempt is let pass, and what its gates are asked for again."""
    verdicts = prepared.verdicts
    asked = next((one for one in verdicts if one.gate == WINDOW), None)
    waived = asked.environments if asked is not None and asked.waiver is not None else ()
    policies = {one.name: one.gates.window for one in prepared.seen.world.pipeline.environments if asked}
    windows = {name: found for name, found in policies.items() if found is not None and name not in waived}
    vetoes = tuple(prepared.evidence.vetoes.values())
    return replace(setting, waivers=used(verdicts), windows=windows, vetoes=vetoes)


def _head(journal: Journal) -> JournalHead | None:
    """The journal's end after a run, to be kept elsewhere; what kept it from being read was told already."""
    with suppress(JournalError):
        return journal.head()
    return None
