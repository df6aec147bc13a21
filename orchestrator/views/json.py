"""Reports as JSON documents. Programs rely on every name in them: add, never rename or remove."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from orchestrator.core.divergence import Relation
from orchestrator.core.events import Event
from orchestrator.core.gates.verdict import Verdict
from orchestrator.core.plan import TargetPlan
from orchestrator.core.reports import (
    Done,
    Envelope,
    Failure,
    Pair,
    PlanReport,
    Report,
    RunHistory,
    RunReport,
    RunsReport,
    StatusReport,
    TargetResult,
    TargetStatus,
    Unfinished,
)
from orchestrator.core.run import Run
from orchestrator.core.targets import Target
from orchestrator.errors import Exit

SCHEMA_VERSION = 1


def document(envelope: Envelope, body: Mapping[str, Any]) -> dict[str, Any]:
    """The whole document: what is always there, with the report's own fields."""
    return {
        "schema_version": SCHEMA_VERSION,
        "command": envelope.command,
        "success": envelope.exit is Exit.DONE,
        "exit_code": int(envelope.exit),
        "started_at": _time(envelope.started_at),
        "finished_at": _time(envelope.finished_at),
        "targets": [],
        **body,
        "error": failure(envelope.failure),
    }


def fields(report: Report) -> dict[str, Any]:
    """The fields that a report of its kind has beside those that are always there."""
    match report:
        case StatusReport():
            return _status_report(report)
        case PlanReport():
            return _plan_report(report)
        case RunReport():
            return _run_report(report)
        case RunsReport():
            return {"runs": [_run(one) for one in report.runs]}
        case RunHistory():
            return {"run": _run(report.run), "events": [event(one) for one in report.events]}
        case Unfinished():
            return {"run": _run(report.run)}
        case Done():
            return dict(report.fields)


def failure(told: Failure | None) -> dict[str, Any] | None:
    """An error: `code`, `message`, `mend`, and `problems` where there is more than one."""
    if told is None:
        return None
    problems = [{"message": p.what, "where": p.where, "mend": p.mend} for p in told.problems]
    return {"code": told.code, "message": told.message, "mend": told.mend, "problems": problems}


def _status_report(report: StatusReport) -> dict[str, Any]:
    return {
        "scripts": {name: {"heads": list(heads)} for name, heads in report.heads.items()},
        "targets": [_status(target) for target in report.targets],
        "pairs": [_pair(pair) for pair in report.pairs],
    }


def _plan_report(report: PlanReport) -> dict[str, Any]:
    planned = report.plan
    return {
        "fingerprint": planned.fingerprint,
        "source": planned.source,
        "through": planned.through,
        "steps": planned.steps,
        "targets": [_named(target.target) for target in planned.targets],
        "waves": [[_planned(target) for target in wave.targets] for wave in planned.waves],
        "gates": [_verdict(verdict) for verdict in report.verdicts],
    }


def _run_report(report: RunReport) -> dict[str, Any]:
    return {
        "run_id": report.run_id,
        "outcome": str(report.outcome),
        "fingerprint": report.plan.fingerprint,
        "gates": [_verdict(verdict) for verdict in report.verdicts],
        "targets": [_result(target) for target in report.targets],
    }


_JOURNAL_ONLY = ("plan", "catalog")
"""Parts of an event that resuming needs and nobody reads line by line."""


def log_line(told: Event) -> dict[str, Any]:
    """One event as a line of the log: flat, and without what only the journal needs."""
    about = {"target": str(told.target) if told.target else None, "revision": told.revision}
    return {
        "at": _time(told.at),
        "event": str(told.kind),
        "run": told.run,
        "actor": told.actor,
        **{key: value for key, value in about.items() if value is not None},
        **{key: value for key, value in told.body.items() if key not in _JOURNAL_ONLY},
    }


def event(told: Event) -> dict[str, Any]:
    """One event, whole, as the journal has it."""
    return {
        "sequence": told.sequence,
        "at": _time(told.at),
        "event": str(told.kind),
        "run": told.run,
        "actor": told.actor,
        "target": str(told.target) if told.target else None,
        "revision": told.revision,
        "body": dict(told.body),
    }


def _named(target: Target) -> dict[str, Any]:
    return {
        "target": str(target),
        "environment": target.environment,
        "database": target.database,
        "tenant": target.tenant,
    }


def _status(target: TargetStatus) -> dict[str, Any]:
    return {
        **_named(target.target),
        "state": str(target.state),
        "heads": list(target.heads),
        "missing": list(target.missing),
        "holder": target.holder,
        "last_run": _run(target.last_run) if target.last_run else None,
        "error": failure(target.failure),
    }


def _pair(pair: Pair) -> dict[str, Any]:
    divergence = pair.divergence
    common = {"common": list(divergence.common)} if divergence.relation is Relation.DIVERGED else {}
    return {
        "upstream": str(pair.upstream),
        "downstream": str(pair.downstream),
        "relation": str(divergence.relation),
        "missing": list(divergence.missing),
        "extra": list(divergence.extra),
        **common,
    }


def _planned(target: TargetPlan) -> dict[str, Any]:
    return {
        "target": str(target.target),
        "from": list(target.start),
        "to": list(target.end),
        "revisions": [step.revision for step in target.steps],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "gate": verdict.gate,
        "verdict": str(verdict.answer),
        "reason": verdict.reason,
        "mend": verdict.mend,
    }


def _result(target: TargetResult) -> dict[str, Any]:
    return {
        **_named(target.target),
        "result": str(target.result),
        "from": list(target.start),
        "to": list(target.end),
        "revisions": [
            {"revision": step.revision, "outcome": step.outcome, "seconds": step.seconds} for step in target.steps
        ],
        "error": failure(target.failure),
    }


def _run(one: Run) -> dict[str, Any]:
    return {
        "run_id": one.id,
        "command": one.command,
        "actor": one.actor,
        "outcome": str(one.outcome) if one.outcome else None,
        "started_at": _time(one.started_at),
        "finished_at": _time(one.finished_at) if one.finished_at else None,
        "fingerprint": one.plan.fingerprint,
        "steps": one.plan.steps,
        "environments": list(one.plan.environments),
    }


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
