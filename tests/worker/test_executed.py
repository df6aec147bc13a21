"""What is told of the statements that a revision executes: bounded, in order, and no literal of them."""

from __future__ import annotations

import pytest

from orchestrator.worker.executed import Executed
from orchestrator.worker.sql import asks


def told(*statements: str, dialect: str = "postgresql") -> Executed:
    """These statements, seen one after the other."""
    executed = Executed(dialect)
    for statement in statements:
        executed.saw(statement)
    return executed


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT a FROM t", True),
        ('PRAGMA main.table_info("t")', True),
        ("PRAGMA foreign_keys", True),
        ("SHOW CREATE TABLE t", True),
        ("SAVEPOINT a", True),
        ("PRAGMA foreign_keys=OFF", False),
        ("SELECT create_hypertable('t', 'at')", False),
        ("SELECT setval('s', max(id)) FROM t", False),
        ("SELECT * INTO u FROM t", False),
        ("SET lock_timeout = '5s'", False),
        ("LOCK TABLE t", False),
        ("COMMIT", False),
        ("WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", False),
    ],
)
def test_what_only_asks_is_left_out(statement: str, expected: bool) -> None:
    """A query is no part of what a revision does; what sets, locks, commits or calls a function is."""
    assert asks(statement.replace('"t"', " ")) is expected
    assert bool(told(statement).told) is not expected


def test_a_statement_is_told_in_its_lines_and_without_literals() -> None:
    """It reads as it was written, less its comments and what may be a password; where it is unsure it says so."""
    update = "\n    UPDATE t -- it's why\n       SET a = 'hunter2''s',\n\n\t   b = 7\n"
    assert told(update).told == [["UPDATE t\n   SET a = '…',\n   b = 7", 1, True]]
    escaped = "CREATE USER a IDENTIFIED BY 'hun\\'ter2'"
    assert told(escaped, dialect="mysql").told == [["CREATE USER a IDENTIFIED BY '…'…", 1, False]]
    nested = "/* it's /* nested */ */ ALTER ROLE a PASSWORD 'hunter2'"
    assert told(nested).told == [["…", 1, False]]
    long = f"INSERT INTO t VALUES ('{'x' * 5000}hunter2')"
    assert told(long).told == [["INSERT INTO t VALUES ('…'…", 1, False]]
    assert told('ALTER TABLE "it\'s" ADD a int').told == [['ALTER TABLE "it\'s" ADD a int', 1, True]]


def test_a_revision_of_very_many_statements_stays_small() -> None:
    """The same in a row is one with a number; beyond two hundred, or so many characters, they are only counted."""
    row = "INSERT INTO t VALUES (?)"
    assert told(*[row] * 5, "SELECT 1 FROM t", row).told == [[row, 6, True]]
    many = told(*(f"INSERT INTO t VALUES ({number})" for number in range(1000)))
    assert (len(many.told), many.more) == (200, 800)
    large = told(*(f"INSERT INTO t VALUES ({number}{', 1' * 1000})" for number in range(50)))
    assert sum(len(text) for text, _, _ in large.told) < 24_000
    assert len(large.told) + large.more == 50
