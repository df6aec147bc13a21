"""What may be dangerous in a revision: findings as values, and how severe each is. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.core.targets import Target


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

    `where` is file and line. `allowed` is the reason that the script itself gives for it, where it does. `places`
    are the databases, without their tenants, that get it; none stands for all.
    """

    rule: str
    severity: Severity
    revision: str
    where: str
    what: str
    why: str
    rewrite: str
    allowed: str | None = None
    places: frozenset[Target] = frozenset()


def asking(findings: Iterable[LintFinding]) -> str:
    """The command that shows what is found in the revisions of these."""
    import shlex

    return f"orchestrate lint {shlex.join(dict.fromkeys(one.revision for one in findings))}"


@dataclass(frozen=True, slots=True)
class LintReport:
    """The findings in the revisions that were looked at, in their order; `unlinted` says what was not looked at.

    `least` is the severity from which on an environment keeps them out, ERROR where none says.
    """

    findings: tuple[LintFinding, ...]
    revisions: tuple[str, ...]
    unlinted: tuple[str, ...] = ()
    least: Severity = Severity.ERROR

    @property
    def refused(self) -> bool:
        """Whether a plan with these revisions would be kept out."""
        return bool(counting(self.findings, self.least))


def counting(findings: Iterable[LintFinding], least: Severity) -> tuple[LintFinding, ...]:
    """The findings of at least that severity which the script itself does not allow."""
    return tuple(found for found in findings if found.allowed is None and found.severity.rank >= least.rank)
