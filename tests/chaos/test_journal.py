"""The journal under hundreds of kill -9: no event that was acknowledged is ever missing."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.crash.test_journal import journal_url, kills

__all__ = ["journal_url"]
pytestmark = pytest.mark.chaos


def test_no_acknowledged_event_is_lost_in_hundreds_of_kills(tmp_path: Path, journal_url: str) -> None:
    """Writers are killed at random moments, 200 of them for each kind of journal."""
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(10**6))
    count = int(os.environ.get("CHAOS_KILLS") or 200)
    print(f"CHAOS_SEED={seed}")
    acknowledged = kills(tmp_path, journal_url, count, seed)
    print(f"kills {count}, acknowledged {acknowledged}, lost 0")
    assert acknowledged >= count * 9 // 10
