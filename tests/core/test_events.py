"""Which events the journal keeps."""

from __future__ import annotations

import pytest

from orchestrator.core.events import EventKind

PASSING = {
    EventKind.WAITING,
    EventKind.LOCK_WAITING,
    EventKind.TABLE_LOCK_WAITING,
    EventKind.RUN_LOCK_LOST,
    EventKind.OUTPUT,
    EventKind.STOPPING,
    EventKind.WAVE_PAUSED,
}


@pytest.mark.parametrize("kind", list(EventKind))
def test_all_that_a_run_is_folded_from_is_durable(kind: EventKind) -> None:
    """What is kept is everything about runs, targets and steps; only what passes by is not."""
    assert kind.durable is (kind not in PASSING)


def test_the_words_for_programs_stay() -> None:
    """Journals written years ago hold these very words."""
    words = [
        "run_started",
        "run_resumed",
        "run_finished",
        "target_started",
        "target_finished",
        "step_intent",
        "step_applied",
        "step_recovered",
        "step_failed",
        "step_in_doubt",
        "step_resolved",
        "lock_waiting",
    ]
    assert [kind for kind in EventKind if kind in words] == words
