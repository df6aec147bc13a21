"""A run of many targets while it runs: a fold over made-up events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from orchestrator.core.events import Event, EventKind
from orchestrator.core.targets import Target
from orchestrator.views.text import progress
from orchestrator.views.text.fleet import Fleet, expected
from tests.views.fleet_samples import history, plan, tenant, told
from tests.views.samples import NOW


def test_what_is_told_without_being_done_has_a_line_too() -> None:
    """A wave that was not recorded is named; a target that lost what was finished there says why it failed."""
    wave = {"environment": "prod", "number": 2, "of": 5}
    unrecorded = Event(EventKind.WAVE_STARTED, NOW, "run", "ann@work", body={**wave, "recorded": False})
    gone = {"result": "failed", "reason": f"{tenant(7)}: brought to c3, and is at base", "begun": False}
    passed = Event(EventKind.TARGET_FINISHED, NOW, "run", "ann@work", tenant(7), None, gone)
    lines = [line.plain for event in (unrecorded, passed) if (line := progress.line(event)) is not None]
    assert lines == [
        "NOT RECORDED in the journal: wave started: prod, wave 2 of 5",
        f"{tenant(7)}  failed  brought to c3, and is at base",
    ]


def test_what_lasts_is_told_with_its_begin_and_what_a_signal_does() -> None:
    """A program of an environment by that, each time; one of many targets once, since it is one of many lines."""
    body = {"waiting_for": "before (backup.sh)", "seconds": 480}
    told = progress.line(Event(EventKind.WAITING, NOW, "run", "ann@work", body={**body, "environment": "prod"}))
    since = NOW - timedelta(minutes=8)
    assert told is not None
    assert told.plain == (
        f"prod  waiting  for before (backup.sh) since {since:%H:%M:%S} UTC, 8 min by now: "
        "Ctrl-C stops after it, a second one ends it"
    )
    sight = Sight(40)
    told_of_one = [
        sight.happens(s, EventKind.WAITING, tenant(7), waiting_for="env.py", seconds=s) for s in (30, 60)
    ]
    told_of_all = [sight.happens(s, EventKind.WAITING, None, environment="prod", **body) for s in (30, 60)]
    assert [line is not None for line in (*told_of_one, *told_of_all)] == [True, False, True, True]


class Sight:
    """A run of tenants as somebody sees it: each event so many seconds `after` NOW."""

    def __init__(self, targets: int, steps: int = 1) -> None:
        self.fleet = Fleet({tenant(number): steps for number in range(targets)})

    def happens(
        self, after: float, kind: EventKind, target: Target | None = None, revision: str | None = None, **body: Any
    ) -> str | None:
        """Let it happen; the line that it deserves."""
        event = Event(kind, NOW + timedelta(seconds=after), "run", "ann@work", target, revision, body)
        line = self.fleet.after(event)
        return line.plain if line is not None else None

    def applied(self, seconds: float, number: int) -> None:
        """One target gets its one revision and is done."""
        self.happens(seconds - 1, EventKind.STEP_INTENT, tenant(number), "c3", message="")
        self.happens(seconds, EventKind.STEP_APPLIED, tenant(number), "c3", message="", seconds=1, done=1, of=1)
        self.happens(seconds, EventKind.TARGET_FINISHED, tenant(number), result="applied")

    def at(self, seconds: float) -> str:
        """The moving line then."""
        return self.fleet.text(NOW + timedelta(seconds=seconds)).plain


def test_the_line_says_how_far_how_fast_and_how_long() -> None:
    """Ten of forty in ten seconds is one a second, and leaves half a minute."""
    sight = Sight(40)
    for number in range(10):
        sight.applied(number, number)
    assert sight.at(10) == "prod  10 of 40 done  1 revisions/s  about 30 s left"


def test_nothing_is_foretold_before_it_was_measured() -> None:
    """Neither a rate nor a time, from a handful of revisions."""
    sight = Sight(40)
    sight.applied(1, 0)
    assert sight.at(2) == "prod  1 of 40 done"


def test_a_failed_target_takes_none_of_the_time_that_is_left() -> None:
    """What it still lacks is not going to be run."""
    sight = Sight(40, steps=2)
    for number in range(5):
        sight.applied(number, number)
    assert "about 1 min 10 s left" in sight.at(5)  # two revisions each of the 35 that are not done
    for number in range(5, 25):
        sight.happens(5, EventKind.TARGET_FINISHED, tenant(number), result="failed", reason="no")
    assert sight.at(5) == "prod  5 of 40 done, 20 failed  1 revisions/s  about 30 s left"


def test_what_is_in_hand_for_longest_is_named() -> None:
    """With its revision and for how long, from two seconds on; the one that ended is not."""
    sight = Sight(40)
    for seconds, number in ((0, 1), (3, 2), (9, 3)):
        sight.happens(seconds, EventKind.TARGET_STARTED, tenant(number))
        sight.happens(seconds, EventKind.STEP_INTENT, tenant(number), "c3", message="")
    assert sight.at(1) == "prod  0 of 40 done, 3 running"
    assert sight.at(10) == "prod  0 of 40 done, 3 running  slowest t0001 c3 10 s"
    sight.happens(10, EventKind.TARGET_FINISHED, tenant(1), result="applied")
    assert sight.at(10) == "prod  1 of 40 done, 2 running  slowest t0002 c3 7 s"


def test_waves_and_their_pauses_are_counted_in() -> None:
    """A pause as long as the last one is expected before each further wave, and does not slow the rate down."""
    sight = Sight(40)
    wave = {"environment": "prod", "of": 4, "targets": 10}
    assert sight.happens(0, EventKind.WAVE_STARTED, number=1, **wave) is None
    for number in range(10):
        sight.applied(number, number)
    ended = sight.happens(10, EventKind.WAVE_FINISHED, number=1, failed=2, verify="passed", **wave)
    assert ended == "prod  wave 1 of 4: 10 targets, 2 failed, verify passed, in 10 s"
    assert sight.happens(10, EventKind.WAVE_PAUSED, environment="prod", seconds=60) is not None
    assert sight.at(20) == (
        "prod  wave 1 of 4  10 of 40 done  1 revisions/s  about 3 min 20 s left  next wave in 50 s"
    )  # 30 s of work, 50 s of this pause, and two more of 60 s
    sight.happens(70, EventKind.WAVE_STARTED, number=2, **wave)
    assert sight.at(70) == "prod  wave 2 of 4  10 of 40 done  1 revisions/s  about 2 min 30 s left"


def test_a_run_that_is_stopping_foretells_nothing() -> None:
    """What is left is not going to be done."""
    sight = Sight(40)
    for number in range(10):
        sight.applied(number, number)
    assert sight.happens(10, EventKind.STOPPING, message="stopping") == "stopping"
    assert sight.at(10) == "prod  10 of 40 done  1 revisions/s"


def test_only_what_needs_eyes_has_a_line() -> None:
    """Of a thousand targets those that are applied have none; each trouble has one, up to twenty of a kind."""
    fleet = Fleet(expected(plan(1000)))
    lines = [line.plain for event in told(1000) if (line := fleet.after(event)) is not None]
    failed = [line for line in lines if "failed  " in line]
    assert (lines[0], len(failed)) == ("run 20260701-110000-ab12", 20)
    assert failed[0] == "prod/app@t0010  failed  no server answers at db2:5432"
    assert lines.count("further ones like this are counted here; each is in the report and in the log") == 1
    assert sum("in doubt" in line for line in lines) == 25
    assert [line for line in lines if " applied" in line] == []
    assert "100 failed" in fleet.text(NOW).plain


def test_a_wait_is_told_once() -> None:
    """Though the event comes again each second; another holder is news."""
    sight = Sight(40)
    waits = [
        sight.happens(n, EventKind.LOCK_WAITING, tenant(n % 2), lock="run lock", seconds_left=9, holder=who)
        for n, who in enumerate(["ann", "ann", "ann", "ann", "bob"])
    ]
    assert [bool(line) for line in waits] == [True, True, False, False, True]


def test_what_could_not_be_recorded_always_has_a_line() -> None:
    """Stderr may be all that is left of it."""
    line = Sight(40).happens(0, EventKind.STEP_APPLIED, tenant(0), "c3", recorded=False)
    assert line is not None
    assert line.startswith("NOT RECORDED")


@pytest.mark.parametrize("count", [30, 300])
def test_a_run_taken_up_again_expects_what_is_left(count: int) -> None:
    """Targets that are finished are not counted again."""
    run = history(count).run
    whole, left = expected(run.plan), expected(run.plan, run)
    assert left == {target: steps for target, steps in whole.items() if not run.finished(target)}
    assert 0 < len(left) < len(whole)
