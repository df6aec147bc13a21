"""A plan as it is shown before anybody consents: every revision on every target, in order, and the gates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from orchestrator.core.phrases import few
from orchestrator.core.plan import Action, TargetPlan, at
from orchestrator.core.reports import PlanReport
from orchestrator.core.targets import Target
from orchestrator.views.text import downgrades, edited, gates, many, waves, words
from orchestrator.views.text.estimates import estimates
from orchestrator.views.text.lint import in_plan
from orchestrator.views.text.sealed import sealed
from orchestrator.views.text.sql import sql

if TYPE_CHECKING:
    from orchestrator.core.comparison import Comparison

_LISTED = 40
"""Steps of a target that are shown one by one; a plan is to be read, not scrolled."""
_DIFFERENCES = 20
"""Differences between two schemas that are shown: a screenful with the rest of the plan."""


def plan(report: PlanReport, *, details: bool = False) -> RenderableType:
    """What will happen, where, in which order, and what prevents it; with `details` each by its name."""
    planned = report.plan
    if not planned.steps:
        nothing = Text(words.nothing(planned.kind), "green")
        late = words.lagging(report.lagging)
        return Group(nothing, *late, *waves.left_out(planned.left_out), *sealed(report))
    lines = [line for alike in _alike(planned.targets) for line in _targets(alike, report, details=details)]
    lines += sql(report.sql)
    lines += waves.left_out(planned.left_out)
    lines += waves.waves(report)
    lines += estimates(report.estimates)
    gone = [_Gone(target, words.gone(target, found)) for target, found in report.lost.items()]
    for who, what, _ in many.told_once(many.parts(gone), lambda one: one.what):
        lines.append(Text.assemble((who, "bold yellow"), f": {what}"))
    lines += words.begun_anew(report)
    lines += _compared(report.comparison) if report.comparison else []
    lines += in_plan(report.findings)
    lines += edited.upstream(report.edited)
    lines += gates.verdicts(report.verdicts)
    return Group(*lines, Text(f"fingerprint {planned.fingerprint[:19]}…", "dim"), *sealed(report))


@dataclass(frozen=True, slots=True)
class _Gone:
    target: Target
    what: str


def _alike(targets: Iterable[TargetPlan]) -> Iterator[list[TargetPlan]]:
    """The targets of an environment, and neighbouring environments, that get the very same revisions together."""
    ordered = (
        alike
        for _, found in groupby(targets, lambda one: one.target.environment)
        for alike in many.grouped(found, _way).items()
    )
    for _, groups in groupby(ordered, lambda one: one[0]):
        yield [target for _, alike in groups for target in alike]


def _way(target: TargetPlan) -> tuple[object, ...]:
    """What tells one way from another; a step in full takes longer to compare."""
    return target.start, tuple((step.revision, step.digest) for step in target.steps)


def _targets(alike: list[TargetPlan], report: PlanReport, *, details: bool) -> Iterator[RenderableType]:
    target = alike[0]
    name = Text.assemble((many.who(alike, details=details), "bold"), ": ")
    if not target.steps:
        yield name.append("nothing to do", "green")
        return
    each = " each" if len(alike) > 1 else ""
    verb = _VERBS[report.plan.kind.action]
    count = words.count(len(target.steps), "revision")
    yield name.append(f"{verb}{count}{each}, from {at(target.start)} to {at(target.end)}")
    if (total := downgrades.total(target.steps, report.downgrades)) is not None:
        yield Text(f"  {total}", "bold yellow")
    steps = downgrades.shown(target.steps, report.downgrades, len(target.steps) if details else _LISTED)
    for step in steps:
        line = Text(f"  {step.revision}  {words.short(step.message)}")
        yield line if step.atomic else line.append("  (not in one transaction)", "yellow")
        if step.action is Action.DOWNGRADE:
            yield from downgrades.downgrade(report.downgrades[step.digest], details=details)
    if more := len(target.steps) - len(steps):
        nothing = " that lose nothing" if report.downgrades else ""
        yield Text(f"  … and {more} more{nothing}; --details tells them")


_VERBS = {Action.UPGRADE: "", Action.DOWNGRADE: "revert ", Action.STAMP: "stamp "}


def _compared(found: Comparison) -> Iterator[Text]:
    """How the schema stands to that of the revision; nothing is taken for granted without a word."""
    if found.reference is None:
        yield Text(f"its schema was not compared with anything: {found.why}", "bold yellow")
        return
    if found.same:
        yield Text(f"its schema is that of {found.reference}", "green")
    else:
        count = words.count(len(found.differences), "difference")
        yield Text(f"its schema is not that of {found.reference}: {count}", "bold yellow")
    yield from (Text(f"  {one.kind:<10}  {one.name}") for one in found.differences[:_DIFFERENCES])
    if (more := len(found.differences) - _DIFFERENCES) > 0:
        yield Text(f"  … and {more} more")
    if found.renamed:
        pairs = [f"{found_as.partition(' ')[2]} for {name}" for name, found_as in found.renamed]
        names = few(pairs)
        yield Text(f"the same under other names, by which later revisions may ask for them: {names}", "dim")
