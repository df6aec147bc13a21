"""A run and its targets as JSON values, as every document has them. Add names, never rename or remove."""

from __future__ import annotations

from typing import Any

from orchestrator.core.run import Lost, Run
from orchestrator.core.status import Unfinished
from orchestrator.core.targets import Target
from orchestrator.views import gates
from orchestrator.views.times import timestamp


def named(target: Target) -> dict[str, Any]:
    """The target, and what it is made of."""
    return {
        "target": str(target),
        "environment": target.environment,
        "database": target.database,
        "tenant": target.tenant,
    }


def run(one: Run) -> dict[str, Any]:
    """A run in a list of runs, or beside what it is about."""
    return {
        "run_id": one.id,
        "command": one.command,
        "kind": str(one.plan.kind),
        "reason": one.reason,
        "actor": one.actor,
        "outcome": str(one.outcome) if one.outcome else None,
        "started_at": timestamp(one.started_at),
        "finished_at": timestamp(one.finished_at) if one.finished_at else None,
        "fingerprint": one.plan.fingerprint,
        "steps": one.plan.steps,
        "environments": list(one.plan.environments),
        "waivers": list(map(gates.waiver, one.waivers)),
    }


def lost(found: Lost | None) -> dict[str, Any] | None:
    """What a run did and a target has no more; null where nothing is lost."""
    return {"run_id": found.run, "revisions": list(found.revisions)} if found else None


def unfinished(found: Unfinished | None) -> dict[str, Any] | None:
    """What a run left undone; null where nothing is."""
    if found is None:
        return None
    return {"run": run(found.run), "stopped_by": found.run.stopped_by, "left": list(map(str, found.left))}
