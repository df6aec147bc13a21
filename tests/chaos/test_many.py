"""Five orchestrators at one target, twenty times for each family; the figures are kept beside the kills'."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.crash.conftest import MakeScene, family, make_scene
from tests.crash.test_many import AT_ONCE, contended, versioned

__all__ = ["family", "make_scene"]
pytestmark = pytest.mark.chaos
ROUNDS = int(os.environ.get("CHAOS_ROUNDS") or 20)


def test_twenty_rounds_of_five(make_scene: MakeScene, family: str) -> None:
    """In each round one applies the revision and four are told which run holds the target."""
    scene = versioned(make_scene, family)
    for number in range(1, ROUNDS + 1):
        contended(scene, number)
    scene.assert_complete(exactly_once=True)
    told = (AT_ONCE - 1) * ROUNDS
    figures = {
        "family": family,
        "rounds": ROUNDS,
        "applied": ROUNDS,
        "told_who_holds_it": told,
        "applied_twice": 0,
    }
    print(json.dumps(figures))
    if report := os.environ.get("CHAOS_REPORT"):
        path = Path(report).with_name("five_at_once.json")
        kept = json.loads(path.read_text()) if path.exists() else {}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**kept, family: figures}, indent=1))
