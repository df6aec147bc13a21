"""The verbs that look back: `runs`, `show`, and `resolve`, by which a person settles a doubt."""

from __future__ import annotations

from orchestrator.core.divergence import applied, stand
from orchestrator.core.events import Event, EventKind
from orchestrator.core.observations import Observation
from orchestrator.core.plan import Action, Step
from orchestrator.core.reports import RunHistory, RunsReport
from orchestrator.core.revisions import Graph
from orchestrator.core.run import Run, StepState
from orchestrator.core.targets import Target
from orchestrator.core.world import refusal
from orchestrator.databases.locks import acquire, wait_for_work
from orchestrator.databases.probe import probe
from orchestrator.errors import UsageError
from orchestrator.journal.journal import Journal
from orchestrator.operations.survey import Clock, read_graph
from orchestrator.project.configuration import Configuration

_EXAMPLE = '--reason "dropped table orders_tmp"'


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

    Raises UsageError where no step of the run is in doubt on the target, a later run touched it, or the version
    table shows the step as done after all; LockedError while anybody drives the target or a server still works in
    it; DivergenceError or UnavailableError where the target's revisions cannot be told.
    """
    find(configuration, run_id)
    if not reason.strip(" .…"):
        raise UsageError("the reason says nothing: write what you found and did", where="--reason", mend=_EXAMPLE)
    endpoint = configuration.endpoints([target.environment]).get(target)
    if endpoint is None:
        raise UsageError(f"there is no target {target}", mend="orchestrate status")
    with Journal(configuration.journal, writing=True) as journal, acquire(endpoint, run_id) as lock:
        wait_for_work(lock)
        doubtful = _doubtful(journal, run_id, target)
        has = _revisions(read_graph(configuration.project_of(target)), probe(endpoint, now))
        if done := [step for step in doubtful if step.done(has)]:
            has_it = "has no longer" if done[0].action is Action.DOWNGRADE else "has"
            what = f"{target} {has_it} revision {', '.join(step.revision for step in done)} after all"
            raise UsageError(what, mend=f"orchestrate resume {run_id}   # records it")
        revisions = [step.revision for step in doubtful]
        body = {"reason": reason, "verdict": "not_applied"}
        journal.record([Event(EventKind.STEP_RESOLVED, now(), run_id, actor, target, r, body) for r in revisions])
    return ", ".join(revisions)


def _revisions(graph: Graph, observation: Observation) -> frozenset[str]:
    """What the target has; raises where that cannot be told, since then nothing is known of the step either."""
    if (error := refusal(observation, stand(graph, observation))) is not None:
        raise error
    return applied(graph, observation) or frozenset()


def _doubtful(journal: Journal, run_id: str, target: Target) -> list[Step]:
    """The steps that the run left open or in doubt on the target; raises UsageError where it has no say."""
    run, latest = journal.run(run_id), journal.last_runs().get(target)
    open_states = (StepState.IN_DOUBT, StepState.STARTED)
    found = [s for s in run.steps_of(target) if run.record(target, s.revision).state in open_states]
    if not found:
        raise UsageError(f"no revision is in doubt on {target} in run {run_id}", mend=f"orchestrate show {run_id}")
    if latest is not None and latest.id != run_id:
        what = f"run {latest.id} came to {target} after run {run_id}; what is in doubt there is that run's"
        raise UsageError(what, mend=f"orchestrate show {latest.id}")
    return found
