"""What reverting revisions costs is shown whole, however many there are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.core.downgrade import Act, Downgrade
from orchestrator.core.plan import TargetPlan, Wave
from orchestrator.core.reports import PlanReport
from orchestrator.views.markdown.marks import Pen
from orchestrator.views.markdown.plan import plan as markdown
from orchestrator.views.text.plan import plan
from tests.views import samples
from tests.views.drawing import text as drawn

ROWS = tuple(Act(f"drop_index i{number}") for number in range(50))
HARMLESS = Downgrade("x.py:1", ROWS)
TELLING = {
    60: Downgrade("x.py:1", (*ROWS, Act("drop_table orders", loses=True))),
    62: Downgrade("x.py:1", idle=True),
    64: Downgrade("x.py:9", readable=False),
}


@pytest.fixture
def many() -> PlanReport:
    """A rollback of 67 revisions, of which three after the first forty must be known."""
    step = samples.BACK.targets[0].steps[0]
    steps = tuple(replace(step, revision=f"r{n:02}", digest=f"d{n}") for n in range(67))
    wave = Wave((TargetPlan(samples.PROD, ("c3",), ("a1",), steps),))
    found = {f"d{n}": TELLING.get(n, HARMLESS) for n in range(67)}
    return PlanReport(replace(samples.BACK, waves=(wave,)), (), found)


def test_what_loses_data_is_never_cut(many: PlanReport) -> None:
    """Nor what does nothing or is not read, with how many they are; with --details nothing is."""
    said = drawn(plan(many))
    total = "lose data: 1 of 67; do nothing: 1 of 67; run code that is not read here: 1 of 67"
    for told in (total, "drop_table orders  loses data", "  r62", "see x.py:9", "… and 24 more that lose nothing"):
        assert told in said
    assert "  r61" not in said
    whole = drawn(plan(many, details=True))
    assert [f"r{n:02}" for n in range(67) if f"  r{n:02}" not in whole] == []
    assert "more" not in whole
    assert whole.count("drop_index") == 65 * 50


def test_a_posted_plan_cuts_no_loss(many: PlanReport) -> None:
    """The table of a rollback in Markdown says the same of each."""
    said = "\n".join(markdown(Pen(), many))
    assert "lose data: 1 of 67" in said
    for told in ("**loses data**", "**does nothing**", ": runs code that is not read here"):
        assert said.count(told) == 1
