"""A run at work beside its targets, in a program or a check: it is seen, it is alone, or it gives way for good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.core.events import Event, EventKind
from orchestrator.core.reports import RunReport
from orchestrator.core.run import Outcome
from orchestrator.core.selection import Selection
from orchestrator.errors import Exit, StalePlanError
from orchestrator.operations import prepared as performing
from orchestrator.operations.locks import locks
from orchestrator.operations.release import Wish
from orchestrator.operations.runs import show
from tests.operations.conftest import Shop, now

_SAYS = {"command": ["sh", "-c", "echo at work; echo ran >> told; test ! -f sick"]}


def around(shop: Shop, *when: str) -> None:
    """dev has a program of this kind, which says a line when it runs."""
    given: dict[str, Any] = {name: [_SAYS] for name in when}
    shop.project.environments({"dev": {"url": "sqlite:///dev.db", **given}})


def ran(shop: Shop) -> int:
    """How often that program ran."""
    return len((shop.project.root / "told").read_text().splitlines())


def rollout(shop: Shop, meanwhile: Callable[[str], None]) -> RunReport:
    """A rollout to dev; what is done once, while the first program is at work in that run."""
    asked: list[str] = []

    def hear(event: Event) -> None:
        shop.heard.append(event)
        if event.kind is EventKind.OUTPUT and event.body["line"] == "at work" and not asked:
            asked.append(event.run)
            meanwhile(event.run)

    actor = replace(shop.actor, listener=hear)
    report = performing.perform(shop.configuration, shop.prepare(Wish("dev")), actor, look_again=False)
    assert asked
    return report


@pytest.mark.parametrize("when", ["before", "verify", "after"])
def test_whoever_works_beside_its_targets_is_seen_and_is_alone(shop: Shop, when: str) -> None:
    """Another attempt is turned away and leaves no mark; `locks` and the run's own target name who is at work."""
    around(shop, when)

    def meanwhile(run: str) -> None:
        recorded = len(show(shop.configuration, run).events)
        again = shop.resume(run)
        assert (again.exit, again.told and f"driven by run {run} by " in again.told.message) == (Exit.LOCKED, True)
        assert len(show(shop.configuration, run).events) == recorded
        (held,) = locks(shop.configuration, Selection(()), now).targets
        assert held.run_lock is not None
        assert held.run_lock.run == run
        if when == "before":
            other = performing.perform(shop.configuration, shop.prepare(Wish("dev")), shop.actor, look_again=False)
            assert (other.exit, other.targets[0].end) == (Exit.LOCKED, ())
        else:
            status = shop.status("dev")
            assert (status.targets[0].holder is not None, status.unfinished) == (True, None)

    assert rollout(shop, meanwhile).exit is Exit.DONE
    assert (ran(shop), shop.heads("dev")) == (1, ["b"])


def test_an_attempt_whose_run_was_taken_up_by_another_goes_no_further(shop: Shop) -> None:
    """It begins no target and records nothing more, says who has the run now, and runs nothing at the end."""
    around(shop, "before", "after")
    taken: list[str] = []

    def meanwhile(run: str) -> None:
        taken.append(run)
        shop.record(EventKind.RUN_RESUMED, run, fingerprint="x")

    report = rollout(shop, meanwhile)
    assert report.exit is Exit.LOCKED
    assert report.told is not None
    assert "was taken up again by ann@work" in report.told.message
    assert (ran(shop), shop.tables("dev")) == (1, set())
    assert show(shop.configuration, taken[0]).events[-1].kind is EventKind.RUN_RESUMED


def test_what_a_later_run_did_is_not_adopted_by_an_earlier_one(shop: Shop) -> None:
    """Nothing of the earlier run is left: it runs no program, records nothing, and the later one can go back."""
    around(shop, "before")
    sick = shop.project.root / "sick"
    sick.touch()
    early = shop.rollout("dev")
    assert early.exit is Exit.FAILED
    sick.unlink()
    late = shop.rollout("dev")
    assert (late.outcome, ran(shop)) == (Outcome.SUCCEEDED, 2)
    with pytest.raises(
        StalePlanError, match=f"run {late.run_id} took dev there since; nothing of this run is left"
    ):
        shop.resume(early.run_id)
    assert ran(shop) == 2
    assert early.run_id is not None
    assert show(shop.configuration, early.run_id).events[-1].kind is EventKind.RUN_FINISHED
