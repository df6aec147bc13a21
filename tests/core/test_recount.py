"""What an account tells of a run: by its events, and by nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orchestrator.core import recount
from orchestrator.core.account import TargetAccount
from orchestrator.core.events import Event, EventKind
from orchestrator.core.gates.recorded import values_of, verdict_of
from orchestrator.core.run import Run, fold
from orchestrator.core.scripts import Script
from tests.views.account_samples import GATES, RUN, account, events, tenant
from tests.views.samples import NOW

FAILED = events(1, failed=1)


def later(kind: EventKind, revision: str | None = None, after: int = 60, **body: Any) -> Event:
    """An event of the failed target, after the run's own."""
    target = tenant(0) if revision or kind in (EventKind.TARGET_STARTED, EventKind.TARGET_FINISHED) else None
    return Event(kind, NOW + timedelta(seconds=after), RUN, "eve@home", target, revision, body, 1000 + after)


RESUMED = (*FAILED, later(EventKind.RUN_RESUMED, waivers=[values_of(GATES[1])["waiver"]]))
STARTED = later(EventKind.TARGET_STARTED, versions={"python": "3.13.0", "process": "9"})


def told(*found: Event) -> tuple[Run, TargetAccount]:
    run = fold(found)
    assert run is not None
    return run, recount.targets_of(run, found)[0]


@pytest.mark.parametrize(
    ("more", "result", "outcomes", "end"),
    [
        ((), "failed", ["applied", "failed"], "b2"),
        ((STARTED,), "not_ended", ["applied", "failed"], "b2"),
        ((STARTED, later(EventKind.STEP_INTENT, "c3")), "not_ended", ["applied", "started"], "b2"),
        ((STARTED, later(EventKind.STEP_IN_DOUBT, "c3")), "in_doubt", ["applied", "in_doubt"], "b2"),
        ((STARTED, later(EventKind.STEP_RECOVERED, "c3")), "applied", ["applied", "recovered"], "b2"),
        (
            (
                later(EventKind.STEP_RESOLVED, "c3", verdict="applied", reason="made by hand"),
                later(EventKind.STEP_APPLIED, "c3", by_hand=True, seconds=None, heads=["c3"]),
            ),
            "applied",
            ["applied", "by_hand"],
            "c3",
        ),
        (
            (
                STARTED,
                later(EventKind.STEP_APPLIED, "c3", seconds=2.0, heads=["c3"], digest="sha256:other"),
                later(EventKind.TARGET_FINISHED, result="applied", heads=["c3"]),
            ),
            "applied",
            ["applied", "applied"],
            "c3",
        ),
    ],
)
def test_a_target_is_told_as_its_last_attempt_left_it(
    more: tuple[Event, ...], result: str, outcomes: list[str], end: str
) -> None:
    """What is recorded last of each step counts; the reason of a failure is told only while it is one."""
    _, target = told(*RESUMED, *more)
    assert (target.result, [step.outcome for step in target.steps], target.end) == (result, outcomes, (end,))
    assert (target.reason is not None) is (result == "failed")
    assert target.begun_at == FAILED[2].at


def test_a_target_that_was_not_begun_is_told_so() -> None:
    """Nothing is made up: it stands where the plan saw it."""
    _, target = told(FAILED[0])
    assert (target.result, target.start, target.end, target.seconds) == ("not_started", ("a1",), ("a1",), 0.0)


def test_who_began_and_who_took_it_up_again() -> None:
    """Each attempt has its person; what the gates said is that of the first, and none is made up."""
    found = recount.attempts_of(RESUMED)
    assert [one.actor for one in found] == ["ann@work", "eve@home"]
    assert recount.gates_of(RESUMED) == tuple(replace(one, mend=None) for one in GATES)
    assert recount.gates_of([replace(FAILED[0], body={})]) is None


def test_bytes_are_held_against_the_plan_and_against_the_script_of_today() -> None:
    """Others as they ran, others today, gone: each is told; of two projects' scripts the planned one counts."""
    changed = later(EventKind.STEP_APPLIED, "c3", seconds=2.0, heads=["c3"], digest="sha256:other")
    run, target = told(*RESUMED, STARTED, changed)
    other = Script("b2", (), "other/b2.py", digest="sha256:0")
    mine = Script("b2", (), "mine/b2.py", digest="sha256:b2")
    b2, c3 = recount.scripts_of(run, [target], {"b2": [other, mine]})
    assert (b2.path, b2.changed, c3.path, c3.changed, c3.ran) == (
        "mine/b2.py",
        False,
        None,
        True,
        ("sha256:other",),
    )


def test_times_are_those_that_were_measured() -> None:
    """Shortest, median and longest of an environment, and where; what failed or was recovered has none."""
    b2, c3 = account(5, failed=2).scripts
    assert [(t.environment, t.targets, t.shortest, t.median, t.longest) for t in (*b2.timings, *c3.timings)] == [
        ("prod", 5, 0.25, 0.25, 0.25),
        ("prod", 3, 61.5, 61.5, 61.5),
    ]


def test_a_verdict_survives_the_journal() -> None:
    """What a gate said when a run began is read back as it was, but for what was to be typed."""
    for verdict in GATES:
        assert verdict_of(values_of(verdict)) == verdict
