"""Rules about what keeps everybody else from a table while it is read or built from end to end. PostgreSQL's."""

from __future__ import annotations

from orchestrator.core.lint import Severity
from orchestrator.project.revision_scripts.lint.change import Change, Kind, Trait
from orchestrator.project.revision_scripts.lint.rule import POSTGRESQL, Applies, Context, Rule

_ALONE = "in a revision of its own: with op.get_context().autocommit_block(): "


def _without(trait: Trait) -> Applies:
    return lambda change, _: trait not in change.traits


def _in_transaction(change: Change, context: Context) -> bool:
    """Unless a COMMIT before it left the transaction."""
    before = (one for one in context.changes if one.line < change.line)
    left = any(one.kind is Kind.LEAVE for one in before)
    return Trait.CONCURRENTLY in change.traits and not change.outside and not left


LOCKING = (
    Rule(
        "index-without-concurrently",
        Severity.ERROR,
        frozenset({Kind.CREATE_INDEX}),
        "builds the index {name} on {table} in the transaction",
        "nobody can write to {table} until the index is built and the revision has committed",
        _ALONE + 'op.create_index("{name}", "{table}", {columns}, postgresql_concurrently=True)',
        families=POSTGRESQL,
        applies=_without(Trait.CONCURRENTLY),
    ),
    Rule(
        "drop-index-without-concurrently",
        Severity.WARNING,
        frozenset({Kind.DROP_INDEX}),
        "drops the index {name} in the transaction",
        "nobody can read or write its table until the revision has committed, and queries that need it get slow",
        _ALONE + 'op.drop_index("{name}", postgresql_concurrently=True)',
        families=POSTGRESQL,
        applies=_without(Trait.CONCURRENTLY),
    ),
    Rule(
        "concurrently-in-transaction",
        Severity.WARNING,
        frozenset({Kind.CREATE_INDEX, Kind.DROP_INDEX}),
        "asks for CONCURRENTLY inside the revision's transaction, for the index {name}",
        "PostgreSQL refuses it there, and the revision fails, unless env.py connects in autocommit",
        _ALONE + "the same operation",
        families=POSTGRESQL,
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
        applies=_without(Trait.NOT_VALID),
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
        applies=_without(Trait.NOT_VALID),
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
        applies=_without(Trait.USING_INDEX),
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
        "table-lock",
        Severity.ERROR,
        frozenset({Kind.LOCK}),
        "runs {name} {table}",
        "nobody else can use what it works on until it is done, however long that takes",
        "do it outside the release, or as the database does it beside others: VACUUM without FULL, REINDEX "
        "CONCURRENTLY, REFRESH MATERIALIZED VIEW CONCURRENTLY",
        families=POSTGRESQL,
    ),
)
