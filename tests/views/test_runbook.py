"""The runbook's prose where it must not promise: the way back, and what a waived gate needs again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.core.downgrade import Act, Downgrade
from orchestrator.core.gates.policy import GatePolicy
from orchestrator.core.pipeline import Environment
from orchestrator.core.plan import PlanKind
from orchestrator.core.reports import PlanReport
from orchestrator.core.runbook import Runbook
from orchestrator.core.targets import Target
from orchestrator.views.markdown.marks import Pen
from orchestrator.views.markdown.runbook import runbook
from orchestrator.views.text import many
from tests.views.samples import NOW, PLAN, STEPS

PROMOTION = replace(PLAN, kind=PlanKind.PROMOTE, source="test", waves=PLAN.waves[1:2])
LOSES = Downgrade("b2.py:9", (Act("drop_table orders", loses=True),))
IDLE = Downgrade("c3.py:9", idle=True)
NONE = Downgrade("c3.py", impossible="has no downgrade", readable=False)


def written(first: Downgrade, second: Downgrade, **gates: tuple[str, ...]) -> str:
    """The page of a release of two revisions with these downgrades."""
    downgrades = {step.digest: one for step, one in zip(STEPS, (first, second), strict=True)}
    test = Environment("test", (), gates=GatePolicy(**gates))
    return runbook(Pen(), Runbook(PlanReport(PROMOTION, (), downgrades), (test,), "me@here", NOW))


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (LOSES, LOSES, "the last first (lose data: 2 of 2). This"),
        (LOSES, IDLE, "the last first (lose data: 1 of 2; do nothing: 1 of 2). This"),
        (Downgrade("b2.py:9"), Downgrade("c3.py:9"), "the last first. This"),
        (LOSES, NONE, "**This release cannot be taken back**: `c3` (has no downgrade)."),
        (NONE, NONE, "**This release cannot be taken back**: `b2, c3` (has no downgrade)."),
    ],
)
def test_the_way_back_is_shown_where_there_is_one(first: Downgrade, second: Downgrade, said: str) -> None:
    """With what it loses; a release with a revision that cannot be reverted names it, and no command for it."""
    page = written(first, second)
    assert said in page
    assert ("orchestrate rollback" in page) == ("cannot be taken back" not in said)


@pytest.mark.parametrize(("more", "said"), [(0, None), (1, "1 more group of"), (3, "3 more groups of")])
def test_targets_that_stand_apart_are_told_in_groups(more: int, said: str | None) -> None:
    """So many rows, and how many groups of targets the rest are."""
    seen = tuple((Target("test", "app", f"t{n}"), (f"h{n}",)) for n in range(many.MANY + more))
    downgrades = {step.digest: LOSES for step in STEPS}
    report = PlanReport(replace(PROMOTION, seen=seen), (), downgrades)
    page = runbook(Pen(), Runbook(report, (Environment("test", ()),), "me@here", NOW))
    assert [line for line in page.splitlines() if line.endswith(" of targets.")] == (
        [f"… and {said} targets."] if said else []
    )


def test_what_was_waived_is_waived_again_to_resume() -> None:
    """Where a gate may be waived, the part on resuming says that it is asked anew."""
    told = "what was waived in step 3 is waived here too"
    assert told in written(LOSES, IDLE, waivable=("window",))
    assert told not in written(LOSES, IDLE)
