"""How a journal in PostgreSQL is reached: silent servers, URLs of other drivers, cut connections."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from orchestrator.core.events import EventKind
from orchestrator.core.secrets import Secret
from orchestrator.errors import Exit, JournalError
from orchestrator.journal import migrate, postgresql_store
from orchestrator.journal.chain import Row
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
    monkeypatch.setattr(postgresql_store, "CONNECT_SECONDS", 2)
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


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost connection is given up soon."""
    monkeypatch.setattr(postgresql_store, "RECONNECT_SECONDS", 0.5)


def test_a_server_that_comes_back_is_waited_for(
    postgresql_server: PostgreSQL, new_database: Callable[[str], str], caplog: pytest.LogCaptureFixture
) -> None:
    """Over a restart reads and records go on, each event is there once, and one line says what is waited for."""
    url = Secret(new_database("postgresql"))
    with Journal(url, writing=True) as journal:
        journal.record(events("r1"))
        postgresql_server.stop()
        start = threading.Timer(0.6, postgresql_server.start)
        start.start()
        journal.record(events("r2"))
        start.join()
        assert journal.verify()[0] == 2
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("warning: the journal in 127.0.0.1:")
    assert "trying again for 10 seconds" in said


@pytest.mark.usefixtures("impatient")
def test_a_server_that_stays_away_is_given_up(
    postgresql_server: PostgreSQL, new_database: Callable[[str], str]
) -> None:
    """After the seconds that were said it is a JournalError, for reads as for records; the run is resumed."""
    with Journal(Secret(new_database("postgresql")), writing=True) as journal:
        journal.record(events("r1"))
        journal.began("r1")
        postgresql_server.stop()
        for ask in (journal.verify, lambda: journal.record(events("r2"))):
            with pytest.raises(JournalError, match="the journal cannot be used") as refused:
                ask()
            assert str(refused.value.mend).endswith(" takes what is written: orchestrate resume r1")
        postgresql_server.start()
        assert journal.verify()[0] == 1


@pytest.mark.parametrize("committed", [False, True])
def test_an_answer_that_was_lost_is_asked_for(
    new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    """A connection that is cut before or after the commit, without an answer: the event is there once."""
    url = new_database("postgresql")
    with Journal(Secret(url), writing=True) as journal:
        store: Any = journal._store
        first = store._connection

        class Cut:
            """A transaction whose end is cut off."""

            def __enter__(self) -> None:
                first.execute("BEGIN")

            def __exit__(self, *_: object) -> None:
                if committed:
                    first.execute("COMMIT")
                first.close()
                raise psycopg.OperationalError("the connection was cut")

        monkeypatch.setattr(first, "transaction", Cut)
        journal.record(events("r1", (EventKind.RUN_FINISHED, None)))
        assert store._connection is not first
        assert journal.verify()[0] == 2


def settings(url: str, *lines: str) -> None:
    """Defaults of every new session of this database."""
    name = url.rpartition("/")[2].partition("?")[0]
    databases.execute(url, *(f'ALTER DATABASE "{name}" SET {line}' for line in lines))


def test_what_is_recorded_is_durable_where_the_database_commits_without_waiting(
    new_database: Callable[[str], str],
) -> None:
    """With synchronous_commit off for the database every transaction of the journal commits with it on."""
    url = new_database("postgresql")
    settings(url, "synchronous_commit = off")
    found: list[str] = []
    with Journal(Secret(url), writing=True) as journal:
        store: Any = journal._store

        def after(sequence: int, digest: str) -> list[Row]:
            found.append(store._rows("SHOW synchronous_commit")[0][0])
            return []

        store.append(after)
        assert store.read("SHOW synchronous_commit") == [("off",)]
    with migrate.changing(Secret(url)) as connection:
        found += connection.exec_driver_sql("SHOW synchronous_commit").scalars()
    assert found == ["on", "on"]


def test_writers_see_each_other_where_transactions_are_repeatable_read_by_default(
    new_database: Callable[[str], str],
) -> None:
    """Who waited for the lock sees what was written meanwhile: two writers, one chain; first makers as well."""
    url = new_database("postgresql")
    settings(url, "default_transaction_isolation = 'repeatable read'")
    with Journal(Secret(url), writing=True) as first, Journal(Secret(url), writing=True) as second:
        with ThreadPoolExecutor(2) as pool:
            for done in pool.map(
                lambda told: [told[0].record(events(f"{told[1]}{n}")) for n in range(20)],
                ((first, "a"), (second, "b")),
            ):
                assert len(done) == 20
        assert first.verify()[0] == 40
    with migrate.changing(Secret(url)) as connection:
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"


def test_whoever_changes_the_tables_waits_a_bounded_time(
    new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who keeps the append lock is waited for so many seconds and no longer, and told of."""
    url = new_database("postgresql")
    monkeypatch.setattr(postgresql_store, "LOCK_SECONDS", 1)
    with postgresql_store.connect_postgresql(Secret(url), autocommit=True) as other:
        other.execute(f"SELECT pg_advisory_lock({postgresql_store.APPEND_LOCK})")
        with pytest.raises(JournalError, match="somebody kept them locked for 1 seconds") as refused:
            Journal(Secret(url), writing=True)
    assert "pg_locks" in str(refused.value.mend)
