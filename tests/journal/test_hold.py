"""Who drives a run, as every machine sees it that has the journal: as long as an attempt lives, and no longer."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.secrets import Secret
from orchestrator.errors import Exit, JournalError, LockedError
from orchestrator.journal.journal import Journal
from tests.journal.test_journal import events
from tests.stories import databases

CUT = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name LIKE 'orchestrate journal p%'
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request: pytest.FixtureRequest, tmp_path: Path, new_database: Callable[[str], str]) -> Secret:
    """A journal of either kind, which exists."""
    made = f"sqlite:///{tmp_path}/journal.db" if request.param == "sqlite" else new_database("postgresql")
    with Journal(Secret(made), writing=True):
        pass
    return Secret(made)


def opened(url: Secret) -> closing[Journal]:
    """As an attempt opens it."""
    return closing(Journal(url, writing=True))


def test_a_run_is_driven_by_one_attempt_at_a_time(url: Secret) -> None:
    """Another is refused and told who drives it since when; other runs are free, and so is it after the end."""
    with opened(url) as first, opened(url) as second:
        first.hold("r1", "ann@work")
        with pytest.raises(LockedError) as refused:
            second.hold("r1", "ben@home")
        told = refused.value
        assert f"run r1: driven by process {os.getpid()} of ann@work since 20" in str(told)
        assert told.what.endswith(" UTC")
        assert "orchestrate locks" in str(told.mend)
        assert told.exit is Exit.LOCKED
        second.hold("r2", "ben@home")
        first.close()
        with opened(url) as third:
            third.hold("r1", "eve@work")


def test_what_holds_a_run_in_a_file_is_gone_with_a_good_end(tmp_path: Path) -> None:
    """Nothing is left beside the journal, and what a killed attempt left keeps nobody out."""
    url, left = Secret(f"sqlite:///{tmp_path}/journal.db"), tmp_path / "journal.db.r1.lock"
    with opened(url):
        left.write_text("process 1 of somebody who was killed")
    for _ in range(2):
        with opened(url) as journal:
            journal.hold("r1", "ann@work")
            assert left.read_text() == f"process {os.getpid()} of ann@work"
        assert not left.exists()


@pytest.mark.parametrize("look", [1, 2])
def test_whoever_ends_at_any_moment_leaves_the_run_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, look: int
) -> None:
    """A lock file that is gone before either look at it is made anew: nobody fails for that another just ended."""
    with opened(Secret(f"sqlite:///{tmp_path}/journal.db")) as journal:
        found, stat, looks = tmp_path / "journal.db.r1.lock", Path.stat, []

        def ends(path: Path, **more: Any) -> os.stat_result:
            if path == found:
                looks.append(path)
                if len(looks) == look:
                    found.unlink()
            return stat(path, **more)

        monkeypatch.setattr(Path, "stat", ends)
        journal.hold("r1", "ann@work")
        monkeypatch.undo()
        assert found.read_text() == f"process {os.getpid()} of ann@work"


def test_a_hold_that_has_no_room_to_say_whose_it_is_leaves_nothing(tmp_path: Path) -> None:
    """On a full disk the run is not held, and no lock file is left."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with opened(Secret(f"sqlite:///{tmp_path}/journal.db")) as journal:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
        try:
            with pytest.raises(JournalError, match="the journal cannot be used"):
                journal.hold("r1", "ann@work")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in tmp_path.iterdir()] == ["journal.db"]


def test_what_killed_attempts_left_is_gone_with_a_later_good_end(tmp_path: Path) -> None:
    """Files of runs that somebody holds stay, and so does whatever is not a run's."""
    url = Secret(f"sqlite:///{tmp_path}/journal.db")
    dead, alive, mine = "20261122-133501-ab3f", "20261122-133502-ab3f", "20261122-133503-ab3f"
    (tmp_path / f"journal.db.{dead}.lock").write_text("process 1 of somebody who was killed")
    (tmp_path / "journal.db.backup.lock").touch()
    with opened(url) as other:
        other.hold(alive, "ben@home")
        with opened(url) as journal:
            journal.hold(mine, "ann@work")
        left = {path.name for path in tmp_path.glob("*.lock")}
        assert left == {f"journal.db.{alive}.lock", "journal.db.backup.lock"}


@pytest.mark.postgresql
def test_a_run_that_could_not_be_held_again_is_tried_with_each_question(
    new_database: Callable[[str], str],
) -> None:
    """Another had it when the connection was made again; once that lets go, the next event or look has it back."""
    url = new_database("postgresql")
    with opened(Secret(url)) as first, opened(Secret(url)) as third:
        first.hold("r1", "ann@work")
        for ask in (lambda: first.record(events("r1")), lambda: first.taken_up("r1")):
            assert databases.rows(url, CUT) == [(True,)]
            with opened(Secret(url)) as second:
                second.hold("r1", "ben@home")
                assert first.taken_up("r1") is None
                assert databases.rows(url, CUT) == [(True,)]  # which waits until the server has let go of it
            ask()
            with pytest.raises(LockedError, match="ann@work"):
                third.hold("r1", "eve@work")


@pytest.mark.postgresql
def test_a_run_is_driven_further_over_a_connection_made_again(new_database: Callable[[str], str]) -> None:
    """A server that ended the session has let go of the run; with the next question it is held again."""
    url = new_database("postgresql")
    with opened(Secret(url)) as first, opened(Secret(url)) as second:
        first.hold("r1", "ann@work")
        assert databases.rows(url, CUT) == [(True,)]
        assert first.taken_up("r1") is None
        with pytest.raises(LockedError):
            second.hold("r1", "ben@home")
