"""A step in doubt, and what a person's word makes of it, as JSON values."""

from __future__ import annotations

from typing import Any

from orchestrator.core.doubt import Completion, Doubt, drop_command
from orchestrator.core.step_record import Verdict
from orchestrator.views.times import timestamp


def doubt(found: Doubt | None) -> dict[str, Any] | None:
    """Everything known of a step in doubt; None where none is."""
    if found is None:
        return None
    return {
        "run_id": found.run,
        "target": str(found.target),
        "revision": found.revision,
        "since": timestamp(found.since) if found.since else None,
        "statements": [
            {"number": s.number, "statement": s.text, "progress": str(s.progress)} for s in found.statements
        ],
        "changes": list(found.changes),
        "invalid_indexes": [{"index": index, "drop": drop_command(index)} for index in found.invalid_indexes],
        "mend": found.mend,
    }


def completion(report: Completion) -> dict[str, Any]:
    """What is said of `resolve --applied`."""
    return {
        "run_id": report.run_id,
        "resolved": ", ".join(step.revision for step in report.steps),
        "verdict": str(Verdict.APPLIED),
        "target": str(report.target),
        "from": list(report.start),
        "to": list(report.end),
    }
