"""What a release's outputs say of what comes next, and that they say nothing twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.core.events import Event, EventKind
from orchestrator.core.failure import Failure
from orchestrator.core.gates.decisions import Waiver
from orchestrator.core.gates.verdict import Answer, Verdict
from orchestrator.core.locks import LocksReport, TargetLocks
from orchestrator.core.plan import PlanKind
from orchestrator.core.reports import PlanReport, RunHistory
from orchestrator.core.sealed import Sealed
from orchestrator.core.status import Waived
from orchestrator.core.targets import Target
from orchestrator.core.waves import WavePolicy
from orchestrator.errors import Exit
from orchestrator.views.account_targets import timings
from orchestrator.views.text import gates, recorded, waves, words
from orchestrator.views.text.locks import locks
from orchestrator.views.text.sealed import sealed
from tests.views import account_samples, fleet_samples
from tests.views.drawing import text
from tests.views.samples import NOW

APPLY = "orchestrate apply release.plan.json"


def _plan(*shut: str) -> PlanReport:
    plan = fleet_samples.plan(3)
    life = {"created_at": NOW, "expires_at": NOW + timedelta(days=1)}
    file = Sealed(plan, "ann", "ann@work", **life, files={}, scripts={}, tools={})
    verdicts = tuple(Verdict(gate, Answer.WAIT, "not yet") for gate in shut)
    return PlanReport(plan, verdicts, sealed=file, applying=APPLY)


@pytest.mark.parametrize(
    ("shut", "told"), [((), True), (("protected",), True), (("soak",), False), (("protected", "age"), False)]
)
def test_to_apply_comes_next_only_where_it_would_not_be_refused(shut: tuple[str, ...], told: bool) -> None:
    """A gate that is shut says what comes first; of a protected environment whoever applies it is asked."""
    assert (f"next: {APPLY}" in [line.plain for line in sealed(_plan(*shut))]) is told


def test_gates_that_were_waived_together_are_told_together() -> None:
    """One line for each reason, with all the gates that it opened."""
    one = Waiver("soak", "orders fail", "ann", NOW)
    other = replace(one, reason="another")
    gone = (replace(one, gate=gate) for gate in ("window", "lint", "window"))
    found = [Waived(waiver, "r1", ("prod",)) for waiver in (one, *gone, other)]
    assert [line.plain.partition(", waived")[0] for line in gates.waived(found)] == [
        "run r1 passed the gates soak, window and lint to prod",
        "run r1 passed the gate soak to prod",
    ]


def test_a_revision_on_many_targets_is_one_revision() -> None:
    """How much a plan changes is how many scripts run and on how many targets."""
    plan = fleet_samples.plan(7)
    revisions = {step.revision for target in plan.targets for step in target.steps}
    changing = sum(bool(target.steps) for target in plan.targets)
    assert plan.steps > len(revisions)
    assert words.amount(plan) == f"{len(revisions)} revisions on {changing} targets"


def test_waves_of_one_kind_are_told_without_an_order() -> None:
    """Where no canary goes first there is nothing to list; a limit that limits nothing is not told."""
    plan = replace(fleet_samples.plan(60), kind=PlanKind.ROLLBACK)
    report = PlanReport(plan, (), policies={"prod": WavePolicy(parallel=4, per_server=4)})
    said = [line.plain for line in waves.waves(report)]
    assert " waves of up to " in said[0]
    assert said[1] == "  4 at a time"


def test_waves_after_a_run_was_taken_up_again_are_told_apart() -> None:
    """A wave that ended twice has between its ends who took the run up."""
    wave = {"environment": "prod", "number": 1, "of": 1, "targets": 30, "failed": 1, "verify": None}
    history = fleet_samples.history(30)
    later = NOW + timedelta(minutes=5)
    events = (
        *(event for event in history.events if event.kind is not EventKind.WAVE_FINISHED),
        Event(EventKind.WAVE_FINISHED, NOW, "r1", "ann@work", body=wave),
        Event(EventKind.RUN_RESUMED, later, "r1", "bob@desk"),
        Event(EventKind.WAVE_FINISHED, later, "r1", "bob@desk", body=wave),
    )
    told = [line.plain for line in recorded.recorded(RunHistory(history.run, events)) if hasattr(line, "plain")]
    first, again, last = [line[12:] for line in told if line.startswith("  12:")]
    assert (first, again) == (last, "taken up again by bob@desk")


@pytest.mark.parametrize(("targets", "columns"), [(1, 3), (2, 7)])
def test_times_of_one_target_have_one_column(targets: int, columns: int) -> None:
    """The shortest, the median and the longest of one are the same."""
    (table,) = timings(account_samples.account(targets))
    assert len(table.columns) == columns
    assert {len(row) for row in table.rows} == {columns}


@pytest.mark.parametrize("unread", [None, Failure("journal", "it cannot be read", None, Exit.JOURNAL)])
def test_locks_that_the_journal_does_not_tell_of_are_not_said_to_be_free(unread: Failure | None) -> None:
    """Without the journal nobody knows who drives a run beside its targets."""
    said = text(locks(LocksReport((TargetLocks(Target("dev")),), unread), NOW))
    assert ("no lock is held, as far as can be seen" in said) is (unread is not None)
    assert "no lock is held" in said


@pytest.mark.parametrize(
    ("told", "short"),
    [
        ("locks all orders", "locks all orders"),
        ("locks all the orders", "locks all the…"),
        ("x" * 20, "x" * 15 + "…"),
    ],
)
def test_what_is_too_long_is_cut_between_two_words(told: str, short: str) -> None:
    """Unless that would leave out more than a quarter of it."""
    assert words.short(told, 16) == short
