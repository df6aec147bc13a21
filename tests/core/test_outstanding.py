"""Which runs are outstanding in an environment, and what is typed to end one: tables."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from orchestrator.core import plan_json as plans
from orchestrator.core.events import Event, EventKind
from orchestrator.core.gates.veto import lifting
from orchestrator.core.outstanding import passed, unbegun, ways_on
from orchestrator.core.planner import rollout
from orchestrator.core.run import Run, fold
from orchestrator.core.targets import Target
from tests.core.worlds import NOW, graph, world

LINE = graph("a; b a")
WORLD = world(LINE, {"dev": "a", "test": "a", "prod": "b"})
RESUME = "orchestrate resume 7"
GIVE_UP, TAKE_BACK = "orchestrate rollback 7   # gives it up", "orchestrate rollback 7   # takes it back"
LIFT = f"{lifting('b')}   # once it is harmless"


def run(sequence: int, through: str = "test", *told: tuple[EventKind, str]) -> Run:
    """A run that began as that event, to change all environments through that one."""
    body = {"plan": plans.to_json(rollout(WORLD, through)), "command": "x"}
    events = [Event(EventKind.RUN_STARTED, NOW, str(sequence), "me@here", body=body, sequence=sequence)]
    events += [
        Event(kind, NOW, str(sequence), "me@here", Target(name), "b", sequence=sequence) for kind, name in told
    ]
    found = fold(events)
    assert found is not None
    return found


@dataclass(frozen=True)
class Case:
    """Runs as they began, the latest first, and up to which event runs came to targets of each environment."""

    begun: list[Run]
    since: dict[str, int]
    outstanding: list[str]


@pytest.mark.parametrize(
    "case",
    [
        Case([run(7)], {"dev": 0, "test": 0, "prod": 0}, ["7"]),
        Case([run(7)], {"dev": 9, "test": 5}, ["7"]),  # a later run changed dev alone
        Case([run(7)], {"dev": 9, "test": 9}, []),  # later runs passed both
        Case([run(8), run(7)], {"dev": 0, "test": 0}, ["8"]),  # the latest alone
        Case([run(8, "dev"), run(7)], {"dev": 0, "test": 0}, ["8", "7"]),  # each environment has its own
        Case([run(8, "dev"), run(7)], {"dev": 0}, ["8"]),
        Case([run(7)], {"prod": 0}, []),  # it was not to change prod
        Case([], {"dev": 0}, []),
    ],
)
def test_of_each_environment_the_latest_run_that_came_to_none_of_it_is_outstanding(case: Case) -> None:
    """Until a later run was to change or changed that environment, whatever is done elsewhere."""
    assert [one.id for one in unbegun(case.begun, case.since)] == case.outstanding


def test_no_more_runs_are_read_than_tell_something() -> None:
    """Those before the last that passed every environment are not asked for."""
    begun = iter([run(9), run(7), run(6)])
    assert [one.id for one in unbegun(begun, {"dev": 5, "test": 8})] == ["9"]
    assert [one.id for one in begun] == ["6"]


def test_what_passed_an_environment_is_the_last_of_what_came_to_its_targets() -> None:
    """Of targets that nobody asks for nothing is told."""
    runs = {Target("dev"): run(4), Target("dev", "other"): run(6), Target("prod"): run(8)}
    assert passed(["dev", "test"], runs) == {"dev": 6, "test": 0}


@pytest.mark.parametrize(
    ("told", "vetoes", "ways"),
    [
        ([], (), (RESUME, GIVE_UP)),
        ([], ("b",), (GIVE_UP, LIFT)),
        ([(EventKind.STEP_FAILED, "dev")], ("b",), (GIVE_UP, LIFT)),
        ([(EventKind.STEP_APPLIED, "dev")], (), (RESUME, TAKE_BACK)),
        ([(EventKind.STEP_APPLIED, "dev")], ("b",), (TAKE_BACK, LIFT)),
        ([(EventKind.STEP_APPLIED, "dev"), (EventKind.STEP_APPLIED, "test")], ("b",), (RESUME, TAKE_BACK)),
        ([(EventKind.STEP_IN_DOUBT, "dev")], (), (RESUME,)),
        ([(EventKind.STEP_IN_DOUBT, "dev")], ("b",), (LIFT,)),
    ],
)
def test_a_run_whose_rest_is_vetoed_is_not_to_be_resumed(
    told: list[tuple[EventKind, str]], vetoes: tuple[str, ...], ways: tuple[str, ...]
) -> None:
    """What can be typed is told, the likely first; nothing is taken back while a revision is in doubt."""
    assert ways_on(run(7, "test", *told), vetoes) == ways
