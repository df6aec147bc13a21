"""The verbs that look back: `runs`, `show`, and `resolve`, by which a person settles a doubt."""

from __future__ import annotations

from orchestrator.core.events import Event, EventKind
from orchestrator.core.reports import RunHistory, RunsReport
from orchestrator.core.run import Run, StepState
from orchestrator.core.targets import Target
from orchestrator.databases.locks import run_lock_holder
from orchestrator.errors import LockedError, UsageError
from orchestrator.journal.journal import Journal
from orchestrator.operations.survey import Clock
from orchestrator.project.configuration import Configuration


def runs(configuration: Configuration, limit: int) -> RunsReport:
    """The latest runs, the newest first; none where there is no journal yet."""
    with Journal(configuration.journal) as journal:
        return RunsReport(journal.runs(limit))


def show(configuration: Configuration, run_id: str) -> RunHistory:
    """One run with all its events; UsageError for an unknown id."""
    with Journal(configuration.journal) as journal:
        return RunHistory(journal.run(run_id), journal.events(run_id))


def find(configuration: Configuration, run_id: str | None) -> Run:
    """The run of that id, or the latest; UsageError where there is none."""
    with Journal(configuration.journal) as journal:
        if run_id is not None:
            return journal.run(run_id)
        latest = journal.runs(limit=1)
    if not latest:
        raise UsageError("no run is recorded yet", mend="orchestrate status")
    return latest[0]


def resolve(
    configuration: Configuration, run_id: str, target: Target, *, reason: str, actor: str, now: Clock
) -> str:
    """Record that a person looked at a step in doubt and that nothing of it is left; returns the revision.

    Raises UsageError where no step of the run is in doubt on the target, LockedError where the run still works on
    it, UnavailableError where that cannot be asked.
    """
    run = find(configuration, run_id)
    open_states = (StepState.IN_DOUBT, StepState.STARTED)
    doubtful = [rev for (at, rev), record in run.steps.items() if at == target and record.state in open_states]
    if not doubtful:
        raise UsageError(f"no revision is in doubt on {target} in run {run_id}", mend=f"orchestrate show {run_id}")
    endpoint = configuration.endpoints([target.environment]).get(target) if run.open else None
    if endpoint is not None and (holder := run_lock_holder(endpoint)) is not None:
        what = f"{holder} is working on it now: what becomes of {', '.join(doubtful)} is not decided yet"
        raise LockedError(
            what, where=str(target), mend=f"wait for it to end: orchestrate status {target.environment}"
        )
    with Journal(configuration.journal, writing=True) as journal:
        body = {"reason": reason, "verdict": "not_applied"}
        events = [Event(EventKind.STEP_RESOLVED, now(), run_id, actor, target, rev, body) for rev in doubtful]
        journal.record(events)
    return ", ".join(doubtful)
