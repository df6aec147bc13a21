"""Every report as text and as JSON, compared with the files in `golden/`.

After a change that is meant: GOLDEN=1 pytest tests/views, and read the difference before it is committed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from orchestrator.core.divergence import Relation, State
from orchestrator.core.envelope import Envelope
from orchestrator.core.findings import Level
from orchestrator.core.reports import Result
from orchestrator.core.run import Outcome
from orchestrator.errors import Exit
from orchestrator.views import json as view
from orchestrator.views.text.draw import draw
from tests.views.drawing import text
from tests.views.samples import NOW, REPORTS, failure

GOLDEN = Path(__file__).with_name("golden")


def compare(name: str, found: str, folder: Path = GOLDEN) -> None:
    path = folder / name
    if os.environ.get("GOLDEN"):
        path.write_text(found)
    assert path.exists(), f"{name} is new: GOLDEN=1 pytest tests/views"
    assert found == path.read_text()


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_as_text_is_as_it_was(name: str) -> None:
    """What people read changes only on purpose."""
    lines = text(draw(REPORTS[name], NOW)).splitlines()
    compare(f"{name}.txt", "\n".join(line.rstrip() for line in lines) + "\n")


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_as_json_is_as_it_was(name: str) -> None:
    """What programs read changes only on purpose."""
    envelope = Envelope("command", NOW, NOW, Exit.DONE)
    document = view.document(envelope, view.fields(REPORTS[name]))
    compare(f"{name}.json", json.dumps(document, indent=2) + "\n")


def test_no_golden_file_is_left_over() -> None:
    """Each belongs to a report."""
    assert {path.stem for path in GOLDEN.iterdir()} == set(REPORTS)


@pytest.mark.parametrize("kind", [State, Relation, Outcome, Result, Level])
def test_every_word_that_programs_rely_on_is_in_some_golden_file(kind: type) -> None:
    """A new state, relation, outcome or result needs a report here."""
    shown = "".join((GOLDEN / f"{name}.json").read_text() for name in REPORTS)
    assert [word for word in kind if f'"{word}"' not in shown] == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", REPORTS)
def test_every_document_has_what_is_always_there(name: str) -> None:
    """Version, command, success, exit code, times, targets and error, in every report of any kind."""
    document = view.document(Envelope("x", NOW, NOW, Exit.DONE), view.fields(REPORTS[name]))
    always = ["schema_version", "command", "success", "exit_code", "started_at", "finished_at", "targets"]
    assert list(document)[:7] == always
    assert (document["schema_version"], document["error"], document["started_at"]) == (
        1,
        None,
        "2026-07-01T12:00:00Z",
    )


def test_a_failed_command_is_a_document_too() -> None:
    """It says that it failed, with what, and what to type."""
    told = failure("locked", Exit.LOCKED)
    document = view.document(Envelope("promote", NOW, NOW, Exit.LOCKED, told), {"run_id": None})
    assert (document["success"], document["exit_code"], document["targets"]) == (False, 8, [])
    assert document["error"] == {"code": "locked", "message": "it is wrong", "mend": "mend it", "problems": []}
