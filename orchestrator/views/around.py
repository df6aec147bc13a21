"""What stands around the change of an environment, as JSON values."""

from __future__ import annotations

from typing import Any

from orchestrator.core.checks import Verification
from orchestrator.core.status import Unverified
from orchestrator.views.times import timestamp


def unverified(found: Unverified) -> dict[str, Any]:
    """An environment whose checks failed where it stands now."""
    return {
        "environment": found.environment,
        "at": timestamp(found.at),
        "reason": found.reason,
        "mend": found.mend,
    }


def verification(found: Verification) -> dict[str, Any]:
    """How an environment stood its checks; of each that failed the targets that did not, with why."""
    return {
        "environment": found.environment,
        "passed": found.error is None,
        "asked": found.targets,
        "unfinished": found.unfinished,
        "checks": [
            {
                "check": str(one.check),
                "passed": one.passed,
                "reason": one.reason,
                "problems": [
                    {"message": each.what, "where": each.where, "mend": each.mend} for each in one.problems
                ],
            }
            for one in found.answers
        ],
    }
