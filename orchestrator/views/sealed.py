"""A sealed plan in JSON: what stands around the plan. Programs rely on every name: add, never rename or remove."""

from __future__ import annotations

from typing import Any

from orchestrator.core.reports import PlanReport
from orchestrator.views.times import timestamp


def sealed(report: PlanReport) -> dict[str, Any] | None:
    """The field `sealed` of a plan; None where it was not written into a file, or read from one."""
    if (one := report.sealed) is None:
        return None
    return {
        "file": one.file,
        "seal": one.seal,
        "author": one.author,
        "actor": one.actor,
        "created_at": timestamp(one.created_at),
        "expires_at": timestamp(one.expires_at),
        "tools": dict(one.tools),
        "files": dict(one.files),
        "scripts": dict(one.scripts),
        "overrides": list(one.overrides),
    }
