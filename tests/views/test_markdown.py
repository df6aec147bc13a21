"""Reports as Markdown: what is posted says what a terminal says, and obeys nobody's text."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.envelope import Envelope
from orchestrator.core.gates.decisions import Waiver
from orchestrator.core.gates.verdict import Answer, Verdict
from orchestrator.core.lint import LintFinding, Severity
from orchestrator.core.reports import PlanReport
from orchestrator.errors import Exit
from orchestrator.views.markdown.gates import gates
from orchestrator.views.markdown.marks import LONGEST, Pen, table
from orchestrator.views.markdown.page import page
from orchestrator.views.text.draw import draw
from tests.views.drawing import text
from tests.views.fleet_samples import planned, results, status
from tests.views.samples import NOW, REPORTS, failure

PEN = Pen()
HOSTILE = st.text(st.sampled_from("a1 `|\\<>&*_[]()#@!:/.w~+-\n\r\t\x1b\u202e\u200b"), max_size=40)


@given(HOSTILE)
def test_a_text_is_one_cell_of_a_table_whatever_it_holds(said: str) -> None:
    """No text ends its cell or its line, opens a tag, or reaches a terminal as a command."""
    for written in (PEN.text(said), PEN.code(said)):
        assert "|" not in written.replace("&#124;", "")
        assert "\n" not in written
        assert "\r" not in written
        assert "\x1b" not in written
    assert "<" not in PEN.text(said).replace("<!-- -->", "")
    assert len(table(("a", "b"), [(PEN.text(said), PEN.code(said))]).splitlines()) == 3


@given(HOSTILE)
def test_nothing_ends_a_code_span_or_a_fence(said: str) -> None:
    """What encloses a text is longer than any run of backticks in it."""
    span = PEN.code(said)
    if not span.startswith("<code>"):
        ticks = re.match("`+", span)
        assert ticks is not None
        assert ticks[0] not in re.findall("`+", span[len(ticks[0]) : -len(ticks[0])])
    first, *_, last = PEN.fenced(said).splitlines()
    assert last not in re.findall("`+", "\n".join(PEN.fenced(said).splitlines()[1:-1]))
    assert first == f"{last}text"


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("@acme/dba", "@<!-- -->acme/dba"),
        ("alice@laptop", "alice@laptop"),
        ("see https://evil.example", "see https:<!-- -->//evil.example"),
        ("<img src=x> *now* [x](y)", "&lt;img src=x&gt; \\*now\\* \\[x\\](y)"),
        ("- one\n# two", "<!-- -->- one \\# two"),
    ],
)
def test_a_text_makes_no_link_mentions_nobody_and_is_no_heading(said: str, written: str) -> None:
    """A revision's message in a comment is read, and nothing comes of it."""
    assert PEN.text(said) == written


def test_a_secret_is_masked_before_its_letters_are_escaped() -> None:
    """A password with a star in it would not be known any more once the star is escaped."""
    pen = Pen(lambda said: said.replace("p*ss_w", "***"))
    assert "w" not in (pen.text("is p*ss_w") + pen.code("p*ss_w") + pen.fenced("p*ss_w", "sh")).replace("sh", "")


ALL = {**REPORTS, "many_status": status(1000), "many_planned": planned(1000), "many_results": results(1000)}


@pytest.mark.parametrize("name", ALL)
def test_every_report_is_a_page_that_can_be_posted(name: str) -> None:
    """Each kind of report, also of thousands of targets, is shorter than a comment may be, with all its text."""
    report = ALL[name]
    terminal = text(draw(report, NOW))
    made = page(PEN, report, Envelope("command", NOW, NOW, Exit.DONE), terminal)
    assert len(made) <= LONGEST
    assert terminal.strip().splitlines()[-1] in made
    for line in made.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")


def test_a_page_that_would_be_too_long_says_what_it_lacks() -> None:
    """It is cut at the end of a line, and tells how many more there are."""
    made = page(PEN, None, Envelope("show", NOW, NOW, Exit.DONE), "a line of the run\n" * 10_000)
    assert len(made) <= LONGEST
    assert re.search(r"… \d,\d{3} more lines", made)


def test_what_a_page_of_a_plan_and_of_a_run_shows_first() -> None:
    """A plan: how much, on what, which gate is shut and what opens it. A refusal: its exit code, unfolded."""
    made = page(PEN, REPORTS["plan"], Envelope("plan", NOW, NOW, Exit.DONE), "…")
    assert made.startswith(
        "### `orchestrate plan` of `orchestrate rollout --through prod`\n\n3 revisions on 4 targets"
    )
    assert "| `test, prod/app@acme, prod/app@umbrella` | `a1` | `c3` | `b2` Create orders<br>`c3` Add the" in made
    refused = page(
        PEN,
        REPORTS["run_gates"],
        Envelope("promote", NOW, NOW, Exit.REFUSED, failure("refused", Exit.REFUSED)),
        "…",
    )
    assert ": exit 5, refused\n" in refused
    assert "<details open>" in refused


def test_the_findings_of_a_plan_stand_in_its_page() -> None:
    """The severe ones first; one that the script allows is told with its reason."""
    error = LintFinding(
        "drops-table", Severity.ERROR, "b2", "b2.py:9", "drops t|", "rows are lost", "rename it first"
    )
    note = replace(error, severity=Severity.NOTE, what="small", allowed="empty @since v1")
    planned = REPORTS["plan"]
    assert isinstance(planned, PlanReport)
    made = page(PEN, replace(planned, findings=(note, error)), Envelope("plan", NOW, NOW, Exit.DONE), "…")
    assert "2 findings in these revisions:" in made
    rows = [line for line in made.splitlines() if "drops-table" in line]
    assert (
        rows[0]
        == "| **error** | `drops-table` | `b2` b2.py:9 | drops t&#124;<br>rows are lost | rename it first |"
    )
    assert rows[1].startswith("| note, allowed: empty @<!-- -->since v1 |")


def test_a_waiver_is_told_with_its_reason_and_a_gate_that_is_open_by_its_name() -> None:
    """What keeps a plan out, what was waived, by whom and why, and what is open."""
    shut = Verdict("window", Answer.WAIT, "closed on fridays", "wait\nor add --waive window")
    waived = replace(shut, gate="soak", answer=Answer.WAIVED, waiver=Waiver("soak", "outage", "ann@work", NOW))
    told, passed = gates(PEN, [shut, waived, Verdict("order", Answer.PASS, "fine")])
    assert "| `window` | **shut**, waits | closed on fridays | `wait`<br>`or add --waive window` |" in told
    assert "| `soak` | waived | closed on fridays; waived by ann@work: outage |  |" in told
    assert passed == "Open gates: `order`"
