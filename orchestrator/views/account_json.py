"""The account of a run, and pictures of the revision graph, as JSON values. Add fields, never rename one."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from orchestrator.core.account import Account, Attempt, ScriptAccount, StepAccount, TargetAccount, Timing
from orchestrator.core.lanes import BASE, Link, Row
from orchestrator.core.picture import GraphReport, Mark, Picture
from orchestrator.core.targets import Target
from orchestrator.views import gates
from orchestrator.views.events import event
from orchestrator.views.times import timestamp


def account(told: Account) -> dict[str, Any]:
    """The fields of `report` beside those that are always there."""
    return {
        "attempts": list(map(_values, told.attempts)),
        "gates": list(map(gates.verdict, told.gates)) if told.gates is not None else None,
        "seal": told.seal,
        "sealed": dict(told.sealed) if told.sealed is not None else None,
        "approvals": [{"by": one.by, "actor": one.actor, "at": timestamp(one.at)} for one in told.approvals],
        "confirmed": list(told.confirmed),
        "orchestrate": told.version,
        "scripts": list(map(_script, told.scripts)),
        "scripts_unread": told.unread,
        "targets": list(map(_target, told.targets)),
        "graphs": list(map(_picture, told.pictures)),
        "events": list(map(_course, told.course)),
        "journal": {"events": told.head.events, "head": told.head.digest},
    }


def graph(report: GraphReport) -> dict[str, Any]:
    """The fields of `graph` beside those that are always there."""
    return {"graphs": list(map(_picture, report.pictures))}


def _course(told: Any) -> dict[str, Any]:
    """An event without what the document has already."""
    values = event(told)
    return {**values, "body": {key: value for key, value in values["body"].items() if key not in _LARGE}}


_LARGE = ("plan", "catalog", "gates", "waivers", "sealed", "identities")


def _script(one: ScriptAccount) -> dict[str, Any]:
    return {
        "revision": one.revision,
        "message": one.message,
        "action": str(one.action),
        "digest": one.digest,
        "path": one.path,
        "digest_now": one.now,
        "digests_run": list(one.ran),
        "timings": list(map(_values, one.timings)),
        "executed": [
            {
                "target": told.target,
                "statements": [{"sql": each.text, "times": each.times} for each in told.statements],
                "more": told.more,
            }
            for told in one.executed
        ],
    }


def _target(one: TargetAccount) -> dict[str, Any]:
    return {
        "target": str(one.target),
        "environment": one.target.environment,
        "database": one.target.database,
        "tenant": one.target.tenant,
        "result": one.result,
        "from": list(one.start),
        "to": list(one.end),
        "started_at": _value(one.begun_at),
        "finished_at": _value(one.ended_at),
        "seconds": round(one.seconds, 3),
        "revisions": list(map(_values, one.steps)),
        "reason": one.reason,
        "mend": one.mend,
        "ran_on": dict(one.ran_on),
    }


def _values(one: Attempt | StepAccount | Timing | Link) -> dict[str, Any]:
    """It with its fields, which are called in JSON as they are in it."""
    return {field.name: _value(getattr(one, field.name)) for field in fields(one)}


def _value(told: Any) -> Any:
    return timestamp(told) if isinstance(told, datetime) else str(told) if isinstance(told, Target) else told


def _picture(drawn: Picture) -> dict[str, Any]:
    return {
        "project": drawn.project,
        "rows": [_row(drawn, row) for row in drawn.rows],
        "elsewhere": [{"why": why, **_mark(mark)} for why, mark in drawn.elsewhere],
    }


def _row(drawn: Picture, row: Row) -> dict[str, Any]:
    """One revision or a folded stretch, the newest first; none is base. `below` are the rows that it stands on."""
    newest = row.revisions[0]
    return {
        "revisions": [] if newest == BASE else list(row.revisions),
        "message": None if row.folded or newest == BASE else drawn.messages.get(newest, ""),
        "lane": row.lane,
        "below": list(map(_values, row.links)),
        "standing": [_mark(mark) for mark in drawn.marks.get(newest, ())],
    }


def _mark(mark: Mark) -> dict[str, Any]:
    whole = mark.targets[0]
    told = {"environment": whole.environment, "database": whole.database, "before": mark.left}
    return {**told, "targets": len(mark.targets), "of": mark.of}
