"""How a journal in PostgreSQL is reached: silent servers, URLs of other drivers, cut connections."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from orchestrator.core.events import EventKind
from orchestrator.core.secrets import Secret
from orchestrator.errors import Exit, JournalError
from orchestrator.journal import store
from orchestrator.journal.journal import Journal
from tests.journal.test_journal import events
from tests.servers.postgresql import PostgreSQL
from tests.stories import databases

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'orchestrate journal'"


@pytest.fixture
def silent() -> Iterator[int]:
    """A port on which somebody listens and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.postgresql
def test_a_server_that_says_nothing_is_given_up(silent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal whose server accepts and stays silent is unreachable with exit code 10, and nobody hangs."""
    monkeypatch.setattr(store, "CONNECT_SECONDS", 2)
    with pytest.raises(JournalError, match="timeout") as refused:
        Journal(Secret(f"postgresql://ann:hunter2@127.0.0.1:{silent}/journal"))
    assert refused.value.exit is Exit.JOURNAL
    assert "hunter2" not in f"{refused.value} {refused.value.where} {refused.value.mend}"


def test_a_url_as_other_drivers_take_it(postgresql_server: PostgreSQL, new_database: Callable[[str], str]) -> None:
    """What only asyncpg understands is left out, a raw % in the password stays, and the journal is written."""
    url = new_database("postgresql")
    place = url.rpartition("@")[2]
    postgresql_server.create_role("percent", "50%zz")
    databases.execute(url, "GRANT CREATE ON SCHEMA public TO percent")
    odd = Secret(f"postgresql+asyncpg://percent:50%zz@{place}?prepared_statement_cache_size=0&ssl=prefer")
    with Journal(odd, writing=True) as journal:
        journal.record(events("r1"))
    with Journal(odd) as journal:
        assert journal.run("r1").id == "r1"


def test_a_connection_cut_while_idle_is_made_again(new_database: Callable[[str], str]) -> None:
    """What is recorded after the server ended an idle connection is there once, and the chain holds."""
    url = new_database("postgresql")
    with Journal(Secret(url), writing=True) as journal:
        journal.record(events("r1"))
        databases.rows(url, CUT)
        journal.record(events("r2", (EventKind.RUN_FINISHED, None)))
        assert journal.verify()[0] == 3
        assert {run.id for run in journal.runs()} == {"r1", "r2"}
