"""Findings in revisions as a person and a program read them."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.core.lint import LintFinding, LintReport, Severity
from orchestrator.views import lint as json_view
from orchestrator.views.text import lint as text_view
from tests.views.drawing import text

DROP = LintFinding(
    "drop-column", Severity.ERROR, "a2", "versions/a2.py:9", "drops t.c\x1b[31m", "values are lost", "later"
)
INDEX = LintFinding("index", Severity.WARNING, "a3", "versions/a3.py:7", "builds ix", "locks", "concurrently")
ALLOWED = replace(DROP, where="versions/a2.py:12", allowed="nothing reads it")
REPORT = LintReport((DROP, ALLOWED, INDEX), ("a2", "a3"), ("prod: not looked at",))
DRAWN = """\
a2
  error  drop-column  versions/a2.py:9
    drops t.c␛[31m
    why   values are lost
    safe  later
  error  drop-column  versions/a2.py:12
    drops t.c␛[31m
    allowed  nothing reads it
a3
  warning  index  versions/a3.py:7
    builds ix
    why   locks
    safe  concurrently
prod: not looked at
2 revisions: 1 error, 1 warning, 1 allowed
"""


def test_each_finding_is_told_with_why_and_the_safe_way() -> None:
    """Revision by revision; an allowed one with its reason alone; nothing is obeyed by a terminal."""
    assert text(text_view.lint(REPORT)) == DRAWN
    assert text(text_view.lint(LintReport((), ("a2",)))) == "1 revision: nothing found\n"
    assert text(text_view.lint(LintReport((), ()))) == "no revision is pending\n"


def test_a_plan_has_each_on_a_line() -> None:
    """With its place, and how many more there are than a screen holds."""
    told = [line.plain for line in text_view.in_plan((ALLOWED, *(INDEX,) * 20))]
    assert told[0].startswith("error drop-column in a2 (versions/a2.py:12): drops t.c")
    assert told[0].endswith("; allowed: nothing reads it")
    assert (len(told), told[-1]) == (21, f"… and 1 more: orchestrate lint {INDEX.revision}")


def test_json_counts_what_is_allowed_by_itself() -> None:
    """A finding that the script allows is in no other count."""
    told = json_view.lint(REPORT)
    assert told["summary"] == {"note": 0, "warning": 1, "error": 1, "allowed": 1}
    assert [one["allowed"] for one in told["findings"]] == [None, "nothing reads it", None]
    assert (told["least"], told["revisions"], told["unlinted"]) == ("error", ["a2", "a3"], ["prod: not looked at"])
