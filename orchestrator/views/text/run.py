"""How a run came out: each target's result, what went wrong and the next command, what was left alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.text import Text

from orchestrator.core.doubt import Doubt
from orchestrator.core.plan import Action, at
from orchestrator.core.reports import GOOD, Result, RunReport, TargetResult
from orchestrator.core.run import Outcome
from orchestrator.errors import Exit
from orchestrator.views.text import around, many, summary, waves, words
from orchestrator.views.text.doubt import beginning
from orchestrator.views.text.failures import failures
from orchestrator.views.text.many import Part
from orchestrator.views.text.rows import Rows

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
    Outcome.TAKEN_BACK: ("given up; nothing of it is left", "yellow"),
}
_STOPS = {
    Exit.LOCKED: "somebody else is at work",
    Exit.UNAVAILABLE: "a database did not answer, or does not let this role work",
    Exit.JOURNAL: "the journal cannot be used",
    Exit.DIVERGENCE: "where a database stands cannot be told",
    Exit.WRONG_DATABASE: "a connection led to another database",
}
"""Failures that say nothing of a revision: why the run did not go on."""

_LEFT = (Result.NOT_STARTED, Result.STOPPED)
_NAMED = 6
"""Changes that the sentence above has already."""


def run(report: RunReport, *, details: bool = False) -> RenderableType:
    """The results, the errors with their mends, and one closing line; with `details` a row for every target."""
    told = many.parts(report.targets, details=details)
    action = report.plan.kind.action
    results = [drawn for part in told for drawn in _part(part, action)] if report.run_id else []
    return Group(
        *results,
        *waves.left_out(report.plan.left_out, "left out when it was planned"),
        *_failures(report, told),
        *around.notes(report.notes),
        *_end(report, told),
    )


def _part(part: Part[TargetResult], action: Action) -> Iterator[RenderableType]:
    if part.name is None:
        shown = Rows("TARGET", "RESULT", "REVISIONS", "NOW AT")
        for target in part.items:
            shown.add_row(*_row(target, action))
        yield shown
    else:
        yield summary.heading(part)
        yield summary.indented(_results(part, action))
    yield ""


def _results(part: Part[TargetResult], action: Action) -> Rows:
    """How many targets came out how, in the order of the results, and which did not come out well."""
    drawn = Rows("TARGETS", "RESULT", "REVISIONS", "NOW AT", "WHICH", counts=True)
    groups = many.grouped(part.items, lambda target: target.result)
    for result in (result for result in Result if result in groups):
        alike = groups[result]
        ends = {target.end for target in alike}
        now_at = _now_at(alike[0]) if len(ends) == 1 else f"{len(ends):,} different"
        which = "" if result in GOOD else part.names(alike)
        drawn.add_row(f"{len(alike):,}", word(result, action), progress(alike), now_at, which)
    return drawn


def progress(targets: Sequence[TargetResult]) -> str:
    """How many of the targets' revisions are done."""
    steps = [step for target in targets for step in target.steps]
    done = sum(step.outcome in ("applied", "recovered") for step in steps)
    return f"{done:,} of {len(steps):,}" if steps else "-"


def word(result: Result, action: Action) -> Text:
    """A result in a few words, with their colour."""
    return Text(*_RESULTS.get(result, (words.applied(action), "green")))


def _row(target: TargetResult, action: Action) -> Iterator[RenderableType]:
    yield str(target.target)
    yield word(target.result, action)
    yield progress([target])
    yield _now_at(target)


def _now_at(target: TargetResult) -> str:
    """Where it is; where one failed it was not looked at again, and others may have worked there since."""
    return at(target.end) + (", last seen" if target.result is Result.FAILED else "")


def _failures(report: RunReport, told: Sequence[Part[TargetResult]]) -> Iterator[RenderableType]:
    if report.failure is not None:
        yield words.told(report.failure)
    for part in told:
        yield from failures(part, each=_failure, in_doubt=_in_doubt, reason=_reason)


def _in_doubt(target: TargetResult) -> bool:
    return target.failure is not None and bool(_doubts(target))


def _reason(target: TargetResult) -> str | None:
    """Why a target without a step in doubt stopped, without its name, which is told before."""
    if target.failure is None or _doubts(target):
        return None
    return target.failure.message.removeprefix(f"{target.target}: ")


def _doubts(target: TargetResult) -> list[Doubt]:
    return [step.doubt for step in target.steps if step.doubt is not None]


def _failure(target: TargetResult) -> Iterator[RenderableType]:
    if target.failure is not None:
        doubts = _doubts(target)
        yield words.told(replace(target.failure, mend=None) if doubts else target.failure)
        for found in doubts:
            yield from beginning(found, _NAMED)
            yield words.mended(target.failure.mend)


def _end(report: RunReport, told: Sequence[Part[TargetResult]]) -> Iterator[RenderableType]:
    text, style = conclusion(report)
    name = f"run {report.run_id}: " if report.run_id else ""
    yield Text.assemble((name, "bold"), (text, style))
    yield from words.lagging(report.lagging)
    if report.journal is not None:
        yield Text(f"journal: {report.journal.events} events, head {report.journal.digest[:16]}", "dim")
    large = any(part.name is not None for part in told)
    if report.run_id and large:
        yield Text.assemble("each by its name: ", (f"orchestrate show {report.run_id} --details", "cyan"))
    unsaid = large and report.run_id and report.outcome is Outcome.FAILED and report.failure is None
    if _resumable(report, asked=report.outcome is Outcome.INTERRUPTED, unsaid=bool(unsaid)):
        yield Text.assemble("next: ", (f"orchestrate resume {report.run_id}", "cyan"))


def _resumable(report: RunReport, *, asked: bool, unsaid: bool) -> bool:
    """Whether to resume is what helps: a target that must be planned again keeps the run from going on."""
    mends = [target.failure.mend or "" for target in report.targets if target.failure]
    left = any(target.result in _LEFT for target in report.targets)
    helps = left or any(f"orchestrate resume {report.run_id}" in mend for mend in mends)
    return (asked or (unsaid and helps)) and not any(report.plan.again in mend for mend in mends)


def conclusion(report: RunReport) -> tuple[str, str]:
    """How a run ended in a few words, and their colour."""
    text, style = _CONCLUSIONS.get(report.outcome, (words.nothing(report.plan.kind), "green"))
    if report.outcome is Outcome.FAILED and (why := _STOPS.get(report.exit)):
        begun = any(step.outcome != "not_started" for target in report.targets for step in target.steps)
        begun = begun or report.exit is Exit.JOURNAL  # a report has the run's id once its start is recorded
        return f"{'stopped' if begun else 'not started'}: {why}", style
    codes = {target.failure.code for target in report.targets if target.failure}
    if report.outcome is Outcome.INTERRUPTED and "cancelled" in codes:
        return "stopped as asked; the revision in hand was cancelled and nothing of it is left", style
    return text, style
