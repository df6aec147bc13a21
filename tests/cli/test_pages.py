"""What a pipeline keeps of a command is beside the command."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.cli import pages
from orchestrator.cli.options import Common
from orchestrator.cli.session import Session
from orchestrator.core.envelope import Envelope
from orchestrator.errors import Exit


def test_a_page_that_cannot_be_drawn_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever goes wrong in what a pipeline keeps, the command ends as it did: it is told beside it."""
    monkeypatch.setattr("orchestrator.views.junit.junit", lambda *_: 1 / 0)
    at = datetime(2026, 11, 23, tzinfo=UTC)
    session = Session("status", Common(), junit=tmp_path / "junit.xml")
    pages.keep(session, Envelope("status", at, at, Exit.DONE), None, None)
    told = capsys.readouterr().err
    assert told.startswith(f"warning: {tmp_path}/junit.xml cannot be written: ")
    assert "division by zero" in told
