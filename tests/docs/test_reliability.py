"""docs/reliability.md says what tests/crash/faults.py says, and the faults have tests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import reliability, reliability_page
from tests.crash.faults import FAULTS
from tests.docs.document import ROOT

pytest_plugins = ["pytester"]
AT_LEAST = 45
TESTS = """
import pytest

@pytest.mark.fault(13, 14)
def test_silent(happened):
    pass

@pytest.mark.fault(13)
@pytest.mark.sqlite
def test_proved(happened):
    '''A law.'''
    happened("seen in the server's log")

@pytest.mark.fault(51)
def test_unknown(happened):
    pass
"""


def rows() -> dict[str, list[str]]:
    """The page's table, by number: the columns that say what is promised."""
    _, generated = reliability_page.PAGE.read_text().split(reliability_page.BEGIN)
    cells = [line.strip("| ").split(" | ") for line in generated.splitlines() if line.startswith("| ")]
    return {row[0]: row[: reliability_page.FIXED] for row in cells if row[0].isdigit()}


def marked(place: Path) -> set[int]:
    """The rows that any test says it is for: collected, not run."""
    files = [str(path) for path in ROOT.glob("tests/**/test_*.py") if "fault(" in path.read_text()]
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider"]
    found = place / "found.json"
    done = subprocess.run(
        [*command, "--reliability", str(found), *files], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout.decode()[-2000:]
    return {row for one in json.loads(found.read_text()) for row in one["faults"]}


def test_the_page_has_every_fault_as_it_is_promised() -> None:
    """The table says of every fault what the code says: guarantee, exit and outcome."""
    assert list(FAULTS) == list(range(1, 51))
    assert rows() == {str(number): list(reliability_page.promised(fault)) for number, fault in FAULTS.items()}


def test_the_page_lists_the_guarantees() -> None:
    """What is promised to a reader is what the tests are held to."""
    text = reliability_page.PAGE.read_text()
    assert all(line in text for line in reliability_page.guarantees())


def test_most_faults_have_a_test(tmp_path: Path) -> None:
    """At least 45 of the 50 are produced by a test; of each other one the reason is said."""
    covered = marked(tmp_path)
    assert len(covered) >= AT_LEAST, sorted(set(FAULTS) - covered)
    assert not [number for number, fault in FAULTS.items() if number not in covered and not fault.reason]


def test_a_fault_that_nobody_proved_fails_its_test(pytester: pytest.Pytester) -> None:
    """A marked test that passes without a proof fails and says why; results are kept under xdist too."""
    pytester.makeini("[pytest]\nmarkers = fault\n control\n sqlite\n")
    pytester.makepyfile(TESTS.partition("@pytest.mark.fault(51)")[0])
    ran = pytester.runpytest_inprocess(
        "-p", "tests.reliability", "--reliability", "found.json", "-p", "no:cacheprovider"
    )
    ran.assert_outcomes(passed=1, failed=1)
    ran.stdout.fnmatch_lines(["*marked fault(13, 14) and passed, but never proved*"])
    proved, silent = sorted(
        json.loads((pytester.path / "found.json").read_text()), key=lambda one: str(one["test"])
    )
    assert (proved["faults"], proved["families"], proved["law"]) == ([13], ["sqlite"], "A law.")
    assert (proved["outcome"], proved["proofs"]) == ("passed", ["seen in the server's log"])
    assert (silent["outcome"], silent["faults"]) == ("failed", [13, 14])


def test_a_row_that_does_not_exist_is_an_error(pytester: pytest.Pytester) -> None:
    """A test for a fault that no table has is told at once."""
    pytester.makeini("[pytest]\nmarkers = fault\n control\n sqlite\n")
    pytester.makepyfile(TESTS)
    ran = pytester.runpytest_inprocess("-p", "tests.reliability")
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    ran.stderr.fnmatch_lines([f"*{reliability.NO_ROW.format(rows='51')}*"])
