"""The verbs that look back: `runs` and `show`."""

from __future__ import annotations

from orchestrator.core.reports import RunHistory, RunsReport
from orchestrator.core.run import Run
from orchestrator.errors import UsageError
from orchestrator.journal.journal import Journal
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
