"""What is begun before a command is loaded: a warm process where revisions will run, and nothing otherwise."""

from __future__ import annotations

import os

import pytest

from orchestrator.cli.ahead import begun, taken
from tests.crash.scene import children, is_warm, wait_until


@pytest.mark.parametrize(
    "line",
    ["status", "plan", "doctor", "promote dev test --dry-run", "rollout --help", "resume -c other.yaml", ""],
)
def test_nothing_is_begun_that_nobody_wants(line: str) -> None:
    """Commands that only look, dry runs, help and projects that lie elsewhere begin no warm process."""
    before = children(os.getpid())
    with begun(line.split()):
        assert children(os.getpid()) == before
        assert taken() is None


def test_what_nobody_took_is_ended() -> None:
    """A command that runs revisions finds one warm process; where it is refused before, nothing of it is left."""
    before = children(os.getpid())
    with begun(["promote", "dev", "test"]):
        (only,) = (pid for pid in children(os.getpid()) if pid not in before)
        wait_until(lambda: is_warm(only), "its arguments to be there")
    assert children(os.getpid()) == before
