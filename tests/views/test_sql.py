"""What revisions execute, as it is shown before anybody consents."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.console import Group

from orchestrator.core.preview import Executed, Origin, RevisionSql, SqlStatement, named_in
from orchestrator.views.text.sql import sql
from tests.views.drawing import text
from tests.views.preview_samples import SQL
from tests.views.samples import NOW


def test_a_data_migration_that_found_no_rows_is_not_said_to_change_nothing() -> None:
    """What was recorded holds where it was executed; only what was rendered changes nothing by itself."""
    empty = replace(SQL[0], statements=(), more=0)
    there = text(Group(*sql((empty,))))
    assert "nothing was changed there" in there
    assert "it changes nothing" not in there
    rendered = RevisionSql("app", "mysql", "a", "", origin=Origin.RENDERED)
    assert "it changes nothing" in text(Group(*sql((rendered,))))
    assert "depends on those it finds" in text(Group(*sql(SQL[:1])))
    schema = replace(SQL[0], statements=(SqlStatement("ALTER TABLE t ADD c INTEGER"),))
    assert "depends on those it finds" not in text(Group(*sql((schema, *SQL[1:]))))


def test_a_reason_why_nothing_is_known_is_told_once() -> None:
    """For all the revisions that it keeps from being shown."""
    told = text(Group(*sql(RevisionSql("app", "mysql", f"r{n:02}", "", why="no Python") for n in range(67))))
    assert "SQL of 67 revisions, r00, r01, r02 and 64 more" in told
    assert told.count("no Python") == 1


@pytest.mark.parametrize(
    ("statement", "names", "found"),
    [
        ("ALTER DATABASE staging SET search_path TO a", {"staging"}, ("staging",)),
        ("COMMENT ON DATABASE \"shop-eu\" IS '…'", {"shop-eu"}, ("shop-eu",)),
        ("ALTER TABLE staging_orders ADD c INTEGER", {"staging"}, ()),
        ("ALTER TABLE t ADD c INTEGER", {None}, ()),
    ],
)
def test_a_statement_that_names_the_database_it_ran_in_is_told(
    statement: str, names: set[str | None], found: tuple[str, ...]
) -> None:
    """By the whole word: on another database its own name comes there."""
    told = (SqlStatement(statement),)
    own = named_in(told, names)
    assert own == found
    executed = replace(SQL[0], statements=told, executed=Executed("staging", "staging", "r", NOW, told, own=own))
    assert ("as staging's own database or schema is called" in text(Group(*sql((executed,))))) == bool(found)
