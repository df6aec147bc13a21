"""Rules about what takes rows, values or guarantees with it."""

from __future__ import annotations

from orchestrator.core.lint import Severity
from orchestrator.project.revision_scripts.lint.change import CONSTRAINTS, Change, Kind, Trait
from orchestrator.project.revision_scripts.lint.rule import Context, Rule, goes, stays

_LATER = (
    "release the application without it first and drop it in a later release, with a comment above it: "
    "# orchestrate: allow {rule} until YYYY-MM-DD: REASON"
)


def _later(rule: str) -> str:
    return _LATER.replace("{rule}", rule)


def _not_replaced(change: Change, context: Context) -> bool:
    """Unless a copy takes its name in SQLite, where nobody writes between the copy and the drop."""
    replaced = any(one.kind is Kind.RENAME_TABLE and one.other == change.table for one in context.changes)
    return change.varies or not (replaced and context.family == "sqlite")


def _not_exchanged(change: Change, context: Context) -> bool:
    """Unless another constraint of the table takes its place, or the column says itself what the check said."""
    instead = CONSTRAINTS | {Kind.SET_NOT_NULL}
    exchanged = any(one.kind in instead and one.table == change.table for one in context.changes)
    return stays(change, context) and not exchanged


LOSING = (
    Rule(
        "drop-table",
        Severity.ERROR,
        frozenset({Kind.DROP_TABLE}),
        "drops the table {table}",
        "its rows are lost, and the application that still runs asks for it until the new one runs everywhere",
        _later("drop-table"),
        applies=_not_replaced,
    ),
    Rule(
        "drop-schema",
        Severity.ERROR,
        frozenset({Kind.DROP_ALL}),
        "drops all at once: {other} {name}",
        "every table in it is lost with its rows, whatever came to be there since this was written",
        "drop by its name what is to go, in a release after the one that stopped using it",
        of_new=True,
    ),
    Rule(
        "drop-column",
        Severity.ERROR,
        frozenset({Kind.DROP_COLUMN}),
        "drops the column {table}.{name}",
        "its values are lost, and the application that still runs names it in its statements, which then fail",
        _later("drop-column"),
    ),
    Rule(
        "drop-view",
        Severity.WARNING,
        frozenset({Kind.DROP_VIEW}),
        "drops the view {table}",
        "whoever still asks for it, the running application or a report, fails from then on",
        _later("drop-view"),
        applies=goes,
    ),
    Rule(
        "drop-constraint",
        Severity.WARNING,
        frozenset({Kind.DROP_CONSTRAINT}),
        "drops the constraint {name} of {table}",
        "rows that break it may be written from then on, and it cannot be put back while there are any",
        "drop it when no version of the application relies on it, with a comment above it: "
        "# orchestrate: allow drop-constraint until YYYY-MM-DD: REASON",
        applies=_not_exchanged,
    ),
    Rule(
        "access",
        Severity.WARNING,
        frozenset({Kind.ACCESS}),
        "takes rights on {table} from others: {name}",
        "an application that still needs them fails from then on, or sees no rows",
        "give the new right first, and take the old one away in a release after the one that stopped using it, "
        "with a comment above it: # orchestrate: allow access until YYYY-MM-DD: REASON",
    ),
    Rule(
        "truncate",
        Severity.ERROR,
        frozenset({Kind.TRUNCATE}),
        "empties the table {table}",
        "every row is lost; MySQL and MariaDB cannot take it back even where the revision fails",
        "delete the rows that are meant, in batches: DELETE FROM {table} WHERE …",
    ),
    Rule(
        "delete-without-where",
        Severity.ERROR,
        frozenset({Kind.DELETE}),
        "deletes every row of {table}",
        "every row is lost, and locked until the revision has committed",
        "name the rows that are meant, in batches: DELETE FROM {table} WHERE …",
        unless=frozenset({Trait.WHERE}),
    ),
    Rule(
        "update-without-where",
        Severity.WARNING,
        frozenset({Kind.UPDATE}),
        "changes every row of {table} in one statement",
        "every row is locked until the revision has committed, and the table may grow to twice its size",
        "change it in batches outside the release, each with a WHERE that passes over what is done: "
        "UPDATE {table} SET … WHERE … AND id BETWEEN … AND …",
        unless=frozenset({Trait.WHERE}),
    ),
)
