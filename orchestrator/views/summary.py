"""How many targets of each environment are in which state, as JSON values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, TypeVar

from orchestrator.core.reports import TargetResult
from orchestrator.core.status import TargetStatus

T = TypeVar("T", TargetStatus, TargetResult)


def counted(targets: Iterable[T], name: str, state: Callable[[T], StrEnum]) -> dict[str, Any]:
    """For each environment how many targets it has, and how many of them in each state."""
    counts: dict[str, Counter[str]] = {}
    for target in targets:
        counts.setdefault(target.target.environment, Counter())[str(state(target))] += 1
    return {
        environment: {"targets": sum(found.values()), name: dict(found)} for environment, found in counts.items()
    }
