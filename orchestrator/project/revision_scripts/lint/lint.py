"""Asks every rule about revisions that are pending together, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from orchestrator.core.lint import LintFinding
from orchestrator.project.revision_scripts.lint.change import Allowance, Known, Revision
from orchestrator.project.revision_scripts.lint.columns import COLUMNS
from orchestrator.project.revision_scripts.lint.locking import LOCKING
from orchestrator.project.revision_scripts.lint.losing import LOSING
from orchestrator.project.revision_scripts.lint.rule import Context, Rule
from orchestrator.project.revision_scripts.lint.whole import UNREAD, WHOLE, findings

_OF_CHANGES = (*LOSING, *COLUMNS, *LOCKING, UNREAD)
RULES: tuple[Rule, ...] = (*_OF_CHANGES, *WHOLE)
NAMES = frozenset(rule.name for rule in RULES)


def lint(revisions: Iterable[Revision], family: str, today: date) -> tuple[LintFinding, ...]:
    """The findings in these revisions for databases of a family, each once, in the order of the text.

    What concerns a table that one of them creates is harmless. Allowances end after `today`.
    """
    known, found = Known(), list[LintFinding]()
    for revision in revisions:
        told = sorted(_of_one(revision, family, known, today), key=_line)
        found += (allowed(finding, revision, today) for finding in dict.fromkeys(told))
    return tuple(found)


def _of_one(revision: Revision, family: str, known: Known, today: date) -> Iterator[LintFinding]:
    context = Context(family, revision, revision.of(family), known)
    for change in context.changes:
        new = known.is_new(change)
        yield from (rule.finding(change, context) for rule in _OF_CHANGES if rule.holds(change, context, new=new))
        known.after(change)
    yield from findings(context, today)


def _line(finding: LintFinding) -> int:
    line = finding.where.rpartition(":")[2]
    return int(line) if line.isdigit() else 0


def allowed(finding: LintFinding, revision: Revision, today: date) -> LintFinding:
    """The finding with the reason for which the script allows it, where it does."""
    for one in revision.allowances:
        if one.rule == finding.rule and one.until >= today and _covers(one, _line(finding)):
            return replace(finding, allowed=one.reason)
    return finding


def _covers(allowance: Allowance, line: int) -> bool:
    return allowance.lines is None or allowance.lines[0] <= line <= allowance.lines[1]
