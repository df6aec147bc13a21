"""Group commit: what threads record together is one transaction, and each of them is told what became of his."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from orchestrator.core.secrets import Secret
from orchestrator.errors import JournalError
from orchestrator.journal.chain import Row
from orchestrator.journal.group import Group
from orchestrator.journal.journal import Journal
from tests.journal.test_journal import events, url

__all__ = ["url"]


class Slow:
    """A commit that waits at a gate, and notes what each transaction held."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.transactions: list[list[Row]] = []
        self.error: BaseException | None = None

    def __call__(self, rows: list[Row]) -> list[Row]:
        self.entered.set()
        assert self.gate.wait(60)
        if self.error and self.transactions:
            raise self.error
        self.transactions.append(rows)
        return [(*row, "durable") for row in rows]


def gathered(slow: Slow, more: int) -> tuple[list[list[Row]], list[BaseException]]:
    """One thread commits; so many come meanwhile. What each got back, the first first, and what each was told."""
    group, got, failed = Group(slow), {}, []

    def record(number: int) -> None:
        try:
            got[number] = group.record([(number, "a"), (number, "b")])
        except BaseException as error:  # noqa: BLE001 - told to the test
            failed.append(error)

    with ThreadPoolExecutor(more + 1) as pool:
        pool.submit(record, 0)
        assert slow.entered.wait(60)
        for number in range(1, more + 1):
            pool.submit(record, number)
        while len(group._waiting) < more:
            pass
        slow.gate.set()
    return [got[number] for number in sorted(got)], failed


def test_whoever_comes_meanwhile_shares_the_next_transaction() -> None:
    """One at work, five who come: two transactions. Each gets back his own rows, in their order."""
    slow = Slow()
    got, failed = gathered(slow, 5)
    assert failed == []
    assert [len(rows) for rows in slow.transactions] == [2, 10]
    assert got == [[(number, "a", "durable"), (number, "b", "durable")] for number in range(6)]


def test_a_failure_reaches_everybody_who_shared_it() -> None:
    """Each has an error of his own, with the mend; whoever was durable before is not told of it."""
    slow = Slow()
    slow.error = JournalError("full", where="there", mend="make room")
    got, failed = gathered(slow, 3)
    assert (len(got), len(failed), len(set(map(id, failed)))) == (1, 3, 3)
    assert {(type(error), str(error), getattr(error, "mend", None)) for error in failed} == {
        (JournalError, "there: full", "make room")
    }


def test_after_a_failure_the_next_is_recorded() -> None:
    """Nobody is left waiting for a transaction that is over."""
    outcomes: list[Callable[[], None]] = []
    group = Group(lambda rows: (_ for _ in ()).throw(JournalError("full")) if not outcomes else rows)
    with pytest.raises(JournalError):
        group.record([("a",)])
    outcomes.append(lambda: None)
    assert group.record([("b",)]) == [("b",)]


def test_threads_that_record_together_commit_less_often(url: Secret) -> None:
    """Eight threads of twenty events: one chain, every event of a thread in its order, in fewer transactions."""
    commits = []
    sys.addaudithook(lambda name, _: commits.append(name) if name == "orchestrate.journal_committed" else None)
    with Journal(url, writing=True) as journal:

        def record(number: int) -> None:
            for step in range(20):
                journal.record(events(f"t{number}-{step:02}"))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(record, range(8)))
        assert journal.verify()[0] == 160
        order = [row[3] for row in journal.rows()]
    assert all(
        [r for r in order if r.startswith(f"t{n}-")] == [f"t{n}-{s:02}" for s in range(20)] for n in range(8)
    )
    assert 20 <= len(commits) < 160


@pytest.mark.parametrize(
    ("family", "actor"),
    [
        pytest.param("postgresql", "a" * 201, marks=pytest.mark.postgresql),
        pytest.param("postgresql", "\udcff", marks=pytest.mark.postgresql),
        pytest.param("sqlite", "\udcff", marks=pytest.mark.sqlite),
    ],
)
def test_a_row_that_is_refused_fails_whom_it_belongs_to_alone(
    new_database: Callable[[str], str], family: str, actor: str
) -> None:
    """Of three who share a transaction, one whose actor is too long or no text is told; the others are in."""
    url = Secret(new_database(family))
    batches = {number: events(f"r{number}") for number in range(4)}
    batches[2] = [replace(batches[2][0], actor=actor)]
    with Journal(url, writing=True) as journal:
        commit = Slow()

        def gated(rows: list[Row]) -> list[Row]:
            commit(rows)
            return journal._append(rows)

        journal._group = group = Group(gated)
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(journal.record, batches[0])]
            assert commit.entered.wait(60)
            asked += [pool.submit(journal.record, batches[number]) for number in (1, 2, 3)]
            while len(group._waiting) < 3:
                pass
            commit.gate.set()
            failed = [future.exception() for future in asked]
        assert [len(rows) for rows in commit.transactions[:2]] == [1, 3]
        assert [error is None for error in failed] == [True, True, False, True]
        assert isinstance(failed[2], JournalError)
        assert "takes no such event" in str(failed[2])
        assert {run.id for run in journal.runs()} == {"r0", "r1", "r3"}
        assert journal.verify()[0] == 3
