"""The verbs that look back: `runs` and `show`."""

from __future__ import annotations

from pathlib import Path

from orchestrator.core.plan import Plan
from orchestrator.core.reports import RunHistory, RunsReport
from orchestrator.core.run import Run
from orchestrator.errors import UsageError
from orchestrator.journal.journal import Journal
from orchestrator.project.configuration import Configuration


def runs(configuration: Configuration, limit: int) -> RunsReport:
    """The latest runs, the newest first; none where there is no journal yet."""
    with Journal(configuration.journal) as journal:
        return RunsReport(journal.runs(limit))


def show(configuration: Configuration, name: str) -> RunHistory:
    """One run with all its events; raises what `named` raises."""
    with Journal(configuration.journal) as journal:
        run = named(journal, name)
        return RunHistory(run, journal.events(run.id), journal.rollbacks_of(run))


def named(journal: Journal, name: str) -> Run:
    """The run of that id; where `name` is a file, the one that applied exactly the sealed plan in it.

    Raises UsageError for an unknown id, and where no run applied the plan; what reading the file raises.
    """
    if not Path(name).suffix and not Path(name).is_file():
        return journal.run(name)
    from orchestrator.project import plan_file

    sealed = plan_file.read(Path(name))
    if (run := journal.sealed(sealed.seal, sealed.created_at)) is None:
        what, mend = "no run applied this plan, so nothing was changed by it", f"{sealed.applying} --dry-run"
        if (other := _unfinished(journal, sealed.plan)) is not None:
            what += f"; run {other.id} of {other.actor}, of another plan to there, is not finished"
            mend = f"orchestrate resume {other.id}; of this plan: {mend}"
        raise UsageError(what, where=name, mend=mend)
    return run


def _unfinished(journal: Journal, plan: Plan) -> Run | None:
    """The latest run of a plan from there to there, unless it ended well."""
    latest = (run for run in journal.runs() if (run.plan.source, run.plan.through) == (plan.source, plan.through))
    run = next((run for run in latest if run.plan.kind is plan.kind), None)
    return None if run is None or run.complete else run


def find(configuration: Configuration, name: str | None) -> Run:
    """As `named`, or the latest run; UsageError where there is none."""
    with Journal(configuration.journal) as journal:
        if name is not None:
            return named(journal, name)
        latest = journal.runs(limit=1)
    if not latest:
        raise UsageError("no run is recorded yet", mend="orchestrate status")
    return latest[0]
