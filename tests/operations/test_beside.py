"""A run at work beside its targets, in a program or a check: it is seen, it is alone, or it gives way for good."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.core.events import Event, EventKind
from orchestrator.core.reports import RunReport
from orchestrator.core.run import Outcome
from orchestrator.core.selection import Selection
from orchestrator.errors import Exit, LockedError, StalePlanError
from orchestrator.journal.journal import Journal
from orchestrator.operations import acting, performing
from orchestrator.operations.locks import locks
from orchestrator.operations.release import Wish
from orchestrator.operations.runs import find, show
from orchestrator.views.text.run import conclusion
from tests.operations.conftest import Shop, now

_SAYS = {"command": ["sh", "-c", "echo at work; echo ran >> told; test ! -f sick"]}


def around(shop: Shop, *when: str, **also: Any) -> None:
    """dev has a program of this kind, which says a line when it runs."""
    given: dict[str, Any] = {**{name: [_SAYS] for name in when}, **also}
    shop.project.environments({"dev": {"url": "sqlite:///dev.db", **given}})


def ran(shop: Shop) -> int:
    """How often that program ran."""
    return len((shop.project.root / "told").read_text().splitlines())


def rollout(shop: Shop, meanwhile: Callable[[str], None]) -> RunReport:
    """A rollout to dev; what is done once, while the first program is at work in that run."""
    asked: list[str] = []

    def hear(event: Event) -> None:
        shop.heard.append(event)
        if event.kind is EventKind.OUTPUT and event.body["line"] == "at work" and not asked:
            asked.append(event.run)
            meanwhile(event.run)

    actor = replace(shop.actor, listener=hear)
    report = performing.perform(shop.configuration, shop.prepare(Wish("dev")), actor, look_again=False)
    assert asked
    return report


@pytest.mark.parametrize("when", ["before", "verify", "after"])
def test_whoever_works_beside_its_targets_is_seen_and_is_alone(shop: Shop, when: str) -> None:
    """Another attempt is turned away and leaves no mark; `locks` and the run's own target name who is at work."""
    around(shop, when)

    def meanwhile(run: str) -> None:
        recorded = len(show(shop.configuration, run).events)
        with pytest.raises(LockedError, match=f"run {run}: driven by process {os.getpid()} of ann@work since"):
            shop.resume(run)
        assert len(show(shop.configuration, run).events) == recorded
        (held,) = locks(shop.configuration, Selection(()), now).targets
        assert held.run_lock is not None
        assert held.run_lock.run == run
        if when == "before":
            other = performing.perform(shop.configuration, shop.prepare(Wish("dev")), shop.actor, look_again=False)
            assert (other.exit, other.targets[0].end) == (Exit.LOCKED, ())
        else:
            status = shop.status("dev")
            assert (status.targets[0].holder is not None, status.unfinished) == (True, None)

    assert rollout(shop, meanwhile).exit is Exit.DONE
    assert (ran(shop), shop.heads("dev")) == (1, ["b"])


@pytest.mark.parametrize(("asked", "said"), [(60.0, 0), (None, 60)])
def test_whoever_waits_for_an_attempt_goes_on_from_where_that_ended(
    shop: Shop, asked: float | None, said: int
) -> None:
    """It waits as typed, else as the file says, and is told for whom; what the other did is not done again."""
    around(shop, "before", timeouts={"run_lock_wait": said})
    sick = shop.project.root / "sick"
    sick.touch()
    run = find(shop.configuration, shop.rollout("dev").run_id)
    sick.unlink()
    with Journal(shop.configuration.journal, writing=True) as other:
        other.hold(run.id, "ben@home")

        def hear(event: Event) -> None:
            assert (event.kind, event.body["lock"]) == (EventKind.LOCK_WAITING, "run lock")
            assert f"process {os.getpid()} of ben@home" in event.body["holder"]
            other.close()
            assert shop.resume(run.id).outcome is Outcome.SUCCEEDED

        report = performing.resume(shop.configuration, run, replace(shop.actor, wait=asked, listener=hear))
    assert (report.outcome, ran(shop), shop.heads("dev")) == (Outcome.NOTHING_TO_DO, 2, ["b"])


def test_who_waits_for_a_run_says_so_as_seldom_as_who_waits_for_a_target(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wait of ten minutes does not fill the log: it is told once a second, after the first tries."""
    passed = [0.0]
    clock = SimpleNamespace(monotonic=lambda: passed[0], sleep=lambda span: passed.append(passed.pop() + span))
    monkeypatch.setattr(acting, "time", clock)
    with Journal(shop.configuration.journal, writing=True) as one, Journal(shop.configuration.journal) as other:
        one.hold("r1", "ben@home")
        with pytest.raises(LockedError, match="driven by process"):
            acting.drive(other, "r1", replace(shop.actor, wait=600.0))
    assert passed == [pytest.approx(600.0)]
    assert 600 <= len(shop.heard) < 610


def test_an_attempt_whose_run_was_taken_up_by_another_goes_no_further(shop: Shop) -> None:
    """It begins no target and records nothing more, says who has the run now, and runs nothing at the end."""
    around(shop, "before", "after")
    taken: list[str] = []

    def meanwhile(run: str) -> None:
        taken.append(run)
        shop.record(EventKind.RUN_RESUMED, run, fingerprint="x")

    report = rollout(shop, meanwhile)
    assert report.exit is Exit.LOCKED
    assert report.told is not None
    assert "was taken up again by ann@work" in report.told.message
    assert (ran(shop), shop.tables("dev")) == (1, set())
    assert show(shop.configuration, taken[0]).events[-1].kind is EventKind.RUN_RESUMED


@pytest.mark.parametrize("passes", [True, False])
def test_a_program_whose_end_cannot_be_recorded_is_run_again(shop: Shop, *, passes: bool) -> None:
    """The run says how it ended, that resume runs it again, and to resume once the journal is mended."""
    around(shop, "before")
    if not passes:
        (shop.project.root / "sick").touch()
    path = shop.project.root / ".orchestrator" / "journal.db"

    def execute(statement: str) -> None:
        with closing(sqlite3.connect(path)) as journal:
            journal.execute(statement)

    full = "CREATE TRIGGER full BEFORE INSERT ON orchestrate_events BEGIN SELECT RAISE(ABORT, 'no room'); END"
    report = rollout(shop, lambda _run: execute(full))
    assert (report.exit, report.told and report.told.mend) == (
        Exit.JOURNAL,
        f"mend it (space, permissions); then: orchestrate resume {report.run_id}",
    )
    assert report.told is not None
    assert report.told.message.startswith("dev: before passed; that" if passes else "dev: before (sh ")
    assert ("ended with exit code 1" in report.told.message) is not passes
    assert "; that could not be recorded, and resume runs it again" in report.told.message
    assert conclusion(report)[0] == "stopped: the journal cannot be used"
    execute("DROP TRIGGER full")
    (shop.project.root / "sick").unlink(missing_ok=True)
    assert (shop.resume(report.run_id).outcome, ran(shop)) == (Outcome.SUCCEEDED, 2)


def test_what_a_later_run_did_is_not_adopted_by_an_earlier_one(shop: Shop) -> None:
    """Nothing of the earlier run is left: it runs no program, records nothing, and the later one can go back."""
    around(shop, "before")
    sick = shop.project.root / "sick"
    sick.touch()
    early = shop.rollout("dev")
    assert early.exit is Exit.FAILED
    sick.unlink()
    late = shop.rollout("dev")
    assert (late.outcome, ran(shop)) == (Outcome.SUCCEEDED, 2)
    with pytest.raises(
        StalePlanError, match=f"run {late.run_id} took dev there since; nothing of this run is left"
    ):
        shop.resume(early.run_id)
    assert ran(shop) == 2
    assert early.run_id is not None
    assert show(shop.configuration, early.run_id).events[-1].kind is EventKind.RUN_FINISHED
