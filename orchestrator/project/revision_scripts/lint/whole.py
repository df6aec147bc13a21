"""Rules about a revision as a whole: what of it was not read, how it fails half-way, whether it can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from orchestrator.core.lint import LintFinding, Severity
from orchestrator.project.revision_scripts.lint.change import NO_SCHEMA, ROWS, Change, Kind, Revision, Trait
from orchestrator.project.revision_scripts.lint.rule import Context, Rule

UNREAD = Rule(
    "unread",
    Severity.WARNING,
    frozenset({Kind.UNREAD}),
    "runs what cannot be read here: {name}",
    "no rule has looked at it: it may lock a table, or lose rows",
    "write the statement into the revision as text; where it must be computed, read it with care and allow it by "
    "a comment: # orchestrate: allow unread until YYYY-MM-DD: REASON",
    of_new=True,
)
MIXED = Rule(
    "mixed-data-and-schema",
    Severity.WARNING,
    ROWS,
    "changes rows of {table} in a revision that also changes the schema of existing tables",
    "the locks of the schema change are held until every row is done; MySQL and MariaDB cannot take it back when "
    "it fails half-way",
    "one revision for the schema, and one after it for the rows of {table}, in batches",
)
LEAVING = Rule(
    "non-transactional",
    Severity.WARNING,
    frozenset({Kind.LEAVE}),
    "leaves the transaction that a revision runs in",
    "when it fails half-way, what was done before stays, the revision does not count as applied, and running it "
    "again meets what is there already",
    "one revision for each operation that cannot run in a transaction, in an autocommit_block, with nothing else",
)
WAY_BACK = Rule(
    "no-downgrade",
    Severity.WARNING,
    frozenset(),
    "cannot be taken back: {name}",
    "a run that applied it cannot be rolled back, or what it did stays in the database",
    "write the downgrade that undoes its upgrade",
)
ALLOWING = Rule(
    "allowance",
    Severity.WARNING,
    frozenset(),
    "has a comment that allows nothing: {name}",
    "what it was meant to allow is found all the same",
    "# orchestrate: allow RULE until YYYY-MM-DD: REASON",
)
WHOLE = (MIXED, LEAVING, WAY_BACK, ALLOWING)


def findings(context: Context, today: date) -> Iterator[LintFinding]:
    """What the rules about a whole revision find; `known` is what is new after it."""
    revision = context.revision
    if (row := _mixed(context)) is not None:
        yield MIXED.finding(row, context)
    if (left := _leaving(revision, context.changes)) is not None:
        yield LEAVING.finding(left, context)
    if revision.way_back is not None:
        line, why = revision.way_back
        yield WAY_BACK.finding(Change(Kind.OTHER, line, name=why), context)
    for one in revision.allowances:
        if (fault := one.fault or (f"it ended on {one.until}" if one.until < today else None)) is not None:
            yield ALLOWING.finding(Change(Kind.OTHER, one.line, name=fault), context)


def _mixed(context: Context) -> Change | None:
    """The first change of rows that were there before, beside a change of a table that was there before."""
    existing = [change for change in context.changes if not context.known.is_new(change)]
    if all(change.kind in NO_SCHEMA for change in existing):
        return None
    return next((change for change in existing if change.kind in ROWS), None)


def _leaving(revision: Revision, changes: tuple[Change, ...]) -> Change | None:
    """Where a revision leaves the transaction, unless a single operation outside it is all that it does.

    Nor where all until it is back does nothing where it was done already. What asks for CONCURRENTLY in the
    transaction does not leave it: it fails.
    """
    outside = [change for change in changes if change.outside or change.kind is Kind.LEAVE]
    if not revision.leaves or (len(changes) == 1 and outside):
        return None
    if outside:
        until = changes[: changes.index(outside[-1]) + 1]
        return None if all(Trait.REPEATABLE in change.traits for change in until) else outside[0]
    elsewhere = any(change.outside or Trait.CONCURRENTLY in change.traits for change in revision.changes)
    return None if elsewhere else Change(Kind.LEAVE, revision.begins)
