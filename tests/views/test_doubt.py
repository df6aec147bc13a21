"""A step in doubt: what a person has to undo by hand is shown in full somewhere; where it is cut, that is told."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.core.divergence import State
from orchestrator.core.doubt import Doubt
from orchestrator.core.events import EventKind
from orchestrator.core.reports import Result, RunReport, StepResult, TargetResult
from orchestrator.core.run import Outcome
from orchestrator.core.status import StatusReport
from orchestrator.errors import Exit
from orchestrator.execution.leftovers import left_behind
from orchestrator.views.text.doubt import differing
from orchestrator.views.text.draw import draw
from orchestrator.views.text.words import last_run
from tests.views.drawing import text
from tests.views.samples import NOW, PLAN, RUN_ID, TEST, failure, history, standing

CHANGES = tuple(f"table t{number:02} appeared" for number in range(21))
FOUND = Doubt(RUN_ID, "ann@work", TEST, "b2", changes=CHANGES)


def listed(said: str) -> tuple[str, ...]:
    """The differences of which each has its line."""
    return tuple(change for change in CHANGES if f"differs  {change}" in said)


def test_all_that_differs_stands_where_somebody_looks() -> None:
    """`show`, `status` and the question before a word that nothing is left list every difference."""
    events = (EventKind.STEP_INTENT, "b2", {}), (EventKind.STEP_IN_DOUBT, "b2", {"changes": CHANGES})
    one = replace(standing(State.IN_DOUBT), target=TEST, doubt=FOUND)
    for report in (history("in_doubt", *events), StatusReport((one,), (), {}, {})):
        assert listed(text(draw(report, NOW))) == CHANGES
    assert listed(text(differing([FOUND]))) == CHANGES


def test_where_it_is_cut_the_rest_is_counted_and_found() -> None:
    """A run's end tells the first in a sentence and the next below it, with how many more `status` has."""
    sentence = left_behind(CHANGES)
    assert sentence == f"{'; '.join(CHANGES[:6])} and 15 more differences"
    assert left_behind(CHANGES[:6]) == "; ".join(CHANGES[:6])
    step = StepResult("b2", "", "in_doubt", doubt=FOUND)
    told = failure("in_doubt", Exit.IN_DOUBT, sentence, FOUND.mend)
    target = TargetResult(TEST, Result.IN_DOUBT, (), (), (step,), told)
    said = text(draw(RunReport(RUN_ID, Outcome.IN_DOUBT, PLAN, targets=(target,)), NOW))
    assert listed(said) == CHANGES[6:12]
    assert "… 9 more differences: orchestrate status test" in said


def test_a_run_that_a_person_settled_is_in_doubt_no_more() -> None:
    """Its last word is theirs: it was in doubt until then; one that has not ended is told by when it began."""
    doubtful = (EventKind.STEP_INTENT, "b2", {}), (EventKind.STEP_IN_DOUBT, "b2", {})
    settled = (EventKind.STEP_RESOLVED, "b2", {"verdict": "not_applied", "reason": "dropped it"})
    assert last_run(history("in_doubt", *doubtful).run, NOW).plain == f"{RUN_ID} in doubt 57 min ago"
    assert (
        last_run(history("in_doubt", *doubtful, settled).run, NOW).plain == f"{RUN_ID} in doubt until 56 min ago"
    )
    assert last_run(history(None, *doubtful).run, NOW).plain == f"{RUN_ID} begun 1 h ago, not ended"


def test_where_a_database_stands_is_not_claimed_to_be_known() -> None:
    """A run that a target without a readable place ended does not say that every state is known."""
    told = failure("unversioned", Exit.DIVERGENCE, "tables, but no version table")
    target = TargetResult(TEST, Result.FAILED, (), (), (), told)
    said = text(draw(RunReport(RUN_ID, Outcome.FAILED, PLAN, targets=(target,)), NOW))
    assert f"run {RUN_ID}: not started: where a database stands cannot be told" in said
