"""The gate `window`: whom it asks, when it says that all are open, and what a resumed run must still wait for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.core import plan_json as plans
from orchestrator.core.events import Event, EventKind
from orchestrator.core.gates.policy import ApprovalPolicy, GatePolicy
from orchestrator.core.gates.verdict import Answer, Circumstances
from orchestrator.core.gates.window import window
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.plan import Plan, PlanKind
from orchestrator.core.planner import rollout
from orchestrator.core.run import fold
from orchestrator.core.targets import Target
from orchestrator.core.windows import Span, Window
from tests.core.gates.asking import told as asked
from tests.core.worlds import graph, world

NOW = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)  # a Friday
WORLD = world(graph("a; b a"), {"dev": "b", "test": "a", "prod": "a"})
PLAN: Plan = rollout(WORLD, "prod")
DAY = Window("UTC", (Span(frozenset({0, 1, 2, 3, 4}), 8 * 60, 12 * 60, "mon-fri 08:00-12:00"),))
NIGHT = Window("UTC", (Span(frozenset({0}), 20 * 60, 24 * 60, "mon 20:00-24:00"),))
LATE = Window("UTC", (Span(frozenset({0, 1}), 10 * 60, 14 * 60, "mon,tue 10:00-14:00"),))
NEVER = Window("UTC", deny=(Span(frozenset(range(7)), text="mon-sun"),))


def circumstances(**windows: Window) -> Circumstances:
    environments = (
        replace(one, gates=GatePolicy(window=windows.get(one.name))) for one in WORLD.pipeline.environments
    )
    return Circumstances(Pipeline(tuple(environments)), now=NOW)


@pytest.mark.parametrize(
    ("windows", "answer", "environments", "opens"),
    [
        ({"prod": DAY}, Answer.WAIT, ("prod",), datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
        ({"prod": DAY, "test": LATE}, Answer.WAIT, ("test", "prod"), datetime(2026, 11, 23, 10, 0, tzinfo=UTC)),
        (
            {"prod": replace(DAY, allow=()), "test": LATE},
            Answer.WAIT,
            ("test",),
            datetime(2026, 11, 23, 10, tzinfo=UTC),
        ),
        ({"prod": DAY, "test": NIGHT}, Answer.REFUSE, ("test", "prod"), None),
        ({"prod": NEVER}, Answer.REFUSE, ("prod",), None),
        ({"prod": replace(DAY, allow=())}, Answer.PASS, (), None),
    ],
)
def test_it_waits_until_all_are_open(
    windows: dict[str, Window], answer: Answer, environments: tuple[str, ...], opens: datetime | None
) -> None:
    """The time told is the first at which every environment that changes is open; where none comes, it refuses."""
    verdict = window(PLAN, circumstances(**windows))
    assert verdict is not None
    assert (verdict.answer, verdict.environments, verdict.opens_at) == (answer, environments, opens)
    assert ("then: orchestrate rollout --through prod" in (verdict.mend or "")) is (answer is Answer.WAIT)


def test_it_tells_the_clock_of_the_environment_and_what_is_typed_then() -> None:
    """The reason has the time as people there read it; the mend has that and UTC."""
    berlin = replace(DAY, timezone="Europe/Berlin")
    verdict = window(PLAN, circumstances(prod=berlin))
    assert verdict is not None
    assert verdict.reason == (
        "prod may not change now, Fri 2026-11-20 14:00 CET: only mon-fri 08:00-12:00 is allowed"
    )
    assert verdict.mend == (
        "wait until Mon 2026-11-23 08:00 CET (2026-11-23 07:00 UTC), then: orchestrate rollout --through prod"
    )
    opened = window(PLAN, replace(circumstances(prod=berlin), now=NOW - timedelta(hours=4)))
    assert opened is not None
    assert (opened.answer, opened.reason) == (Answer.PASS, "prod is open until Fri 2026-11-20 12:00 CET")


def test_nobody_is_asked_who_does_not_change() -> None:
    """An environment that the plan leaves alone has no say, nor has any on a rollback."""
    assert window(PLAN, circumstances(dev=DAY)) is None
    assert asked("window", replace(PLAN, kind=PlanKind.ROLLBACK), circumstances(prod=DAY)) is None


def test_a_run_that_is_resumed_waits_for_what_it_still_changes() -> None:
    """What the run has finished is not asked for any more; what it has not is asked anew."""

    def told(kind: EventKind, target: str | None = None, **body: Any) -> Event:
        return Event(
            kind, NOW, "run-1", "me@here", Target(target) if target else None, "b" if target else None, body
        )

    began = told(EventKind.RUN_STARTED, plan=plans.to_json(PLAN), command="x")
    run = fold([began, told(EventKind.STEP_APPLIED, "test")])
    assert run is not None
    assert window(PLAN, replace(circumstances(test=DAY), resumed=run)) is None
    verdict = window(PLAN, replace(circumstances(test=DAY, prod=DAY), resumed=run))
    assert verdict is not None
    assert verdict.environments == ("prod",)
    assert str(verdict.mend).endswith("then: orchestrate resume run-1")


def test_where_approval_is_demanded_a_sealed_plan_is_what_is_typed_then() -> None:
    """A rollout that nobody can approve would be refused at whatever time."""
    gates = GatePolicy(window=DAY, approval=ApprovalPolicy(1))
    pipeline = Pipeline(tuple(replace(one, gates=gates) for one in WORLD.pipeline.environments))
    told = window(PLAN, Circumstances(pipeline, now=NOW))
    assert told is not None
    assert (told.mend or "").endswith("then: orchestrate plan --through prod --out release.plan.json")
