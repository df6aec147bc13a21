"""A plan as Markdown: what each target gets, and the gates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.core.plan import Action, Plan, Step, TargetPlan, at
from orchestrator.core.reports import PlanReport
from orchestrator.views.markdown.findings import findings
from orchestrator.views.markdown.gates import gates
from orchestrator.views.markdown.marks import Pen, table
from orchestrator.views.text import downgrades, many, words
from orchestrator.views.text.downgrades import Downgrades

_LISTED = 20
"""Revisions of a target that are listed; the terminal's part has more."""
_UPWARDS: Downgrades = {}


def plan(pen: Pen, report: PlanReport) -> Iterator[str]:
    """How much changes, a table of it, and what the gates say."""
    if not report.plan.steps:
        yield f"{pen.text(words.nothing(report.plan.kind))}."
        return
    yield f"{amount(pen, report.plan)}; fingerprint {pen.code(report.plan.fingerprint)}"
    yield targets(pen, report.plan.targets, report.downgrades)
    yield from findings(pen, report.findings)
    yield from gates(pen, report.verdicts)


def amount(pen: Pen, plan: Plan) -> str:
    """How much a plan changes, in half a sentence."""
    return f"{words.amount(plan)} of {pen.codes(plan.environments)}"


def targets(pen: Pen, planned: Sequence[TargetPlan], found: Downgrades = _UPWARDS) -> str:
    """A row for each target, or of many that get the same for all of them; `found` is what downgrades do."""
    return table(("target", "from", "to", "revisions"), _rows(pen, planned, found))


def _rows(pen: Pen, planned: Sequence[TargetPlan], found: Downgrades) -> Iterator[tuple[str, ...]]:
    for part in many.parts(planned):
        groups = list(many.grouped(part.items, lambda one: (one.start, one.end, one.steps)).values())
        for alike in groups[: many.GROUPS]:
            names = part.who(alike) if part.name else ", ".join(str(one.target) for one in alike)
            yield _row(pen, names, alike[0], found)
        if left := [one for alike in groups[many.GROUPS :] for one in alike]:
            yield pen.code(part.who(left)), "…", "…", "each its own"


def _row(pen: Pen, name: str, target: TargetPlan, found: Downgrades) -> tuple[str, ...]:
    shown = downgrades.shown(target.steps, found, _LISTED)
    listed = [total] if (total := downgrades.total(target.steps, found)) is not None else []
    listed += [_step(pen, step, found) for step in shown]
    if more := len(target.steps) - len(shown):
        listed.append(f"… and {more:,} more{' that lose nothing' if found else ''}")
    told = "<br>".join(listed) or "nothing to do"
    return pen.code(name), pen.code(at(target.start)), pen.code(at(target.end)), told


def _step(pen: Pen, step: Step, found: Downgrades) -> str:
    apart = "" if step.atomic else " (not in one transaction)"
    return f"{pen.code(step.revision)} {pen.text(words.short(step.message))}{apart}{_reverting(step, found)}"


def _reverting(step: Step, found: Downgrades) -> str:
    """What must be known of its downgrade; the terminal's part tells the rest."""
    if step.action is not Action.DOWNGRADE:
        return ""
    one = found[step.digest]
    told = ["**loses data**"] if one.loses else []
    told += ["**does nothing**"] if one.idle else []
    told += ["runs code that is not read here"] if not one.readable else []
    return f": {', '.join(told)}" if told else ""
