"""A plan as JSON values. Programs rely on every name in them: add, never rename or remove."""

from __future__ import annotations

from typing import Any

from orchestrator.core.comparison import Comparison
from orchestrator.core.downgrade import Downgrade
from orchestrator.core.plan import Action, LeftOut, PlanKind, TargetPlan
from orchestrator.core.reports import PlanReport
from orchestrator.core.selection import as_json
from orchestrator.views import gates, preview
from orchestrator.views.edited import edited
from orchestrator.views.lint import finding
from orchestrator.views.run import lost, named, unfinished
from orchestrator.views.sealed import sealed

DIRECTIONS = {Action.UPGRADE: "up", Action.DOWNGRADE: "down", Action.STAMP: "stamp"}
"""What is done to a target, by the action of the plan."""


def plan(report: PlanReport) -> dict[str, Any]:
    """The fields of a plan's report."""
    planned = report.plan
    return {
        "fingerprint": planned.fingerprint,
        "source": planned.source,
        "through": planned.through,
        "steps": planned.steps,
        "targets": [named(target.target) for target in planned.targets],
        "waves": [[_planned(target, report) for target in wave.targets] for wave in planned.waves],
        "gates": list(map(gates.verdict, report.verdicts)),
        "left_out": [left_out(one) for one in planned.left_out],
        "begins_anew": unfinished(report.begins_anew),
        "selection": as_json(planned.selection) or None,
        "sealed": sealed(report),
        "notes": list(report.notes),
        "edited": list(map(edited, report.edited)),
        "estimates": preview.estimates(report.estimates),
        "sql": preview.sql(report.sql),
        "findings": list(map(finding, report.findings)),
        **_of_a_rollback(report),
        **_of_an_adoption(report.comparison),
    }


def left_out(found: LeftOut) -> dict[str, Any]:
    """What takes no part, and why."""
    return {"target": str(found.target), "reason": found.reason, "mend": found.mend}


def _planned(target: TargetPlan, report: PlanReport) -> dict[str, Any]:
    return {
        "target": str(target.target),
        "direction": DIRECTIONS[report.plan.kind.action],
        "from": list(target.start),
        "to": list(target.end),
        "revisions": [step.revision for step in target.steps],
        "lost": lost(report.lost.get(target.target)),
    }


def _of_a_rollback(report: PlanReport) -> dict[str, Any]:
    if report.plan.kind is not PlanKind.ROLLBACK:
        return {}
    steps = {step.digest: step for target in report.plan.targets for step in target.steps}
    return {
        "undoes": report.plan.undoes,
        "downgrades": [_downgrade(step.revision, report.downgrades[step.digest]) for step in steps.values()],
    }


def _downgrade(revision: str, found: Downgrade) -> dict[str, Any]:
    return {
        "revision": revision,
        "where": found.where,
        "does": [{"text": act.text, "loses_data": act.loses} for act in found.acts],
        "does_nothing": found.idle,
        "all_read": found.readable,
    }


def _of_an_adoption(found: Comparison | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "compared_with": found.reference,
        "not_compared": found.why,
        "differences": [{"kind": str(one.kind), "name": one.name} for one in found.differences],
        "renamed": [{"expected": expected, "found": had} for expected, had in found.renamed],
    }
