"""Texts that come from scripts and databases cannot do anything to a terminal, nor break a view."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.divergence import Relation
from orchestrator.core.events import Event, EventKind
from orchestrator.core.failure import Failure
from orchestrator.core.gates.decisions import Veto, Waiver
from orchestrator.core.gates.verdict import Answer, Verdict
from orchestrator.core.locks import Held, LocksReport, TargetLocks
from orchestrator.core.plain import harmless
from orchestrator.core.reports import Done, PlanReport, RunHistory, RunReport
from orchestrator.core.run import Outcome
from orchestrator.core.status import StatusReport, Vetoed
from orchestrator.core.targets import Target
from orchestrator.errors import Exit, Problem
from orchestrator.views.json import fields
from orchestrator.views.text import progress, words
from orchestrator.views.text.draw import draw
from tests.views.drawing import text
from tests.views.samples import MESSAGES, NOW, PLAN, REPORTS, RESULTS, related

if TYPE_CHECKING:
    from orchestrator.core.reports import Report

HOSTILE = {
    "escape sequences": "a\x1b[2J\x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x9b31m",
    "carriage return": "harmless\rrun 1: done",
    "backspaces": "no\x08\x08yes",
    "a null": "a\x00b\x7f",
    "rich markup": "[red]a[/red] [/nope] [bold [link=x]",
    "unseen": "pr\u200bod \ufeff \u2060 \U000e0041 \u2028 \u2029 \u00ad",
    "right to left": "abc\u202etxt.exe\u202c \u2066x\u2069 \u200f\u061c",
    "newlines": "one\ntwo\n\nrun 1: done",
    "very long": "x" * 5000,
    "tabs": "a\tb",
    "half a surrogate": "a\ud800b",
    "braces": "{0} {n} {{ %s %(x)s",
    "emoji names": ":smile: :red_circle:",
}
OURS = re.compile(r"\x1b\[[0-9;]*m")
"""What rich itself writes on a terminal: colours."""


def reports(evil: str) -> dict[str, Report]:
    """Every kind of report with the text wherever a text from outside can be."""
    failed = Failure("failed", evil, evil, Exit.FAILED, (Problem(evil, evil, evil), Problem(evil)))
    alone = Failure("failed", evil, evil, Exit.FAILED)
    status = related(Relation.DIVERGED)
    targets = tuple(replace(t, failure=failed, holder=evil, heads=(evil,)) for t in status.targets)
    plan = replace(
        PLAN,
        waves=tuple(
            replace(
                wave,
                targets=tuple(
                    replace(t, steps=tuple(replace(s, message=evil, revision=evil) for s in t.steps), end=(evil,))
                    for t in wave.targets
                ),
            )
            for wave in PLAN.waves
        ),
    )
    held = Held(evil, evil, 1, statement=evil, ending=evil)
    show = REPORTS["show_bad"]
    assert isinstance(show, RunHistory)
    verdicts = tuple(replace(v, reason=evil, mend=evil) for v in REPORTS["plan"].verdicts)  # type: ignore[union-attr]
    waiver = Waiver(evil, evil, evil, NOW)
    verdicts += (Verdict("window", Answer.WAIVED, evil, waiver=waiver),)
    targets += (replace(targets[0], last_run=replace(show.run, id=evil, waivers=(waiver,))),)
    vetoes = (Vetoed(Veto(evil, evil, evil, NOW), (Target("dev"),)),)
    events = tuple(
        replace(e, body={**e.body, "reason": evil, "message": evil, "command": evil}) for e in show.events
    )
    results = tuple(replace(r, failure=alone, end=(evil,)) for r in RESULTS)
    return {
        "status": StatusReport(targets, status.pairs, dict.fromkeys(MESSAGES, evil), {}, vetoes=vetoes),
        "plan": PlanReport(plan, verdicts),
        "run": RunReport(evil, Outcome.FAILED, PLAN, verdicts, results, failed),
        "show": RunHistory(replace(show.run, actor=evil, command=evil), events),
        "locks": LocksReport((TargetLocks(Target("dev"), held, held), TargetLocks(Target("prod"), failure=alone))),
        "done": Done(evil, evil, {}),
    }


def assert_harmless(shown: str) -> None:
    """No control character but the line's end, no mark that turns the writing, nothing that cannot be sent."""
    shown.encode()
    rest = OURS.sub("", shown)
    found = {
        c
        for c in rest
        if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") or unicodedata.bidirectional(c) in _TURNING
    }
    assert found <= {"\n"}, f"reached the terminal: {found!r}"


_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.fault(48)
@pytest.mark.parametrize("evil", HOSTILE.values(), ids=HOSTILE)
def test_no_report_lets_a_hostile_text_through(evil: str, terminal: bool, happened: Callable[[str], None]) -> None:
    """Whatever a script, a database or a name holds, the terminal shows it and obeys none of it."""
    for report in reports(evil).values():
        assert_harmless(text(draw(report, NOW), terminal=terminal))
        json.dumps(fields(report)).encode("ascii")
    happened(f"every report held {evil[:40]!a}")


@pytest.mark.parametrize("evil", HOSTILE.values(), ids=HOSTILE)
def test_no_error_lets_a_hostile_text_through(evil: str) -> None:
    """Errors are told without a report."""
    problems = (Problem(evil, evil, evil), Problem(evil))
    for told in (Failure("x", evil, evil, Exit.BUG), Failure("x", evil, evil, Exit.BUG, problems)):
        assert_harmless(text(words.told(told), terminal=True))


@pytest.mark.parametrize("evil", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("kind", list(EventKind))
def test_no_line_of_progress_lets_a_hostile_text_through(kind: EventKind, evil: str) -> None:
    """Nor breaks the run: what is in hand is drawn by a spinner, which reads markup."""
    from rich.spinner import Spinner

    body = {
        "message": evil,
        "lock": "run lock",
        "waiting_for": evil,
        "holder": evil,
        "done": 1,
        "of": 2,
        "seconds": 0.1,
        "retry": 1,
        "seconds_left": 9,
        "blocked_by": evil,
        "reason": evil,
        "environment": evil,
        "number": 1,
        "targets": 2,
        "verify": evil,
    }
    event = Event(kind, NOW, evil, "me", Target("dev"), evil, body)
    if (line := progress.line(event)) is not None:
        assert_harmless(text(line, terminal=True))
    if (hand := progress.in_hand(event)) is not None:
        assert_harmless(text(Spinner("dots", hand), terminal=True))


def test_an_error_is_shown_as_far_as_it_is_read() -> None:
    """A megabyte of a driver's words does not scroll everything else away."""
    shown = text(words.told(Failure("x", "a" * 1_000_000, None, Exit.BUG, (Problem("b" * 1_000_000),))))
    assert len(shown) < 10_000
    assert "characters more" in shown


def test_what_is_harmless_is_shown_as_it_is() -> None:
    """Words in any script, signs and brackets stay; what was taken out is seen to be missing."""
    assert harmless("größe 表 عربي [red] → '…'\n\t") == "größe 表 عربي [red] → '…'\n\t"
    assert harmless("\x1b[2J\x7f\u202e") == "␛[2J␡\ufffd"


def test_markup_is_text() -> None:
    """A message in brackets is shown with its brackets, everywhere."""
    shown = text(draw(reports("[red]x[/red]")["show"], NOW))
    assert "[red]x[/red]" in shown


def test_a_table_keeps_its_lines_where_a_message_has_several() -> None:
    """Further lines of a cell stay in its column: nothing can pretend to be a row."""
    shown = text(draw(reports("one\nrun 1: done")["show"], NOW)).splitlines()
    forged = [line for line in shown[4:] if line.startswith("run 1: done")]
    assert forged == []


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=23), "23 h ago"),
        (timedelta(days=40), "40 d ago"),
    ],
)
def test_lengths_of_time_are_told_in_their_largest_unit(span: timedelta, told: str) -> None:
    """Also where the clocks of two machines disagree."""
    assert words.ago(span) == told
