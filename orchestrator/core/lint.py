"""What may be dangerous in a revision: findings as values, and how severe each is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """The more severe, the greater."""
        return tuple(Severity).index(self)


@dataclass(frozen=True, slots=True)
class LintFinding:
    """What a rule found in a revision: what it is, why that is dangerous, and the safe way to write it.

    `where` is file and line. `allowed` is the reason that the script itself gives for it, where it does.
    """

    rule: str
    severity: Severity
    revision: str
    where: str
    what: str
    why: str
    rewrite: str
    allowed: str | None = None
