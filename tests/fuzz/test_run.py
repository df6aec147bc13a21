"""The journal's rows, whatever their bodies hold: a run, or a fault that the journal names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator.core import plan_json as plans
from orchestrator.core.events import Event, EventKind
from orchestrator.core.run import fold
from orchestrator.core.targets import Target
from tests.fuzz.values import QUICK, VALUES, spoilt
from tests.views.samples import PLAN

AT = datetime(2026, 1, 1, tzinfo=UTC)
STARTED: dict[str, Any] = {"plan": plans.to_json(PLAN), "command": "promote"}


@QUICK
@given(spoilt(STARTED), st.sampled_from(EventKind), VALUES)
@example({"plan": {**STARTED["plan"], "seen": [[5, []]]}, "command": ""}, EventKind.RUN_RESUMED, None)
@example([], EventKind.RUN_FINISHED, {"outcome": []})
@example(STARTED, EventKind.RUN_FINISHED, {"outcome": {}})
def test_any_body_is_a_run_or_a_value_error(started: Any, kind: EventKind, body: Any) -> None:
    """Whatever the JSON of a row says, folding it gives a run or one of the errors that the journal names."""
    events = (
        Event(EventKind.RUN_STARTED, AT, "r", "me", body=started, sequence=1),
        Event(kind, AT, "r", "me", Target("dev"), "r1", body, 2),
    )
    try:
        run = fold(events)
    except (ValueError, KeyError, TypeError):
        return
    assert run is not None
    assert run.plan.fingerprint.startswith("sha256:")
    assert run.steps_of(Target("dev")) is not None


def test_a_run_without_a_beginning_is_named() -> None:
    """Rows whose first is lost do not make a run."""
    with pytest.raises(ValueError, match="does not begin"):
        fold([Event(EventKind.RUN_FINISHED, AT, "r", "me", body={"outcome": "succeeded"})])
