"""The journal's own migrations: an older one is brought up, or written as it is where that is not permitted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url

from orchestrator.core.secrets import Secret
from orchestrator.errors import BrokenJournalError
from orchestrator.journal import migrate, place
from orchestrator.journal.journal import Journal
from orchestrator.journal.store import file_of
from tests.journal.test_journal import engine, events, url, write
from tests.servers.postgresql import PostgreSQL
from tests.stories import databases

__all__ = ["engine", "url"]


def older(url: Secret) -> None:
    """A journal as the first version made it, with an event in it."""
    if (path := file_of(url)) is not None:
        place.make(path)
    with migrate.changing(url) as connection:
        config = Config()
        config.set_main_option("script_location", "orchestrator:journal/migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    newest = migrate.KNOWN
    migrate.KNOWN = ("0001",)
    try:
        write(url, events("r1"))
    finally:
        migrate.KNOWN = newest


def version(url: Secret) -> str:
    return str(databases.rows(url.reveal(), "SELECT version_num FROM orchestrate_journal_version")[0][0])


def test_an_older_journal_is_read_and_brought_up_when_it_is_written(url: Secret) -> None:
    """Reading changes nothing; the first record brings the tables up, and the chain goes on."""
    older(url)
    with Journal(url) as journal:
        assert journal.run("r1").id == "r1"
    assert version(url) == "0001"
    assert write(url, events("r2"))[0].sequence == 2
    assert version(url) == migrate.KNOWN[-1]
    with Journal(url) as journal:
        assert journal.verify()[0] == 2


def test_a_role_that_may_not_change_tables_writes_an_older_journal(
    new_database: Callable[[str], str], postgresql_server: PostgreSQL
) -> None:
    """After an upgrade of the tool the team goes on before the tables' owner came by."""
    owner = new_database("postgresql")
    older(Secret(owner))
    postgresql_server.create_role("adds", "secret")
    databases.execute(
        owner,
        "GRANT SELECT, INSERT ON orchestrate_events TO adds",
        "GRANT SELECT ON orchestrate_journal_version TO adds",
    )
    theirs = make_url(owner).set(username="adds", password="secret").render_as_string(hide_password=False)
    assert write(Secret(theirs), events("r2"))[0].sequence == 2
    assert version(Secret(owner)) == "0001"


@pytest.mark.parametrize("table", ["orchestrate_events", "orchestrate_journal_version"])
def test_a_journal_that_lost_a_table_is_broken(url: Secret, table: str) -> None:
    """It is not taken for a new one."""
    write(url, events("r1"))
    databases.execute(url.reveal(), f"DROP TABLE {table}")
    for writing in (False, True):
        with pytest.raises(BrokenJournalError, match=f"{table} is gone or empty"):
            Journal(url, writing=writing)
