"""Vetoes and waivers: what is stopped by a word of a person, and what a person may let pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from orchestrator.core import plan_json as plans
from orchestrator.core.events import Event, EventKind
from orchestrator.core.gates.decide import closed, decide
from orchestrator.core.gates.decisions import Veto, Waiver
from orchestrator.core.gates.evidence import Evidence
from orchestrator.core.gates.policy import WAIVABLE, GatePolicy
from orchestrator.core.gates.recorded import recorded
from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.gates.veto import veto
from orchestrator.core.gates.waivers import unneeded, used, waived
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.plan import Plan, PlanKind
from orchestrator.core.planner import rollout
from orchestrator.core.run import fold
from orchestrator.core.targets import Target
from tests.core.gates.asking import told as asked
from tests.core.worlds import graph, world

NOW = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
WORLD = world(graph("a; b a; c b"), {"dev": "c", "test": "b", "prod": "a"}, protected=("prod",))
PLAN: Plan = rollout(WORLD, "prod")
VETO = Veto("b", "locks orders", "me@here", NOW)


def circumstances(waivers: tuple[str, ...] = (), **waivable: tuple[str, ...]) -> Circumstances:
    environments = (
        replace(one, gates=GatePolicy(waivable=waivable.get(one.name, ()))) for one in WORLD.pipeline.environments
    )
    given = tuple(Waiver(gate, "an outage", "me@here", NOW) for gate in waivers)
    told = Evidence(vetoes={"b": VETO})
    return Circumstances(Pipeline(tuple(environments)), now=NOW, evidence=told, waivers=given)


def test_a_vetoed_revision_goes_nowhere() -> None:
    """A release that would apply it is refused by the name of who gets it; one that is past it is not."""
    refused = Verdict(
        "veto",
        Answer.REFUSE,
        "revision b is vetoed by me@here since 2026-11-20 13:00 UTC: locks orders",
        "once it is harmless: orchestrate veto b --lift --reason '…'",
        ("prod",),
    )
    assert veto(PLAN, circumstances()) == refused
    passed = Verdict("veto", Answer.PASS, "no revision of it is vetoed")
    assert veto(rollout(WORLD, "test"), circumstances()) == passed
    assert asked("veto", replace(PLAN, kind=PlanKind.ROLLBACK), circumstances()) is None


def test_it_says_how_far_one_may_go_without_it() -> None:
    """Where every target may take the same revisions before it, the command that stops there is told first."""
    line = world(graph("a; b a; c b"), {"dev": "c", "test": "c", "prod": ""})
    refused = veto(rollout(line, "prod"), circumstances())
    assert refused is not None
    assert str(refused.mend).splitlines()[0] == "without it: orchestrate rollout --through prod --to a"


def test_a_run_that_has_applied_it_goes_on() -> None:
    """On a run that is resumed only what is still to be applied is looked at."""
    body = {"plan": plans.to_json(PLAN), "command": "x"}
    began = Event(EventKind.RUN_STARTED, NOW, "run-1", "me@here", body=body)
    done = Event(EventKind.STEP_APPLIED, NOW, "run-1", "me@here", Target("prod"), "b")
    for events, answer in (([began], Answer.REFUSE), ([began, done], Answer.PASS)):
        verdict = veto(PLAN, replace(circumstances(), resumed=fold(events)))
        assert verdict is not None
        assert verdict.answer is answer


@pytest.mark.parametrize(
    ("environments", "waivable", "answer", "told"),
    [
        (("prod",), {"prod": ("soak",)}, Answer.WAIVED, "young"),
        (("test", "prod"), {"prod": ("soak",), "test": ("soak",)}, Answer.WAIVED, "young"),
        (("test", "prod"), {"prod": ("soak",)}, Answer.WAIT, "gates.waivable of test in environments.yaml"),
        (("prod",), {"prod": ("window",)}, Answer.WAIT, "gates.waivable of prod in environments.yaml"),
        ((), {"prod": ("soak",)}, Answer.WAIT, "gates.waivable of no environment in environments.yaml"),
    ],
)
def test_it_is_waived_only_where_each_environment_lets_it(
    environments: tuple[str, ...], waivable: dict[str, tuple[str, ...]], answer: Answer, told: str
) -> None:
    """Every environment that keeps the gate shut must allow it; who does not is named."""
    verdict = Verdict("soak", Answer.WAIT, "young", "wait", environments)
    found = waived(verdict, circumstances(("soak",), **waivable))
    assert found.answer is answer
    assert told in found.reason
    assert (found.waiver is not None) is (answer is Answer.WAIVED) is (found.mend is None)
    offered = waived(verdict, circumstances((), **waivable)).mend
    assert offered == (
        "wait\nor let it pass all the same: add --waive soak --reason '…'" if found.waiver else "wait"
    )


@pytest.mark.parametrize("gate", ["protected", "order", "tls", "schema", "source_run"])
def test_some_gates_are_never_waived(gate: str) -> None:
    """No file can let a person pass what no reason makes right."""
    assert gate not in WAIVABLE
    found = waived(Verdict(gate, Answer.REFUSE, "no", None, ("prod",)), circumstances((gate,), prod=(gate,)))
    assert found.answer is Answer.REFUSE
    assert found.reason == "no; it cannot be waived: no environment can allow that"


def test_what_was_waived_is_recorded_and_what_was_not_needed_is_told() -> None:
    """All gates are asked with the waivers; the run's start has those that opened one, and the run holds them."""
    given = circumstances(("veto", "window"), prod=("veto", "window"))
    verdicts = decide(PLAN, given)
    assert [verdict.gate for verdict in closed(verdicts)] == ["protected"]
    assert used(verdicts) == (replace(given.waivers[0], environments=("prod",)),)
    told = "the gate window is not shut: its waiver is not needed and not recorded"
    assert list(unneeded(verdicts, given.waivers)) == [told]
    body = {"plan": plans.to_json(PLAN), "command": "x", **recorded(verdicts, None)}
    began = Event(EventKind.RUN_STARTED, NOW, "run-1", "me@here", body=body)
    again = {"waivers": [given.waivers[1].values]}
    resumed = Event(EventKind.RUN_RESUMED, NOW, "run-1", "me@here", body=again)
    run = fold([began, resumed])
    assert run is not None
    assert run.waivers == (*used(verdicts), given.waivers[1])
