"""Rules about columns and names that a running application, or a row that is there, does not fit any more."""

from __future__ import annotations

from orchestrator.core.lint import Severity
from orchestrator.project.revision_scripts.lint.change import Change, Kind, Trait
from orchestrator.project.revision_scripts.lint.rule import POSTGRESQL, Context, Rule, goes


def _not_proved(change: Change, context: Context) -> bool:
    """Unless a check that was validated proves it; it may have been validated before, and be dropped now."""
    dropped = any(one.kind is Kind.DROP_CONSTRAINT and one.table == change.table for one in context.changes)
    return change.table not in context.known.validated and not dropped


COLUMNS = (
    Rule(
        "rename-table",
        Severity.ERROR,
        frozenset({Kind.RENAME_TABLE}),
        "renames the table {table} to {other}",
        "the application that still runs asks for {table} and fails until the new one runs everywhere",
        'leave a view under the old name in the same revision, op.execute("CREATE VIEW {table} AS SELECT * FROM '
        '{other}"), and drop it in a later release',
        applies=goes,
    ),
    Rule(
        "rename-column",
        Severity.ERROR,
        frozenset({Kind.RENAME_COLUMN}),
        "renames the column {table}.{name} to {other}",
        "the application that still runs names {name} in its statements, which then fail",
        "add {other} beside it, let the application write both, fill {other} in batches, read {other}, and drop "
        "{name} in a later release",
    ),
    Rule(
        "rename-value",
        Severity.ERROR,
        frozenset({Kind.RENAME_VALUE}),
        "renames a value of the type {name}",
        "the application that still runs asks for the old value and writes it, and both fail",
        "add the new value beside it, ALTER TYPE {name} ADD VALUE …, let the application read both and write the "
        "new one, and change the rows in batches in a later release",
        families=POSTGRESQL,
    ),
    Rule(
        "not-null-without-default",
        Severity.ERROR,
        frozenset({Kind.ADD_COLUMN}),
        "adds {table}.{name} as NOT NULL without a server default",
        "it fails as soon as {table} has a row (MySQL fills in zeros and empty texts instead), and the "
        "application that still runs can insert none any more",
        'op.add_column("{table}", sa.Column("{name}", …, nullable=True)), fill it in batches, and make it NOT '
        "NULL in a later release; or give it a constant server_default",
        needs=frozenset({Trait.NOT_NULL}),
        unless=frozenset({Trait.DEFAULT, Trait.REWRITING}),
    ),
    Rule(
        "set-not-null",
        Severity.ERROR,
        frozenset({Kind.SET_NOT_NULL}),
        "makes {table}.{name} NOT NULL",
        "it fails where a row has NULL there, the application that still runs may write one, and the whole table "
        "is read or rebuilt while nobody else may use it",
        'op.create_check_constraint("ck_{table}_{name}", "{table}", "{name} IS NOT NULL", '
        'postgresql_not_valid=True); in the next revision op.execute("ALTER TABLE {table} VALIDATE CONSTRAINT '
        'ck_{table}_{name}"), then op.alter_column("{table}", "{name}", nullable=False) and drop the check',
        "let no version of the application write NULL there, fill the rows that have it in an earlier release, "
        "and allow it by a comment: # orchestrate: allow set-not-null until YYYY-MM-DD: REASON",
        applies=_not_proved,
    ),
    Rule(
        "type-change",
        Severity.ERROR,
        frozenset({Kind.ALTER_TYPE}),
        "changes the type of {table}.{name} to {other}",
        "the table is written anew while nobody else may use it, a value that does not fit fails, and the "
        "application that still runs expects the old type",
        "add a column of the new type beside it, let the application write both, fill it in batches, read it, and "
        "drop {name} in a later release; a text that only grows is harmless: give its existing_type",
        "add a column of the new type beside it, let the application write both, fill it in batches, read it, and "
        "drop {name} in a later release; a text that only grows is harmless on SQLite, and on MySQL and MariaDB "
        "where its length in bytes stays on the same side of 256: give its existing_type",
        unless=frozenset({Trait.WIDER}),
    ),
    Rule(
        "volatile-default",
        Severity.ERROR,
        frozenset({Kind.ADD_COLUMN}),
        "adds {table}.{name} with a value that is worked out for every row",
        "PostgreSQL writes the whole table anew while nobody else may read or write it",
        'op.add_column("{table}", sa.Column("{name}", …, nullable=True)), then op.alter_column("{table}", '
        '"{name}", server_default=…), which is for new rows alone, and fill the others in batches',
        families=POSTGRESQL,
        needs=frozenset({Trait.REWRITING}),
    ),
)
