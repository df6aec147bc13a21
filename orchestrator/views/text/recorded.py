"""`show` of a run of many targets: how many came out how, why some did not, and its waves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.text import Text

from orchestrator.core.events import Event, EventKind
from orchestrator.core.plan import TargetPlan
from orchestrator.core.reports import Result, RunHistory
from orchestrator.core.run import Run
from orchestrator.core.step_record import StepState
from orchestrator.core.targets import Target
from orchestrator.views.text import many, summary, words
from orchestrator.views.text.many import Part
from orchestrator.views.text.rows import Rows

_WAVES = 8
"""Waves of an environment that are told: the last of them, since they are what went on."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One target as the journal has it: how far it came, in a word, and why it stopped there."""

    target: Target
    word: str
    style: str
    reason: str | None
    mend: str | None


def large(run: Run) -> bool:
    """Whether a run has so many targets that its events are not told one by one."""
    return any(part.name is not None for part in many.parts(run.plan.targets))


def recorded(report: RunHistory) -> Iterator[RenderableType]:
    """The summary of each environment, and then each reason once."""
    ended = {event.target: event for event in report.events if event.kind is EventKind.TARGET_FINISHED}
    begun = {event.target for event in report.events if event.kind in _BEGUN}
    found = [_recorded(report.run, plan, ended.get(plan.target), begun) for plan in report.run.plan.targets]
    told = many.parts(found)
    for part in told:
        yield from _part(part, report.events)
        yield ""
    for who, what, alike in many.told_once(told, lambda one: one.reason):
        text = Text.assemble((who, "bold red"), f": {what}")
        yield text.append("\n").append_text(words.mended(alike[0].mend)) if alike[0].mend else text


_BEGUN = (EventKind.TARGET_STARTED, EventKind.STEP_INTENT)
_STYLES = {
    Result.FAILED: "red",
    Result.IN_DOUBT: "bold red",
    Result.STOPPED: "yellow",
    Result.NOT_STARTED: "yellow",
}


def _recorded(run: Run, plan: TargetPlan, end: Event | None, begun: set[Target | None]) -> Recorded:
    target = plan.target
    if end is not None:
        result = Result(end.body["result"])
        told = end.body.get("reason"), end.body.get("mend")
        reason, mend = told if result in (Result.FAILED, Result.STOPPED) else (None, None)
        word = words.applied(run.plan.kind.action) if result is Result.APPLIED else str(result).replace("_", " ")
        return Recorded(target, word, _STYLES.get(result, "green"), _without_name(reason, target), mend)
    if any(run.record(target, step.revision).state is StepState.IN_DOUBT for step in plan.steps):
        return Recorded(target, "in doubt", "bold red", None, None)
    if not plan.steps:
        return Recorded(target, "nothing to do", "green", None, None)
    word = "not started" if target not in begun else "in hand" if run.open else "not ended"
    return Recorded(target, word, "yellow", None, None)


def _without_name(reason: str | None, target: Target) -> str | None:
    return reason.removeprefix(f"{target}: ") if reason is not None else None


def _part(part: Part[Recorded], events: Sequence[Event]) -> Iterator[RenderableType]:
    drawn = Rows("TARGETS", "RESULT", "WHICH", counts=True) if part.name else Rows("TARGET", "RESULT")
    if part.name is None:
        for one in part.items:
            drawn.add_row(str(one.target), Text(one.word, one.style))
        yield drawn
        return
    yield summary.heading(part)
    groups = many.grouped(part.items, lambda one: (one.word, one.style))
    for (word, style), alike in sorted(groups.items(), key=lambda group: group[0][1] != "green"):
        drawn.add_row(f"{len(alike):,}", Text(word, style), "" if style == "green" else part.names(alike))
    yield summary.indented(drawn)
    yield from _waves(part.items[0].target.environment, events)


def _waves(environment: str, events: Iterable[Event]) -> Iterator[Text]:
    """How its waves ended, and who took the run up again between them."""
    ended = [(event.at, told) for event in events if (told := _ended(event, environment)) is not None]
    if len(ended) > _WAVES:
        yield Text(f"  … {len(ended) - _WAVES:,} before these", "dim")
    yield from (Text(f"  {at:%H:%M:%S}  {told}") for at, told in ended[-_WAVES:])


def _ended(event: Event, environment: str) -> str | None:
    match event.kind:
        case EventKind.RUN_RESUMED:
            return f"taken up again by {event.actor}"
        case EventKind.WAVE_FINISHED if event.body.get("environment") == environment:
            return words.wave(event.body)
        case _:
            return None


def remaining(run: Run) -> Iterator[Text]:
    """What is left of a run, for each target or for many that have the same left."""
    left: dict[Target, str] = {}
    for plan in run.plan.targets:
        states = [run.record(plan.target, step.revision).state for step in plan.steps]
        steps = [step for step, state in zip(plan.steps, states, strict=True) if state is not StepState.APPLIED]
        if steps:
            named = words.listed([s.revision for s in steps], {s.revision: s.message for s in steps})
            left[plan.target] = f"{len(steps)} of {len(plan.steps)} revisions left: {named}"
    plans = [plan for plan in run.plan.targets if plan.target in left]
    for who, what, _ in many.told_once(many.parts(plans), lambda plan: left[plan.target]):
        yield Text.assemble((who, "bold"), f": {what}")
