"""Rules about what keeps everybody else from a table while it is read, built or copied from end to end."""

from __future__ import annotations

from itertools import takewhile

from orchestrator.core.lint import Severity
from orchestrator.project.revision_scripts.lint.change import Change, Kind, Trait
from orchestrator.project.revision_scripts.lint.rule import MYSQL, POSTGRESQL, Context, Rule, stays

_ALONE = "in a revision of its own: with op.get_context().autocommit_block(): "


def _in_transaction(change: Change, context: Context) -> bool:
    """Unless a COMMIT before it left the transaction."""
    return not change.outside and not _after(Kind.LEAVE, change, context)


def _checked(change: Change, context: Context) -> bool:
    return not _after(Kind.UNCHECKED, change, context)


def _after(kind: Kind, change: Change, context: Context) -> bool:
    return any(one.kind is kind for one in takewhile(lambda one: one is not change, context.changes))


LOCKING = (
    Rule(
        "index-without-concurrently",
        Severity.ERROR,
        frozenset({Kind.CREATE_INDEX}),
        "builds the index {name} on {table} in the transaction",
        "nobody can write to {table} until the index is built and the revision has committed",
        _ALONE + 'op.create_index("{name}", "{table}", {columns}, postgresql_concurrently=True)',
        families=POSTGRESQL,
        unless=frozenset({Trait.CONCURRENTLY}),
    ),
    Rule(
        "drop-index-without-concurrently",
        Severity.WARNING,
        frozenset({Kind.DROP_INDEX}),
        "drops the index {name} in the transaction",
        "nobody can read or write its table until the revision has committed, and queries that need it get slow",
        _ALONE + 'op.drop_index("{name}", postgresql_concurrently=True)',
        families=POSTGRESQL,
        applies=stays,
        unless=frozenset({Trait.CONCURRENTLY}),
    ),
    Rule(
        "concurrently-in-transaction",
        Severity.WARNING,
        frozenset({Kind.CREATE_INDEX, Kind.DROP_INDEX}),
        "asks for CONCURRENTLY inside the revision's transaction, for the index {name}",
        "PostgreSQL refuses it there, and the revision fails, unless env.py connects in autocommit",
        _ALONE + "the same operation",
        families=POSTGRESQL,
        needs=frozenset({Trait.CONCURRENTLY}),
        applies=_in_transaction,
        of_new=True,
    ),
    Rule(
        "foreign-key-without-not-valid",
        Severity.ERROR,
        frozenset({Kind.ADD_FOREIGN_KEY}),
        "adds the foreign key {name} from {table} to {other}, and checks every row at once",
        "nobody can write to {table} or {other} until every row of {table} was looked up",
        'op.create_foreign_key("{name}", "{table}", "{other}", {columns}, […], postgresql_not_valid=True); in the '
        'next revision op.execute("ALTER TABLE {table} VALIDATE CONSTRAINT {name}")',
        families=POSTGRESQL,
        unless=frozenset({Trait.NOT_VALID}),
    ),
    Rule(
        "check-without-not-valid",
        Severity.ERROR,
        frozenset({Kind.ADD_CHECK}),
        "adds the check {name} to {table}, and checks every row at once",
        "nobody can read or write {table} until every row was looked at",
        'op.create_check_constraint("{name}", "{table}", {columns}, postgresql_not_valid=True); in the next '
        'revision op.execute("ALTER TABLE {table} VALIDATE CONSTRAINT {name}")',
        families=POSTGRESQL,
        unless=frozenset({Trait.NOT_VALID}),
    ),
    Rule(
        "unique-without-index",
        Severity.ERROR,
        frozenset({Kind.ADD_UNIQUE, Kind.ADD_PRIMARY_KEY}),
        "adds the constraint {name} to {table}, and builds its index in the transaction",
        "nobody can read or write {table} until the index is built and the revision has committed",
        _ALONE
        + 'op.create_index("{name}", "{table}", {columns}, unique=True, postgresql_concurrently=True); in the '
        'next one op.execute("ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}")',
        families=POSTGRESQL,
        unless=frozenset({Trait.USING_INDEX}),
    ),
    Rule(
        "exclude-constraint",
        Severity.ERROR,
        frozenset({Kind.ADD_EXCLUDE}),
        "adds the exclusion {name} to {table}, and builds its index in the transaction",
        "nobody can read or write {table} until the index is built, and this one cannot be built beforehand",
        "a new table with the constraint, which is filled in batches and takes the place of {table}; or a time in "
        "which nobody works, and a comment: # orchestrate: allow exclude-constraint until YYYY-MM-DD: REASON",
        families=POSTGRESQL,
    ),
    Rule(
        "constraint-copies-table",
        Severity.ERROR,
        frozenset({Kind.ADD_FOREIGN_KEY, Kind.ADD_CHECK}),
        "adds the constraint {name} to {table}, which MySQL and MariaDB copy for it",
        "nobody can write to {table} until every row was copied",
        'a foreign key in a revision of its own between op.execute("SET foreign_key_checks = 0") and '
        'op.execute("SET foreign_key_checks = 1"), after a look for rows that break it; a check in a time in '
        "which nobody works, and a comment: # orchestrate: allow constraint-copies-table until YYYY-MM-DD: REASON",
        families=MYSQL,
        applies=_checked,
    ),
    Rule(
        "table-lock",
        Severity.ERROR,
        frozenset({Kind.LOCK}),
        "runs {name} {table}",
        "nobody else can use what it works on, or not write to it, until it is done, however long that takes",
        "do it outside the release, or as the database does it beside others: VACUUM without FULL, REINDEX "
        "CONCURRENTLY, REFRESH MATERIALIZED VIEW CONCURRENTLY, a valid check that says what ATTACH PARTITION asks,"
        ' a batch with recreate="auto"',
        "do it outside the release, or by a program that copies the table beside the others' work: "
        'pt-online-schema-change, gh-ost; a batch with recreate="auto"',
        families=POSTGRESQL | MYSQL,
    ),
)
