"""The verb `apply`: from a plan's file to the run of exactly that plan, or to the reasons against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from orchestrator.core.reports import RunReport
from orchestrator.core.run import Run
from orchestrator.core.sealed import Sealed, utc
from orchestrator.core.staleness import Now, notes, stale
from orchestrator.core.world import Refusal, refuse
from orchestrator.errors import LockedError, Problem, RefusedError
from orchestrator.journal.journal import Journal
from orchestrator.operations import tenants
from orchestrator.operations.prepared import Prepared
from orchestrator.operations.release import ready
from orchestrator.operations.resumable import ended_before
from orchestrator.operations.survey import Clock, Survey, survey
from orchestrator.project import plan_file
from orchestrator.project.configuration import Configuration


def prepare(
    configuration: Configuration, sealed: Sealed, now: Clock, confirmed: frozenset[str] = frozenset()
) -> Prepared | RunReport:
    """Look at all that the plan relies on; the plan as it was sealed, or how the run ended that applied it before.

    Raises StalePlanError, or what is more severe, with everything that changed; RefusedError where a run of this
    plan is unfinished; and what the survey raises. Nothing is changed.
    """
    for name in confirmed:
        configuration.environment(name)
    relied_on = {target for target, _ in sealed.plan.seen}
    names = [name for name in configuration.pipeline.names if name in {one.environment for one in relied_on}]
    whole = tenants.expanded(configuration, names)
    seen = survey(whole.narrowed(relied_on), names, now, changing=sealed.plan.environments)
    with Journal(configuration.journal) as journal:
        before = journal.sealed(sealed.seal, sealed.created_at)
    if before is not None:
        return _ended(before, sealed, seen)
    changed = {planned.target.environment for planned in sealed.plan.targets}
    there = [target for target in whole.pipeline.targets if target.environment in changed]
    files = plan_file.digests(seen.configuration, seen.endpoints)
    against = Now(seen.world, seen.last_runs, files, there)
    refuse((*_driven(sealed, seen), *stale(sealed, against)), "{n} things changed since the plan was made")
    # Asked anew while somebody consents, by the very same question: it raises, or nothing changed.
    again = lambda: _prepared(prepare(configuration, sealed, now, confirmed))  # noqa: E731
    prepared = ready(sealed.plan, seen, again, now=now, confirmed=confirmed)
    return replace(prepared, sealed=sealed, notes=tuple(notes(sealed, against)))


def _prepared(found: Prepared | RunReport) -> Prepared:
    if isinstance(found, RunReport):
        raise RefusedError(f"run {found.run_id} applied this plan meanwhile", mend="orchestrate status")
    return found


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
