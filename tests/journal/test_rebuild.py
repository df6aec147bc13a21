"""A journal that is begun anew while somebody has it open: nothing is lost in silence, no dead end follows."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from orchestrator.core import baseline
from orchestrator.core.baseline import Earlier
from orchestrator.core.events import Event, EventKind
from orchestrator.core.secrets import Secret
from orchestrator.errors import JournalError, LockedError, UsageError
from orchestrator.journal import rebuild
from orchestrator.journal.journal import Journal
from tests.journal.test_journal import DEV, STEPS, TEST, behind_its_back, engine, events, write

__all__ = ["engine"]
CHANGE = "UPDATE orchestrate_events SET actor = 'bob' WHERE sequence = 1"
NOW = datetime(2026, 7, 2, tzinfo=UTC)


@pytest.fixture
def url(new_database: Callable[[str], str]) -> Secret:
    """A journal of a team that does not exist yet."""
    return Secret(new_database("postgresql"))


def begin_anew(url: Secret, left: rebuild.Remains) -> None:
    """Begin it anew, with a baseline that saw no target."""

    def event(aside: str | None) -> Event:
        earlier = Earlier(left.events, left.head, str(left.broken), aside)
        body = baseline.body({}, earlier, "edited")
        return Event(EventKind.JOURNAL_REBUILT, NOW, "anew", "ann@work", body=body)

    rebuild.begin_anew(url, left, "anew", event)


@pytest.mark.postgresql
def test_a_run_that_was_at_work_does_not_go_on_in_the_new_journal(url: Secret, engine: Engine) -> None:
    """It is told so at its next event, which is nowhere; the new journal is whole and is read."""
    told = events("r1", *STEPS)
    with Journal(url, writing=True) as journal:
        journal.record(told[:2])
        behind_its_back(engine, CHANGE)
        begin_anew(url, rebuild.remains(url, None))
        with pytest.raises(JournalError, match="was begun anew while this run was at work"):
            journal.record(told[2:])
    with Journal(url, writing=True) as journal:
        assert journal.verify()[0] == 1
        assert journal.last_runs() == {}
        assert [run.id for run in journal.runs()] == ["anew"]


@pytest.mark.postgresql
def test_what_was_added_since_the_journal_was_read_is_not_put_aside(url: Secret, engine: Engine) -> None:
    """Somebody who records between the look and the change keeps the journal as it is: it is to be tried again."""
    with Journal(url, writing=True) as journal:
        journal.record(events("r1"))
        behind_its_back(engine, CHANGE)
        left = rebuild.remains(url, None)
        journal.record(events("r2"))
        with pytest.raises(LockedError, match="somebody added to the journal"):
            begin_anew(url, left)
        assert journal.record(events("r3"))[0].sequence == 3
    begin_anew(url, rebuild.remains(url, None))


@pytest.mark.postgresql
def test_the_rest_of_a_run_whose_start_was_put_aside_breaks_nothing(url: Secret, engine: Engine) -> None:
    """Where a run went on over a baseline, as an earlier version let it, every other question is answered."""
    write(url, events("r1"))
    behind_its_back(engine, CHANGE)
    begin_anew(url, rebuild.remains(url, None))
    write(url, events("r1", *STEPS[:1])[1:], events("r2", (EventKind.STEP_APPLIED, TEST)))
    with Journal(url) as journal:
        assert {target: run.id for target, run in journal.last_runs().items()} == {TEST: "r2"}
        assert journal.news(DEV, None) is None
        with pytest.raises(UsageError, match="there is no run 'r1'"):
            journal.run("r1")


@pytest.mark.postgresql
def test_a_run_without_a_start_and_without_a_baseline_is_a_break(url: Secret) -> None:
    """It is not passed over: somebody removed what was written."""
    write(url, events("r1", *STEPS[:1])[1:])
    with Journal(url) as journal, pytest.raises(JournalError, match="broken at event 1"):
        journal.last_runs()


@pytest.mark.sqlite
def test_only_another_rebuild_is_told_as_one(tmp_path: Path) -> None:
    """Two at once: the second is told; what else would block inside is told as what it is."""
    url = Secret(f"sqlite:///{tmp_path}/journal.db")
    folder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    with pytest.raises(LockedError, match="somebody rebuilds"), rebuild.alone(url):
        pass
    os.close(folder)
    with pytest.raises(BlockingIOError, match="of another"), rebuild.alone(url):
        raise BlockingIOError("of another")
