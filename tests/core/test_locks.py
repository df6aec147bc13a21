"""What is shown of a statement, and what the locks of the targets make of an exit code."""

from __future__ import annotations

import pytest

from orchestrator.core.failure import Failure
from orchestrator.core.locks import Held, LocksReport, TargetLocks, shortened
from orchestrator.core.targets import Target
from orchestrator.errors import Exit

PROD = Target("prod")
HELD = TargetLocks(PROD, work_lock=Held("shop@db", session=7, ending="KILL 7"))
DEAD = TargetLocks(PROD, failure=Failure("unavailable", "gone", None, Exit.UNAVAILABLE))


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("ALTER TABLE t1\n  ADD c2 int", "ALTER TABLE t1 ADD c2 int"),
        ("UPDATE t SET a = 's3cret', b = 41.5 WHERE c = 'it''s s3cret'", "UPDATE t SET a = ?, b = ? WHERE c = ?"),
        ("SELECT $tag$ s3cret $tag$, x", "SELECT ?, x"),
        ('ALTER USER "s3cret" x', 'ALTER USER "?" x'),
        (r"SET a = 'x\' , 's3cret'", "SET a = …"),
        ("SET PASSWORD = 's3cre", "SET PASSWORD = …"),
        ("SELECT $$ s3cret", "SELECT …"),
        ("x" * 200, f"{'x' * 160}…"),
    ],
)
def test_a_statement_is_shown_without_its_literals(statement: str, shown: str) -> None:
    """A text or a number in a statement is masked, also where it was cut in the middle of one."""
    assert shortened(statement) == shown
    assert "s3cre" not in shown


def test_what_is_held_is_the_exit_code() -> None:
    """When asked, a lock that is held is 8, also beside a database that is away; that alone is 9, nothing is 0."""
    assert LocksReport((HELD, DEAD)).exit_when_asked is Exit.LOCKED
    assert LocksReport((DEAD,)).exit_when_asked is Exit.UNAVAILABLE
    assert LocksReport((TargetLocks(PROD),)).exit_when_asked is Exit.DONE


def test_nothing_is_to_be_typed_where_nothing_is_held() -> None:
    """A free target has no mend; one whose session was left behind has one that says what ends it."""
    assert TargetLocks(PROD).mend is None
    assert "KILL 7" in (HELD.mend or "")
