"""Reports as JSON documents. Programs rely on every name in them: add, never rename or remove."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.core.comparison import Comparison
from orchestrator.core.divergence import Relation
from orchestrator.core.doubt import Completion
from orchestrator.core.downgrade import Downgrade
from orchestrator.core.envelope import Envelope
from orchestrator.core.failure import Failure
from orchestrator.core.gates.verdict import Verdict
from orchestrator.core.locks import LocksReport, TargetLocks
from orchestrator.core.plan import Action, LeftOut, PlanKind, TargetPlan
from orchestrator.core.reports import (
    DoctorReport,
    Done,
    Examined,
    PlanReport,
    Report,
    RunHistory,
    RunReport,
    RunsReport,
    TargetResult,
)
from orchestrator.core.run import Lost, Run
from orchestrator.core.selection import as_json
from orchestrator.core.status import Pair, StatusReport, TargetStatus, Unfinished
from orchestrator.core.targets import Target
from orchestrator.errors import Exit
from orchestrator.views.doubt import completion, doubt
from orchestrator.views.events import event
from orchestrator.views.locks import leftover, locks
from orchestrator.views.summary import counted
from orchestrator.views.times import timestamp

SCHEMA_VERSION = 1


def document(envelope: Envelope, body: Mapping[str, Any]) -> dict[str, Any]:
    """The whole document: what is always there, with the report's own fields."""
    return {
        "schema_version": SCHEMA_VERSION,
        "command": envelope.command,
        "success": envelope.exit is Exit.DONE,
        "exit_code": int(envelope.exit),
        "started_at": timestamp(envelope.started_at),
        "finished_at": timestamp(envelope.finished_at),
        "targets": [],
        **body,
        "error": failure(envelope.failure),
    }


def fields(report: Report) -> dict[str, Any]:  # noqa: C901 - a case for each kind of report
    """The fields that a report of its kind has beside those that are always there."""
    match report:
        case StatusReport():
            return _status_report(report)
        case LocksReport():
            return {"targets": [_locks(target) for target in report.targets]}
        case PlanReport():
            return _plan_report(report)
        case RunReport():
            return _run_report(report)
        case RunsReport():
            return {"runs": [_run(one) for one in report.runs]}
        case RunHistory():
            events = [event(one) for one in report.events]
            return {"run": _run(report.run), "events": events, "doubts": list(map(doubt, report.doubts))}
        case Unfinished():
            return {"run": _run(report.run)}
        case Completion():
            return completion(report)
        case Done():
            return dict(report.fields)
        case DoctorReport():
            return {"targets": [_examined(target) for target in report.targets], "suggestion": report.suggestion}


def lines(report: Report, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What JSON Lines have before the document: of a look each target, of a run's history each event."""
    if isinstance(report, StatusReport | LocksReport | DoctorReport):
        yield from ({"event": "target", **target} for target in body["targets"])
    elif isinstance(report, RunHistory):
        yield from body["events"]


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
        "summary": counted(report.targets, "states", lambda target: target.state),
        "unfinished": _unfinished(report.unfinished),
    }


def _unfinished(found: Unfinished | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"run": _run(found.run), "stopped_by": found.run.stopped_by, "left": list(map(str, found.left))}


def _plan_report(report: PlanReport) -> dict[str, Any]:
    planned = report.plan
    return {
        "fingerprint": planned.fingerprint,
        "source": planned.source,
        "through": planned.through,
        "steps": planned.steps,
        "targets": [_named(target.target) for target in planned.targets],
        "waves": [[_planned(target, report) for target in wave.targets] for wave in planned.waves],
        "gates": [_verdict(verdict) for verdict in report.verdicts],
        "left_out": [_left_out(one) for one in planned.left_out],
        "begins_anew": _unfinished(report.begins_anew),
        "selection": as_json(planned.selection) or None,
        **_of_a_rollback(report),
        **_of_an_adoption(report.comparison),
    }


def _left_out(found: LeftOut) -> dict[str, Any]:
    return {"target": str(found.target), "reason": found.reason, "mend": found.mend}


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


_DIRECTIONS = {Action.UPGRADE: "up", Action.DOWNGRADE: "down", Action.STAMP: "stamp"}


def _run_report(report: RunReport) -> dict[str, Any]:
    return {
        "run_id": report.run_id,
        "outcome": str(report.outcome),
        "fingerprint": report.plan.fingerprint,
        "gates": [_verdict(verdict) for verdict in report.verdicts],
        "targets": [_result(target, report.plan.kind) for target in report.targets],
        "summary": counted(report.targets, "results", lambda target: target.result),
        "left_out": [_left_out(one) for one in report.plan.left_out],
        "journal": {"events": end.events, "head": end.digest} if (end := report.journal) else None,
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
        "doubt": doubt(target.doubt),
        "lost": _lost(target.lost),
        "encrypted": target.encrypted,
        "transactional": target.transactional,
        "leftover": leftover(target.leftover),
        "last_failure": target.last_failure,
        "error": failure(target.failure),
    }


def _locks(found: TargetLocks) -> dict[str, Any]:
    return {**_named(found.target), **locks(found, _run), "error": failure(found.failure)}


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


def _planned(target: TargetPlan, report: PlanReport) -> dict[str, Any]:
    return {
        "target": str(target.target),
        "direction": _DIRECTIONS[report.plan.kind.action],
        "from": list(target.start),
        "to": list(target.end),
        "revisions": [step.revision for step in target.steps],
        "lost": _lost(report.lost.get(target.target)),
    }


def _lost(found: Lost | None) -> dict[str, Any] | None:
    return {"run_id": found.run, "revisions": list(found.revisions)} if found else None


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "gate": verdict.gate,
        "verdict": str(verdict.answer),
        "reason": verdict.reason,
        "mend": verdict.mend,
    }


def _result(target: TargetResult, kind: PlanKind) -> dict[str, Any]:
    return {
        **_named(target.target),
        "result": str(target.result),
        "direction": _DIRECTIONS[kind.action],
        "from": list(target.start),
        "to": list(target.end),
        "revisions": [
            {
                "revision": step.revision,
                "outcome": step.outcome,
                "seconds": step.seconds,
                "doubt": doubt(step.doubt),
            }
            for step in target.steps
        ],
        "error": failure(target.failure),
    }


def _examined(target: Examined) -> dict[str, Any]:
    findings = [
        {"topic": str(f.topic), "level": str(f.level), "message": f.message, "mend": f.mend}
        for f in target.findings
    ]
    return {**_named(target.target), "server": target.server, "injection": target.way, "findings": findings}


def _run(one: Run) -> dict[str, Any]:
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
    }
