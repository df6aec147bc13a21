"""What a plan executes and how long it takes, made by hand for the golden files."""

from __future__ import annotations

from datetime import UTC, datetime

from orchestrator.core.estimates import Estimate, RevisionEstimate, Span
from orchestrator.core.preview import Executed, Measured, Origin, RevisionSql, SqlStatement
from orchestrator.core.targets import Target

_INDEX = SqlStatement("CREATE INDEX CONCURRENTLY ix_orders_placed\n    ON orders (placed_at)")
_FILL = SqlStatement("INSERT INTO orders (id, note) VALUES (%(id)s, %(note)s)", 50_000)
_CUT = SqlStatement("UPDATE orders SET note = '…'…", whole=False)
_AT = datetime(2026, 11, 20, 12, 3, tzinfo=UTC)

SQL = (
    RevisionSql(
        *("app", "postgresql", "a1", "index [bold]orders\x1b[2J"),
        (_INDEX, _FILL),
        7,
        Origin.EXECUTED,
        Executed("staging@acme", "staging", "20261120-120301-77aa", _AT, (_INDEX, _FILL), 7),
    ),
    RevisionSql("app", "postgresql", "a2", "notes", (_CUT,), origin=Origin.RENDERED),
    RevisionSql("app", "mysql", "a2", "notes", origin=Origin.RENDERED),
    RevisionSql("app", "postgresql", "a3", "", why="without a database its script fails: KeyError: x (a3.py:4)"),
)
ESTIMATES = (
    Estimate(
        "staging",
        (RevisionEstimate("a1", Measured("dev", 0.4, 0.6)),),
        {Target("staging"): Span(0.4, 0.6)},
        Span(0.4, 0.6),
    ),
    Estimate(
        "prod",
        (
            RevisionEstimate("a1", Measured("prod", 4.2, 95.0, 50)),
            RevisionEstimate("a2", Measured("staging", 12.0, 12.0)),
            RevisionEstimate("a3", None),
        ),
        {Target("prod", tenant="acme"): Span(16.2, 107.0), Target("prod", tenant="zen"): Span(16.2, 107.0)},
        Span(92.4, 274.0),
        60.0,
    ),
)
