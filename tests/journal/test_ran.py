"""Which bytes ran where, as both kinds of journal tell it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from orchestrator.core.edited import Ran
from orchestrator.core.events import Event, EventKind
from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.journal import migrate, ran, reader
from orchestrator.journal.chain import TABLE
from orchestrator.journal.journal import Journal
from tests.journal.test_journal import START, engine, events, url, write
from tests.journal.test_versions import older

__all__ = ["engine", "url"]

ONE, TWO, THREE = (f"sha256:{number * 64}" for number in "123")
APPLIED, RECOVERED = EventKind.STEP_APPLIED, EventKind.STEP_RECOVERED


def steps(*told: tuple[EventKind, str, str, dict[str, Any]]) -> list[Event]:
    """Steps of a run each, a second apart: kind, target, revision, body."""
    return [
        Event(kind, START + timedelta(seconds=n), f"r{n}", "ann@work", Target.parse(target), revision, body)
        for n, (kind, target, revision, body) in enumerate(told)
    ]


TOLD = steps(
    (EventKind.STEP_INTENT, "dev", "a", {"digest": TWO}),
    (APPLIED, "dev", "a", {"digest": ONE, "message": 'says "digest":"sha256:' + "9" * 64}),
    (APPLIED, "prod/app@x", "a", {"digest": ONE}),
    (APPLIED, "prod/app@y", "a", {"digest": ONE}),
    (APPLIED, "prod/app@x", "b 2", {"digest": ONE}),
    (APPLIED, "prod/app@y", "b 2", {"digest": TWO}),
    (RECOVERED, "prod/app@z", "b 2", {"digest": ONE}),
    (RECOVERED, "prod/app@z", "old", {"message": "recorded without a digest"}),
    (APPLIED, "dev/billing", "a", {"digest": ONE}),
    (APPLIED, "dev/billing", "a", {"digest": ONE, "action": "downgrade"}),
    (APPLIED, "dev", "stamped", {"digest": ONE, "action": "stamp"}),
    (APPLIED, "dev", "again", {"digest": ONE}),
    (APPLIED, "dev", "again", {"digest": ONE, "action": "downgrade"}),
    (APPLIED, "dev", "again", {"digest": TWO}),
)


def of(found: Iterable[Ran]) -> set[tuple[str, str, str, str]]:
    return {(str(one.target), one.revision, one.digest, one.run) for one in found}


@pytest.mark.parametrize("indexed", [True, False])
def test_the_bytes_that_ran_are_told_by_database_and_by_who_ran_them_last(url: Secret, *, indexed: bool) -> None:
    """A revision's bytes are those of its last upgrade, with the index and without; one taken back has none."""
    write(url, TOLD)
    with Journal(url) as journal:
        journal._by_bytes = indexed
        recorded = journal.digests()
        assert recorded == {
            (Target("dev"), "a"): {ONE},
            (Target("prod"), "a"): {ONE},
            (Target("prod"), "b 2"): {ONE, TWO},
            (Target("dev", "billing"), "a"): {ONE},
            (Target("dev"), "stamped"): {ONE},
            (Target("dev"), "again"): {ONE, TWO},
        }
        assert of(journal.ran(recorded)) == {
            ("prod", "a", ONE, "r3"),
            ("dev", "a", ONE, "r1"),
            ("prod/app@x", "b 2", ONE, "r4"),
            ("prod/app@y", "b 2", TWO, "r5"),
            ("prod/app@z", "b 2", ONE, "r6"),
            ("dev", "again", TWO, "r13"),
        }
        assert of(journal.ran({(Target("dev"), "a"): frozenset((TWO,))})) == set()


def test_a_journal_before_the_index_is_read_without_it(url: Secret) -> None:
    """Until the first record brings the tables up, the events themselves say what ran."""
    older(url)
    with Journal(url) as journal:
        assert not journal._by_bytes
        assert journal.digests() == {}
    write(url, TOLD[:2])
    with Journal(url) as journal:
        assert journal._by_bytes
        assert journal.digests() == {(Target("dev"), "a"): {ONE}}


@pytest.mark.sqlite
def test_a_million_events_are_not_read(tmp_path: Any) -> None:
    """Every query that is asked of a journal with the index finds its rows by it, and by nothing else."""
    url = Secret(f"sqlite:///{tmp_path}/journal.db")
    write(url, TOLD)
    with Journal(url) as journal:
        assert journal._store is not None
        for query in (ran._STEPPED, ran._LATEST):
            asked = ["key", ran.ANYTHING, 1][: query.count("?")]
            told = [row[3] for row in journal._store.read(f"EXPLAIN QUERY PLAN {query}", asked)]
            ours = [line for line in told if "orchestrate_events" in line]
            assert ours
            assert all("ix_orchestrate_events_bytes" in line or "rowid=?" in line for line in ours), told
    assert migrate.KNOWN[-1] >= migrate.BY_BYTES


@pytest.mark.sqlite
def test_the_last_runs_are_found_from_name_to_name(tmp_path: Any) -> None:
    """Which run touched a target last is asked of its index once for each target, and never of every event."""
    url = Secret(f"sqlite:///{tmp_path}/journal.db")
    write(url, TOLD)
    with Journal(url) as journal:
        assert journal._store is not None
        rows = journal._store.read(f"EXPLAIN QUERY PLAN SELECT 1 FROM {TABLE} {reader._LATEST}")
    assert [row[3] for row in rows if "ix_orchestrate_events_target" in row[3]]
    assert not [row[3] for row in rows if "SCAN" in row[3] and "named" not in row[3]]


def test_every_target_has_its_last_run_whatever_its_name(url: Secret) -> None:
    """The names are walked in the database's own order, in which none is left out and none comes twice."""
    names = ["dev", "prod", "prod/App", "prod/app@a", "prod/app@A", "prod/app@ä", "prod/app@a b", "prod/app@_"]
    targets = [Target.parse(name) for name in names]
    write(url, *(events(f"r{n}", (EventKind.STEP_APPLIED, one)) for n, one in enumerate(targets)))
    with Journal(url) as journal:
        assert {one: run.id for one, run in journal.last_runs().items()} == {
            one: f"r{n}" for n, one in enumerate(targets)
        }
