"""Reports as JSON documents. Programs rely on every name in them: add, never rename or remove."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from orchestrator.core.account import Account
from orchestrator.core.checks import Verification
from orchestrator.core.divergence import Relation
from orchestrator.core.doubt import Completion
from orchestrator.core.envelope import Envelope
from orchestrator.core.failure import Failure
from orchestrator.core.lint import LintReport
from orchestrator.core.locks import LocksReport, TargetLocks
from orchestrator.core.picture import GraphReport
from orchestrator.core.plan import PlanKind
from orchestrator.core.reports import (
    DoctorReport,
    Done,
    Examined,
    PlanReport,
    RunHistory,
    RunReport,
    RunsReport,
    TargetResult,
)
from orchestrator.core.status import Pair, StatusReport, TargetStatus, Unfinished
from orchestrator.errors import Exit
from orchestrator.views import account_json, around, gates
from orchestrator.views.doubt import completion, doubt
from orchestrator.views.edited import edited
from orchestrator.views.events import event
from orchestrator.views.lint import lint
from orchestrator.views.locks import leftover, locks
from orchestrator.views.plan import DIRECTIONS, left_out, plan
from orchestrator.views.run import lost, named, run, unfinished
from orchestrator.views.summary import counted
from orchestrator.views.times import timestamp

if TYPE_CHECKING:
    from orchestrator.core.reports import Report

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


def fields(report: Report) -> dict[str, Any]:  # noqa: C901, PLR0912 - a case for each kind
    """The fields that a report of its kind has beside those that are always there."""
    match report:
        case StatusReport():
            return _status_report(report)
        case LintReport():
            return lint(report)
        case LocksReport():
            return {"targets": [_locks(target) for target in report.targets]}
        case PlanReport():
            return plan(report)
        case RunReport():
            return _run_report(report)
        case RunsReport():
            return {"runs": [run(one) for one in report.runs]}
        case RunHistory():
            events = [event(one) for one in report.events]
            told = {"doubts": list(map(doubt, report.doubts)), "rollbacks": list(map(run, report.rollbacks))}
            return {"run": run(report.run), "events": events, **told}
        case Account():
            rollbacks = list(map(run, report.rollbacks))
            return {"run": run(report.run), "rollbacks": rollbacks, **account_json.account(report)}
        case Verification():
            return around.verification(report)
        case GraphReport():
            return account_json.graph(report)
        case Unfinished():
            return {"run": run(report.run)}
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
        "unfinished": unfinished(report.unfinished),
        "edited": list(map(edited, report.edited)),
        "unverified": list(map(around.unverified, report.unverified)),
        "recorded": report.recorded,
        "vetoes": list(map(gates.vetoed, report.vetoes)),
        "waivers": list(map(gates.waived, report.waivers)),
    }


def _run_report(report: RunReport) -> dict[str, Any]:
    return {
        "run_id": report.run_id,
        "outcome": str(report.outcome),
        "fingerprint": report.plan.fingerprint,
        "gates": list(map(gates.verdict, report.verdicts)),
        "targets": [_result(target, report.plan.kind) for target in report.targets],
        "summary": counted(report.targets, "results", lambda target: target.result),
        "left_out": [left_out(one) for one in report.plan.left_out],
        "journal": {"events": end.events, "head": end.digest} if (end := report.journal) else None,
        "notes": list(report.notes),
    }


def _status(target: TargetStatus) -> dict[str, Any]:
    return {
        **named(target.target),
        "state": str(target.state),
        "heads": list(target.heads),
        "missing": list(target.missing),
        "holder": target.holder,
        "last_run": run(target.last_run) if target.last_run else None,
        "last_run_elsewhere": target.elsewhere,
        "doubt": doubt(target.doubt),
        "lost": lost(target.lost),
        "encrypted": target.encrypted,
        "transactional": target.transactional,
        "leftover": leftover(target.leftover),
        "last_failure": target.last_failure,
        "error": failure(target.failure),
    }


def _locks(found: TargetLocks) -> dict[str, Any]:
    return {**named(found.target), **locks(found, run), "error": failure(found.failure)}


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


def _result(target: TargetResult, kind: PlanKind) -> dict[str, Any]:
    return {
        **named(target.target),
        "result": str(target.result),
        "direction": DIRECTIONS[kind.action],
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
    return {**named(target.target), "server": target.server, "injection": target.way, "findings": findings}
