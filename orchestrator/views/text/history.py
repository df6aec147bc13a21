"""`runs` and `show`: what was done, by whom, when, and how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from orchestrator.core.events import Event, EventKind
from orchestrator.core.plan import Action, PlanKind
from orchestrator.core.reports import Result, RunHistory, RunsReport
from orchestrator.core.run import Run
from orchestrator.core.step_record import Verdict
from orchestrator.core.taken_back import takings
from orchestrator.views.text import around, gates, journal, many, recorded, words
from orchestrator.views.text.doubt import doubts
from orchestrator.views.text.rows import Rows

_Attempt = tuple[object, ...]
"""A target, a revision, and the how manieth time it was begun."""


def runs(report: RunsReport, now: datetime) -> RenderableType:
    """The latest runs as a table."""
    if not report.runs:
        return Text("no run is recorded yet")
    drawn = Rows("RUN", "COMMAND", "BY", "STEPS", "OUTCOME", "")
    for one in report.runs:
        state = words.last_run(one, now)
        outcome = Text(words.ended(one), state.spans[0].style if state.spans else "")
        ended = f"begun {words.ago(now - one.started_at)}" if one.open else words.ago(now - one.last_event_at)
        command = Text.assemble(one.command, (f"  ({words.short(one.reason)})", "dim") if one.reason else "")
        drawn.add_row(one.id, command, one.actor, f"{one.plan.steps:,}", outcome, ended)
    return drawn


def show(report: RunHistory, now: datetime, *, details: bool = False) -> RenderableType:
    """One run: what it was to do, and everything that happened, a line an event; or a baseline of the journal.

    A run of many targets is a summary, unless `details` are asked for.
    """
    if report.run.plan.kind is PlanKind.BASELINE:
        return journal.baseline(report.run, report.events[0].body, now, details=details)
    if not details and recorded.large(report.run):
        every = ("each event: ", (f"orchestrate show {report.run.id} --details", "cyan"))
        told = recorded.recorded(report)
        return Group(*_head(report, now), "", *told, *_doubts(report, 1), Text.assemble(*every), *_next(report))
    drawn = Rows("TIME (UTC)", "TARGET", "EVENT", "REVISION", "")
    time = "%H:%M:%S" if len({event.at.date() for event in report.events}) == 1 else "%m-%d %H:%M:%S"
    for event in _telling(report.events):
        drawn.add_row(*_row(event, report.run.plan.kind.action, time))
    return Group(*_head(report, now), "", drawn, *_doubts(report), *_next(report))


def _telling(events: Sequence[Event]) -> Iterator[Event]:
    """The events, with the last word alone on each statement, and on none of an attempt that simply succeeded."""
    attempts = list(_attempts(events))
    last = {
        (attempt, event.body.get("number")): event
        for event, attempt in zip(events, attempts, strict=True)
        if event.kind is EventKind.STEP_STATEMENT
    }
    settled = _settled(zip(events, attempts, strict=True))
    for event, attempt in zip(events, attempts, strict=True):
        last_word = last.get((attempt, event.body.get("number"))) is event and attempt not in settled
        if event.kind is not EventKind.STEP_STATEMENT or last_word:
            yield event


def _attempts(events: Sequence[Event]) -> Iterator[_Attempt]:
    """For each event which attempt of its step it belongs to."""
    begun: Counter[tuple[object, ...]] = Counter()
    for event in events:
        step = event.target, event.revision
        begun[step] += event.kind is EventKind.STEP_INTENT
        yield *step, begun[step]


def _settled(told: Iterable[tuple[Event, _Attempt]]) -> set[_Attempt]:
    """The attempts after which the step was applied, and never in doubt."""
    applied: set[_Attempt] = set()
    doubtful: set[_Attempt] = set()
    for event, attempt in told:
        if event.kind is EventKind.STEP_APPLIED:
            applied.add(attempt)
        elif event.kind in (EventKind.STEP_IN_DOUBT, EventKind.STEP_RESOLVED):
            doubtful.add(attempt)
    return applied - doubtful


def _doubts(report: RunHistory, told: int | None = None) -> Iterator[RenderableType]:
    """The steps in doubt, or the first of them and where the others are."""
    found = report.doubts
    if found:
        yield ""
        yield from doubts(found[:told])
    if others := found[len(found) if told is None else told :]:
        yield Text.assemble((many.few([str(one.target) for one in others]), "bold red"), ": in doubt as well")
        yield words.mended(f"orchestrate status {others[0].target}")


def left(run: Run, now: datetime) -> RenderableType:
    """What is left of a run that is about to be taken up again, as far as the journal knows."""
    lines: list[RenderableType] = [Text.assemble(f"{run.command}: ", words.last_run(run, now))]
    return Group(*lines, *recorded.remaining(run))


def _head(report: RunHistory, now: datetime) -> Iterator[RenderableType]:
    run = report.run
    yield Text.assemble(("run ", ""), words.last_run(run, now))
    yield f"{run.command}   by {run.actor}, {run.started_at:%Y-%m-%d %H:%M} UTC"
    if run.reason:
        yield f"because: {run.reason}"
    yield from (Text(told, "bold yellow") for told in takings(report.rollbacks))
    for waiver in run.waivers:
        yield Text(f"gate {waiver.gate} waived by {gates.by(waiver)}", "bold yellow")
    yield Text(f"fingerprint {run.plan.fingerprint}", "dim")


def _row(event: Event, action: Action, time: str) -> Iterator[RenderableType]:
    yield event.at.strftime(time)
    yield str(event.target or "")
    done = words.applied(action)
    yield f"step {done}" if event.kind is EventKind.STEP_APPLIED else str(event.kind).replace("_", " ")
    yield event.revision or ""
    yield _told(event, done)


def _told(event: Event, done: str) -> str:
    body = event.body
    match event.kind:
        case EventKind.TARGET_FINISHED if body.get("result") == Result.APPLIED:
            return done
        case EventKind.STEP_STATEMENT:
            return f"{body.get('progress')} {body.get('number')}: {body.get('statement')}"
        case EventKind.STEP_RESOLVED:
            found = "completed by hand" if body.get("verdict") == Verdict.APPLIED else "undone by hand"
            return "\n".join([f"{found}: {body.get('reason')}", *body.get("changes", ())])
        case EventKind.STEP_APPLIED if body.get("by_hand"):
            return "completed by hand"
        case EventKind.STEP_APPLIED:
            return f"{body.get('seconds')} s"
        case EventKind.STEP_IN_DOUBT:
            return "\n".join([str(body.get("reason", "")), *body.get("changes", ())])
        case EventKind.WAVE_STARTED | EventKind.WAVE_FINISHED:
            return f"{body.get('environment')}: {words.wave(body)}"
        case EventKind.RUN_FINISHED:
            return str(body.get("outcome", "")).replace("_", " ")
        case EventKind.RUN_STARTED:
            return f"{body.get('command', '')}{_compared(body)}"
        case _:
            told = body.get("reason") or body.get("message") or body.get("result", "").replace("_", " ")
            return around.named(event) or str(told)


def _compared(body: Mapping[str, Any]) -> str:
    """What an adopted schema was held against, and what came of it."""
    if "differences" not in body:
        return ""
    if body["compared_with"] is None:
        return "; its schema was not compared"
    return (
        f"; its schema was compared with {body['compared_with']}: {words.count(body['differences'], 'difference')}"
    )


def _next(report: RunHistory) -> Iterator[RenderableType]:
    if not report.run.complete and not report.doubts:
        yield ""
        yield Text.assemble("next: ", (f"orchestrate resume {report.run.id}", "cyan"))
