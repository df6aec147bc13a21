"""How a run came out as JUnit's XML, read back by a real parser."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.checks import Answered, Check, Verification
from orchestrator.core.envelope import Envelope
from orchestrator.core.reports import RunReport
from orchestrator.errors import Exit, Problem
from orchestrator.views.junit import junit
from tests.views.samples import NOW, REPORTS, failure

if TYPE_CHECKING:
    from orchestrator.core.reports import Report

RUNS = {name: report for name, report in REPORTS.items() if isinstance(report, RunReport)}


def _read(report: Report | None, exit_: Exit = Exit.DONE, message: str = "it is wrong") -> ET.Element:
    told = failure("code", exit_, message) if exit_ else None
    return ET.fromstring(junit(report, Envelope("promote", NOW, NOW + timedelta(seconds=2), exit_, told)))


@pytest.mark.parametrize("name", RUNS)
def test_every_run_is_told_in_full(name: str) -> None:
    """Each revision of each target is a case, the counts are those of the cases, and no failure is a success."""
    report = RUNS[name]
    root = _read(report, report.exit)
    cases = list(root.iter("testcase"))
    assert int(root.attrib["tests"]) == len(cases)
    for tag, key in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert int(root.attrib[key]) == len(list(root.iter(tag)))
    assert sum(len(target.steps) for target in report.targets) <= len(cases)
    assert bool(report.exit) == (root.find(".//failure") is not None or root.find(".//error") is not None)


def test_what_each_case_says() -> None:
    """A revision that failed has its reason and the mend, and one that was not begun is skipped."""
    root = _read(RUNS["run_failed"], Exit.FAILED)
    failed = root.find(".//failure")
    assert failed is not None
    assert "→" in str(failed.text)
    assert _read(RUNS["run_results"], Exit.FAILED).find(".//skipped[@message='not started']") is not None


def test_each_check_of_an_environment_is_a_case() -> None:
    """One that holds is a success, one that does not has its reason."""
    answers = (Answered(Check("SELECT 1")), Answered(Check("SELECT 0"), (Problem("is not true", "staging"),)))
    root = _read(Verification("staging", answers, 1, "mend"), Exit.FAILED)
    assert [(case.attrib["name"], len(case)) for case in root.iter("testcase")] == [
        ("SELECT 1", 0),
        ("SELECT 0", 1),
    ]


@given(st.text(max_size=60))
def test_any_text_is_good_xml(said: str) -> None:
    """A driver's message with control characters, quotes or tags is told, and the file can be read."""
    case = _read(None, Exit.UNAVAILABLE, said).find(".//error")
    assert case is not None
