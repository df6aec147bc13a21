"""A run that has come to no target yet: a program before its environment failed, or was killed with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.events import EventKind
from orchestrator.core.gates.decide import closed
from orchestrator.core.plan_json import to_json
from orchestrator.core.run import Outcome
from orchestrator.errors import StalePlanError
from orchestrator.operations import apply, rollback, sealing
from orchestrator.operations.giving_up import given_up
from orchestrator.operations.prepared import Prepared
from orchestrator.operations.release import Wish
from tests.operations.conftest import Shop, now

ONWARDS = Wish("prod", "test")
PLAN = Path("release.plan.json")


@pytest.fixture
def cut_off(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A promotion to test was killed before it came to its target; what test had before was sealed for prod."""
    monkeypatch.chdir(shop.project.root)
    shop.stamp("b", "dev")
    shop.stamp("a", "test")
    sealing.seal(shop.prepare(ONWARDS), sealing.Author("dora", "dora@work"), PLAN, now())
    begin(shop, Wish("test", "dev"))
    return shop


def begin(shop: Shop, wish: Wish, run: str = "killed") -> None:
    """Record of a run that it began, and no more."""
    plan = shop.prepare(wish).plan
    shop.record(EventKind.RUN_STARTED, run, plan=to_json(plan), command=plan.again)


def applied(shop: Shop) -> Prepared:
    """The sealed plan, as `apply` would perform it."""
    from orchestrator.project import plan_file

    found = apply.prepare(shop.configuration, plan_file.read(PLAN), now)
    assert isinstance(found, Prepared)
    return found


def reasons(prepared: Prepared) -> list[tuple[str, str | None]]:
    """The gates that are shut, with what is to be typed."""
    return [(verdict.gate, verdict.mend) for verdict in closed(prepared.verdicts)]


def test_status_plan_promote_and_apply_know_the_same_run(cut_off: Shop) -> None:
    """What `status` proposes to resume is what a plan would begin anew; where it came to nothing, what was there
    before it goes on.
    """
    unfinished = cut_off.status().unfinished
    assert unfinished is not None
    assert unfinished.run.id == "killed"
    assert (reasons(cut_off.prepare(ONWARDS)), reasons(applied(cut_off))) == ([], [])
    again = cut_off.prepare(Wish("test", "dev"))
    assert again.report.begins_anew == unfinished
    assert reasons(again) == []


def test_it_is_over_when_it_is_done_or_cannot_be_resumed(cut_off: Shop) -> None:
    """Also by a person; and where its scripts are not the same any more, so that it cannot be resumed."""
    cut_off.stamp("b", "test")
    assert cut_off.status().unfinished is None
    cut_off.stamp("a", "test")
    script = next(cut_off.project.versions.glob("b_*"))
    sound = script.read_text()
    script.write_text(f"{sound}# edited\n")
    assert cut_off.status().unfinished is None
    script.write_text(sound)
    assert cut_off.status().unfinished is not None


def test_one_that_stopped_before_a_later_environment_is_told_and_shuts_nothing(shop: Shop) -> None:
    """A rollout that finished dev and came to no target of test: what dev has goes on, and what test had."""
    begin(shop, Wish("test"))
    for revision in ("a", "b"):
        shop.record(EventKind.STEP_APPLIED, "killed", "dev", revision)
    shop.stamp("b", "dev")
    shop.stamp("a", "test")
    assert reasons(shop.prepare(Wish("test", "dev"))) == []
    assert reasons(shop.prepare(ONWARDS)) == []
    unfinished = shop.status().unfinished
    assert unfinished is not None
    assert unfinished.run.id == "killed"


def test_a_run_elsewhere_does_not_hide_it(cut_off: Shop) -> None:
    """Each environment has its own: what runs do in dev is nothing to one that stands before test."""
    assert cut_off.rollout("dev").outcome is Outcome.NOTHING_TO_DO
    cut_off.project.tables("c", down="b")
    assert cut_off.rollout("dev").outcome is Outcome.SUCCEEDED
    unfinished = cut_off.status().unfinished
    assert unfinished is not None
    assert unfinished.run.id == "killed"


def test_one_that_is_given_up_is_over_and_what_came_before_it_too(cut_off: Shop) -> None:
    """Its end is recorded with who gave it up and why; nobody is asked to end it, and it cannot be resumed."""
    begin(cut_off, Wish("test", "dev"), "again")
    prepared = rollback.prepare(cut_off.configuration, rollback.Regret("again", reason="r2 is bad"), now)
    assert prepared.plan.steps == 0
    report = given_up(cut_off.configuration, cut_off.perform(prepared), cut_off.actor, prepared.reason)
    assert report.notes == ("run again is given up: nothing of it is left, and it cannot be resumed any more",)
    assert cut_off.status().unfinished is None
    last = cut_off.runs()[0]
    assert (last.outcome, last.stopped_by) == (Outcome.TAKEN_BACK, "given up by ann@work: r2 is bad")
    with pytest.raises(StalePlanError, match="given up by ann@work: r2 is bad"):
        cut_off.resume("again")
    twice = given_up(cut_off.configuration, cut_off.perform(prepared), cut_off.actor, None)
    assert twice.notes == ()
