"""A veto while a run is at work: what has begun is finished, and nothing further gets the revision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from orchestrator.core.events import Event, EventKind
from orchestrator.core.gates.decisions import Waiver
from orchestrator.core.reports import Done, Result, RunReport
from orchestrator.core.run import Outcome
from orchestrator.errors import Exit
from orchestrator.operations import performing
from orchestrator.operations.release import Wish
from orchestrator.operations.veto import Objection, lift, veto
from tests.operations.conftest import Shop, now


def said(shop: Shop, say: Callable[..., Done], revision: str = "b") -> Done:
    """A person vetoes a revision, or lifts that; what they are told."""
    return say(shop.configuration, Objection(revision, "locks orders for minutes", "eve@work"), now)


def rollout(shop: Shop, through: str, begun: str, *waivers: Waiver) -> RunReport:
    """A rollout during which b is vetoed as soon as this revision has been begun for the first time."""
    done: list[Done] = []

    def hear(event: Event) -> None:
        if event.kind is EventKind.STEP_INTENT and event.revision == begun and not done:
            done.append(said(shop, veto))

    actor = replace(shop.actor, listener=hear)
    prepared = replace(shop.prepare(Wish(through)), waivers=waivers)
    report = performing.perform(shop.configuration, prepared, actor, look_again=False)
    assert f"run {report.run_id} has it in its plan: it stops before it begins it" in done[0].sentence
    assert ("; in hand already on dev" in done[0].sentence) is (begun == "b")
    return report


def test_a_veto_stops_a_run_before_the_next_environment(shop: Shop) -> None:
    """The run says whose veto it met; resumed it is refused, and once the veto is lifted it ends well."""
    shop.environments("dev", "prod")
    report = rollout(shop, "prod", "b")
    assert report.told is not None
    assert (report.exit, report.told.code) == (Exit.FAILED, "vetoed")
    assert "revision b is vetoed by eve@work since" in report.told.message
    assert report.told.mend is not None
    assert report.told.mend.endswith(f"veto b --lift --reason '…'; then: orchestrate resume {report.run_id}")
    assert (shop.heads("dev"), shop.file("prod").exists()) == (["b"], False)
    assert shop.resume(report.run_id).exit is Exit.REFUSED
    said(shop, lift)
    assert shop.resume(report.run_id).outcome is Outcome.SUCCEEDED
    assert shop.heads("prod") == ["b"]


@pytest.mark.parametrize("waived", [False, True])
def test_a_veto_stops_a_run_before_it_begins_the_revision(shop: Shop, *, waived: bool) -> None:
    """Each target goes on up to it; a waiver covers the vetoes that it was given for, and none since."""
    tenants = {"databases": ["t1", "t2"], "order": "source"}
    dev = {"url": "sqlite:///{tenant}.db", "tenants": tenants, "waves": {"size": 1}}
    shop.project.environments({"dev": {**dev, "gates": {"waivable": ["veto"]}}})
    waivers = []
    if waived:
        said(shop, veto, "a")
        waivers = [Waiver("veto", "an outage", "ann@work", now())]
    report = rollout(shop, "dev", "a", *waivers)
    for one in report.targets:
        assert (one.result, [step.outcome for step in one.steps]) == (Result.FAILED, ["applied", "not_started"])
    assert report.told is not None
    assert (report.exit, report.told.code) == (Exit.FAILED, "vetoed")
    assert "revision b is vetoed" in report.told.message
    assert "revision a" not in report.told.message
