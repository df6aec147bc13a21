"""How a run came out: each target's result, what went wrong and the next command, what was left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.text import Text

from orchestrator.core.plan import Action, at
from orchestrator.core.reports import Result, RunReport, TargetResult
from orchestrator.core.run import Outcome
from orchestrator.errors import Exit
from orchestrator.views.text import words
from orchestrator.views.text.doubt import doubt

_RESULTS = {
    Result.NOTHING_TO_DO: ("nothing to do", "green"),
    Result.FAILED: ("failed", "red"),
    Result.NOT_STARTED: ("not started", "yellow"),
    Result.STOPPED: ("stopped", "yellow"),
    Result.IN_DOUBT: ("in doubt", "bold red"),
}
_CONCLUSIONS = {
    Outcome.SUCCEEDED: ("done", "green"),
    Outcome.FAILED: ("failed; every target's state is known", "red"),
    Outcome.REFUSED: ("refused; nothing was changed", "red"),
    Outcome.INTERRUPTED: ("stopped as asked, after a clean checkpoint", "yellow"),
    Outcome.IN_DOUBT: ("in doubt: a person must look before it goes on", "bold red"),
}
_STOPS = {
    Exit.LOCKED: "somebody else is at work",
    Exit.UNAVAILABLE: "a database did not answer, or does not let this role work",
    Exit.JOURNAL: "the journal cannot be used",
    Exit.WRONG_DATABASE: "a connection led to another database",
}
"""Failures that say nothing of a revision: why the run did not go on."""

_NAMED = 6
"""Changes that the sentence above has already."""


def run(report: RunReport) -> RenderableType:
    """The results, the errors with their mends, and one closing line."""
    shown = words.table("TARGET", "RESULT", "REVISIONS", "NOW AT")
    for target in report.targets:
        shown.add_row(*_row(target, report.plan.kind.action))
    parts: list[RenderableType] = [shown, ""] if report.run_id else []
    return Group(*parts, *_failures(report), *_end(report))


def _row(target: TargetResult, action: Action) -> Iterator[RenderableType]:
    yield str(target.target)
    yield Text(*_RESULTS.get(target.result, (words.applied(action), "green")))
    done = sum(step.outcome in ("applied", "recovered") for step in target.steps)
    yield f"{done} of {len(target.steps)}" if target.steps else "-"
    yield at(target.end)


def _failures(report: RunReport) -> Iterator[RenderableType]:
    if report.failure is not None:
        yield words.told(report.failure)
    for target in report.targets:
        if target.failure is not None:
            doubts = [step.doubt for step in target.steps if step.doubt is not None]
            yield words.told(replace(target.failure, mend=None) if doubts else target.failure)
            for found in doubts:
                yield from doubt(replace(found, changes=found.changes[_NAMED:]))
                yield words.mended(target.failure.mend)


def _end(report: RunReport) -> Iterator[RenderableType]:
    text, style = _conclusion(report)
    name = f"run {report.run_id}: " if report.run_id else ""
    yield Text.assemble((name, "bold"), (text, style))
    if report.journal is not None:
        yield Text(f"journal: {report.journal.events} events, head {report.journal.digest[:16]}", "dim")
    if report.outcome is Outcome.INTERRUPTED:
        yield Text.assemble("next: ", (f"orchestrate resume {report.run_id}", "cyan"))


def _conclusion(report: RunReport) -> tuple[str, str]:
    text, style = _CONCLUSIONS.get(report.outcome, (words.nothing(report.plan.kind), "green"))
    if report.outcome is Outcome.FAILED and (why := _STOPS.get(report.exit)):
        begun = any(step.outcome != "not_started" for target in report.targets for step in target.steps)
        return f"{'stopped' if begun else 'not started'}: {why}", style
    codes = {target.failure.code for target in report.targets if target.failure}
    if report.outcome is Outcome.INTERRUPTED and "cancelled" in codes:
        return "stopped as asked; the revision in hand was cancelled and nothing of it is left", style
    return text, style
