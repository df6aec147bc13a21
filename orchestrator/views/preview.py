"""What a plan executes and how long it takes, as JSON values. Add fields, never rename one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orchestrator.core.estimates import Estimate, RevisionEstimate, Span
from orchestrator.core.preview import RevisionSql, SqlStatement
from orchestrator.views.times import timestamp


def sql(found: Iterable[RevisionSql] | None) -> list[dict[str, Any]] | None:
    """Each revision with its statements; None where nobody asked for them."""
    return [_revision(one) for one in found] if found is not None else None


def _revision(one: RevisionSql) -> dict[str, Any]:
    executed = one.executed
    return {
        "revision": one.revision,
        "project": one.project,
        "family": one.family,
        "origin": str(one.origin) if one.origin is not None else None,
        "statements": [_statement(statement) for statement in one.statements],
        "more": one.more,
        "complete": one.complete,
        "executed_by": executed.target if executed else None,
        "run_id": executed.run if executed else None,
        "at": timestamp(executed.at) if executed else None,
        "why": one.why,
    }


def _statement(one: SqlStatement) -> dict[str, Any]:
    return {"statement": one.text, "times": one.times, "whole": one.whole}


def estimates(found: Iterable[Estimate]) -> list[dict[str, Any]]:
    """How long each environment takes, each target by itself, and each revision."""
    return [
        {
            "environment": one.environment,
            **_span(one.whole),
            "pauses": one.pauses,
            "unmeasured": list(one.unmeasured),
            "revisions": [_took(each) for each in one.revisions],
            "targets": [{"target": str(target), **_span(span)} for target, span in one.targets.items()],
        }
        for one in found
    ]


def _span(span: Span) -> dict[str, float]:
    return {"seconds": span.typical, "longest": span.longest}


def _took(one: RevisionEstimate) -> dict[str, Any]:
    found = one.measured
    return {
        "revision": one.revision,
        "seconds": found.typical if found else None,
        "longest": found.longest if found else None,
        "measured_in": found.environment if found else None,
        "measured_on": found.targets if found else 0,
    }
