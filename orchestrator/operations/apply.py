"""The verb `apply`: from a plan's file to the run of exactly that plan, or to the reasons against it."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.core.pipeline import Pipeline
from orchestrator.core.reports import RunReport
from orchestrator.core.run import Run
from orchestrator.core.sealed import Sealed, utc
from orchestrator.core.staleness import Now, notes, stale
from orchestrator.core.world import Refusal, refuse
from orchestrator.errors import LockedError, Problem, RefusedError
from orchestrator.journal.journal import Journal
from orchestrator.operations import tenants
from orchestrator.operations.evidence import gather
from orchestrator.operations.prepared import Prepared
from orchestrator.operations.release import reviewed
from orchestrator.operations.resumable import ended_before
from orchestrator.operations.sealing import basis
from orchestrator.operations.survey import Clock, Survey, remembered, survey
from orchestrator.project.configuration import Configuration


def prepare(
    configuration: Configuration,
    sealed: Sealed,
    now: Clock,
    confirmed: frozenset[str] = frozenset(),
    *,
    sql: bool = False,
) -> Prepared | RunReport:
    """Look at all that the plan relies on; the plan as it was sealed, or how the run ended that applied it before.

    With `sql` it tells what its revisions execute too.
    Raises StalePlanError, or what is more severe, with everything that changed; RefusedError where a run of this
    plan is unfinished; and what the survey raises. Nothing is changed.
    """
    for name in confirmed:
        configuration.environment(name)

    def look(*, again: bool) -> Prepared | RunReport:
        relied_on = {target for target, _ in sealed.plan.seen}
        names = [name for name in configuration.pipeline.names if name in {one.environment for one in relied_on}]
        whole = tenants.expanded(configuration, names)
        narrowed, changing = whole.narrowed(relied_on), sealed.plan.environments
        with Journal(configuration.journal) as journal:
            seen = survey(narrowed, names, now, remembered(journal, narrowed.pipeline.names), changing=changing)
            if (before := journal.sealed(sealed.seal, sealed.created_at)) is not None:
                return _ended(before, sealed, seen)
            told = _still_true(sealed, seen, whole.pipeline)
            at, evidence = now(), gather(journal, seen, sealed.plan)
            found = Prepared(
                sealed.plan, seen, anew, confirmed, at=at, evidence=evidence, sealed=sealed, notes=told
            )
            return found if again else reviewed(found, journal, sql=sql)

    def anew() -> Prepared:
        if isinstance(found := look(again=True), RunReport):
            raise RefusedError(f"run {found.run_id} applied this plan meanwhile", mend="orchestrate status")
        return found

    return look(again=False)


def _still_true(sealed: Sealed, seen: Survey, whole: Pipeline) -> tuple[str, ...]:
    """What differs from when the plan was made and is no reason against it; raises where something is."""
    planned = {one.target.environment for one in sealed.plan.targets}
    there = [target for target in whole.targets if target.environment in planned]
    now = Now(seen.world, basis(seen.configuration, seen.world.graphs, sealed), seen.last_runs, there)
    refuse((*_driven(sealed, seen), *stale(sealed, now)), "{n} things changed since the plan was made")
    return tuple(notes(sealed, now))


def _ended(run: Run, sealed: Sealed, seen: Survey) -> RunReport:
    """How the run of this plan ended, if it ended well; raises RefusedError or StalePlanError where it did not."""
    if run.complete:
        return ended_before(run, seen, sealed.again)
    state = "has not ended" if run.outcome is None else str(run.outcome).replace("_", " ")
    what = f"run {run.id} of {run.actor}, {utc(run.started_at)}, began this plan: {state}"
    raise RefusedError(what, where=sealed.file, mend=f"orchestrate resume {run.id}")


def _driven(sealed: Sealed, seen: Survey) -> Iterator[Refusal]:
    """Each target that the plan changes and that another run is moving just now."""
    changed = (planned.target for planned in sealed.plan.targets if planned.steps)
    for target in (target for target in changed if target in seen.holders):
        mend = f"wait for it: orchestrate status {target}; then: {sealed.applying}"
        yield LockedError, Problem(f"driven by {seen.holders[target]}", str(target), mend)
