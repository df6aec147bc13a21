"""What a probe's reading says."""

from __future__ import annotations

import pytest

from orchestrator.core.observations import Reading
from tests.core.worlds import observation


@pytest.mark.parametrize("reading", list(Reading))
def test_heads_are_known_only_where_the_version_table_was_read_or_is_surely_absent(reading: Reading) -> None:
    """A database that hides its version table, denies or does not answer is never taken for an empty one."""
    assert reading.readable is (reading in (Reading.VERSIONED, Reading.EMPTY))


@pytest.mark.parametrize(("family", "transactional"), [("postgresql", True), ("sqlite", False), ("mysql", False)])
def test_only_postgresql_undoes_a_failed_revision(family: str, transactional: bool) -> None:
    """As Alembic's `transactional_ddl` has it."""
    assert observation("dev", "a", family=family).transactional is transactional
