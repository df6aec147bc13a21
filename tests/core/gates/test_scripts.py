"""The gate `scripts`: a promotion brings what the environment before ran, to the byte."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from orchestrator.core.edited import Edited, Ran
from orchestrator.core.gates.evidence import Evidence
from orchestrator.core.gates.scripts import scripts, upstream
from orchestrator.core.gates.verdict import Answer, Circumstances
from orchestrator.core.plan import Plan, PlanKind
from orchestrator.core.planner import promote, rollout
from orchestrator.core.targets import Target
from tests.core.gates.asking import told
from tests.core.worlds import NOW, graph, world

LINE = graph("a; b a")
WORLD = world(LINE, {"dev": "b", "test": "a", "staging": "a", "prod": "a"})


def found(revision: str, *targets: str) -> Edited:
    ran = Ran(Target.parse(targets[0]), revision, "sha256:old", "r1", NOW)
    return Edited(LINE.scripts[revision], ran, tuple(map(Target.parse, targets)))


def asked(plan: Plan, *edited: Edited) -> Circumstances:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    return Circumstances(WORLD.pipeline, now=at, evidence=Evidence(edited=edited))


@pytest.mark.parametrize(
    ("plan", "edited", "environments"),
    [
        (promote(WORLD, "dev", "test"), [], ()),
        (promote(WORLD, "dev", "test"), [found("b", "dev")], ("test",)),
        (promote(WORLD, "dev", "test"), [found("b", "prod")], ()),
        (promote(WORLD, "dev", "test"), [found("a", "dev")], ()),
        (promote(WORLD, "dev", "test"), [found("b", "dev/billing")], ()),
        (rollout(WORLD, "prod"), [found("b", "dev")], ("test",)),
        (rollout(WORLD, "prod"), [found("b", "test/app@acme", "dev")], ("test", "staging")),
    ],
)
def test_it_is_shut_where_the_environment_before_ran_other_bytes(
    plan: Plan, edited: list[Edited], environments: tuple[str, ...]
) -> None:
    """It asks of the plan's own revisions, of the next environment before, and of the same database alone."""
    verdict = scripts(plan, asked(plan, *edited))
    assert verdict is not None
    assert (verdict.answer, verdict.environments) == (
        Answer.REFUSE if environments else Answer.PASS,
        environments,
    )


def test_it_says_which_since_when_and_by_which_run() -> None:
    """The reason names revision, environment, run and time; the mend is one for each script."""
    plan = promote(WORLD, "dev", "test")
    verdict = scripts(plan, asked(plan, found("b", "dev")))
    assert verdict is not None
    assert verdict.reason == "b changed since dev ran it (run r1, 2026-07-01 12:00 UTC)"
    assert verdict.mend == "put versions/b.py back as it ran   # what is to change belongs in a new revision"


@pytest.mark.parametrize("kind", [PlanKind.ROLLBACK, PlanKind.ADOPT])
def test_it_asks_nothing_of_what_is_no_release(kind: PlanKind) -> None:
    """The way back stays open, whatever was edited."""
    plan = replace(promote(WORLD, "dev", "test"), kind=kind)
    assert told("scripts", plan, asked(plan, found("b", "dev"))) is None


def test_the_environment_before_is_the_nearest_that_has_the_database() -> None:
    """A rollout passes over environments without it, and the first has none before it."""
    seen = world(LINE, {"dev": "b", "dev/billing": "b", "test": "a", "prod": "a", "prod/billing": "a"})
    plan = rollout(seen, "prod")
    before = {str(one.target): upstream(plan, seen.pipeline, one.target) for one in plan.targets}
    expected = {"dev": None, "dev/billing": None, "test": "dev", "prod": "test", "prod/billing": "dev/billing"}
    assert {name: target and str(target) for name, target in before.items()} == expected
