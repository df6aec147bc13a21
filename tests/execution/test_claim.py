"""Whose a run is, and what of its waves is recorded."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.errors import JournalError
from orchestrator.execution.claim import Claim


def test_a_wave_that_cannot_be_recorded_is_told_once_and_no_target_of_it_is_begun() -> None:
    """Each of its targets fails for that; the next wave is tried again."""
    told: list[Any] = []

    def tell(kind: object, **_body: object) -> None:
        told.append(kind)
        raise JournalError("the disk is full")

    journal = SimpleNamespace(taken_up=lambda _run: None)
    setting: Any = SimpleNamespace(resumed=None, tell=tell, journal=journal, run_id="run")
    claim = Claim(setting)
    for wave in (1, 2):
        claim.announce({"environment": "prod", "number": wave, "of": 2})
        for _target in range(7):
            with pytest.raises(JournalError):
                claim.take()
        assert len(told) == wave
