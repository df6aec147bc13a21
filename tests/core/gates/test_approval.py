"""The gates of a sealed plan: who consented to it, and how old it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.core.gates.age import age
from orchestrator.core.gates.approval import approval
from orchestrator.core.gates.decisions import Approval
from orchestrator.core.gates.evidence import Evidence
from orchestrator.core.gates.policy import NO_GATES, ApprovalPolicy, GatePolicy
from orchestrator.core.gates.verdict import Answer, Circumstances
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.plan import PlanKind
from orchestrator.core.planner import promote, rollout
from orchestrator.core.world import World
from tests.core.gates.asking import told as asked
from tests.core.gates.test_gates import earlier
from tests.core.seals import sealed
from tests.core.worlds import NOW, graph, world

WORLD: World = world(graph("a; b a"), {"test": "b", "staging": "b", "prod": "a"})
PLAN = promote(WORLD, "staging", "prod")
SEALED = sealed(PLAN)
TWO_OF_THREE = ApprovalPolicy(2, ("alice", "bob", "carol"), 24 * 3600)


def circumstances(gates: GatePolicy = NO_GATES, hours: float = 0, *approvals: Approval) -> Circumstances:
    """Prod demands `gates`, so many hours after the plan was sealed, with these approvals recorded."""
    environments = tuple(
        replace(one, gates=gates) if one.name == "prod" else one for one in WORLD.pipeline.environments
    )
    at = NOW + timedelta(hours=hours)
    return Circumstances(Pipeline(environments), now=at, sealed=SEALED, evidence=Evidence(approvals=approvals))


def by(name: str, *, seal: str = SEALED.seal, hours: float = 0, actor: str | None = None) -> Approval:
    return Approval(seal, name, actor or f"{name}@desk", NOW + timedelta(hours=hours))


BOB, CAROL = by("bob"), by("carol")


@pytest.mark.parametrize(
    ("policy", "given", "hours", "reason", "mend"),
    [
        (TWO_OF_THREE, (), 1, "0 of 2 approvals for prod; may approve: bob, carol", "--as bob"),
        (
            TWO_OF_THREE,
            (BOB,),
            1,
            "prod: bob (2026-07-01 12:00 UTC, until 2026-07-02 12:00 UTC); may",
            "--as carol",
        ),
        (ApprovalPolicy(2), (BOB,), 1, "1 of 2 approvals for prod: bob (2026-07-01 12:00 UTC)", "--as NAME"),
        (TWO_OF_THREE, (BOB, by("Bob ")), 1, "1 of 2", "--as carol"),
        (TWO_OF_THREE, (BOB, by("alice")), 1, "alice's does not count: the author of a plan does not", "carol"),
        (TWO_OF_THREE, (BOB, by("ALICE")), 1, "1 of 2", "--as carol"),
        (TWO_OF_THREE, (BOB, by("carol", hours=1.05)), 1, None, None),
        (
            TWO_OF_THREE,
            (BOB, by("carol", hours=2)),
            1,
            "carol's does not count: it was given 2026-07-01 14:00",
            "carol",
        ),
        (ApprovalPolicy(2, ("bob", "Jos\u00e9")), (by("Jos\u00e9"), by("Jose\u0301")), 1, "1 of 2", "--as bob"),
        (TWO_OF_THREE, (BOB, by("dave")), 1, "dave's does not count: not one of alice, bob, carol", "carol"),
        (TWO_OF_THREE, (BOB, by("carol", seal="sha256:x")), 1, "1 of 2 approvals for prod: bob", "--as carol"),
        (TWO_OF_THREE, (BOB, CAROL), 24, "bob's does not count: it expired 2026-07-02 12:00 UTC", "--as bob"),
        (TWO_OF_THREE, (BOB, CAROL), 23.9, None, None),
        (TWO_OF_THREE, (BOB, by("carol", actor="alice@laptop")), 1, None, None),
        (ApprovalPolicy(1), (by("alice"),), 1, "0 of 1 approvals for prod", "--as NAME"),
        (ApprovalPolicy(1), (by("anybody"),), 71, None, None),
        (
            ApprovalPolicy(2, ("alice", "bob")),
            (BOB,),
            1,
            "too few are left, since alice made",
            "else makes the plan: orch",
        ),
    ],
)
def test_so_many_of_the_people_named_consent_to_this_very_plan(
    policy: ApprovalPolicy, given: tuple[Approval, ...], hours: float, reason: str | None, mend: str | None
) -> None:
    """Each person counts once; not its author, a stranger, one of another plan, or one whose consent expired."""
    verdict = approval(PLAN, circumstances(GatePolicy(approval=policy), hours, *given))
    assert verdict is not None
    assert verdict.answer is (Answer.PASS if reason is None else Answer.REFUSE)
    assert (reason or "") in verdict.reason
    assert (mend or "") in (verdict.mend or "")
    assert verdict.environments == (() if reason is None else ("prod",))


def test_who_typed_for_somebody_else_is_told() -> None:
    """An approval typed under another user's account shows that account."""
    typed = by("carol", actor="alice@laptop")
    verdict = approval(PLAN, circumstances(GatePolicy(approval=TWO_OF_THREE), 1, BOB, typed))
    assert verdict is not None
    assert "carol (2026-07-01 12:00 UTC, until 2026-07-02 12:00 UTC, typed by alice@laptop)" in verdict.reason
    assert "bob (2026-07-01 12:00 UTC, until 2026-07-02 12:00 UTC)" in verdict.reason


def test_a_journal_that_knows_no_run_is_named_where_approvals_are_lacking() -> None:
    """In a copy of the checkout they are counted in another journal than the one in which people approved."""
    told = circumstances(GatePolicy(approval=TWO_OF_THREE), 1, BOB)
    place = "/copy/journal.db, a journal that knows no run"
    verdict = approval(PLAN, replace(told, evidence=replace(told.evidence, unfamiliar=place)))
    assert verdict is not None
    assert verdict.reason.endswith(f"; counted in {place}")


def test_a_plan_that_is_not_sealed_cannot_be_approved() -> None:
    """A promotion that somebody types is refused with the command that seals it."""
    plain = replace(circumstances(GatePolicy(approval=TWO_OF_THREE), 0, BOB, CAROL), sealed=None)
    verdict = approval(PLAN, plain)
    assert verdict is not None
    assert (verdict.answer, verdict.environments) == (Answer.REFUSE, ("prod",))
    assert verdict.reason == "only a sealed plan can be approved: prod wants 2 of alice, bob, carol"
    assert verdict.mend == "orchestrate plan staging prod --out release.plan.json"


def test_what_is_demanded_of_an_environment_that_does_not_change_is_not_asked() -> None:
    """Only the environments that the plan changes count; and a rollback or an adoption asks nobody."""
    told = circumstances(GatePolicy(approval=TWO_OF_THREE, age=1), 1)
    still = rollout(world(graph("a; b a"), {"test": "a", "staging": "b", "prod": "b"}), "prod")
    assert (approval(still, told), age(still, replace(told, sealed=None))) == (None, None)
    for kind in (PlanKind.ROLLBACK, PlanKind.ADOPT):
        back = replace(PLAN, kind=kind)
        assert (asked("approval", back, told), asked("age", back, told)) == (None, None)


def test_a_run_that_is_taken_up_again_was_approved_when_it_began() -> None:
    """Neither approvals nor the plan's age are asked for anew: the run is the plan that was approved."""
    told = circumstances(GatePolicy(approval=TWO_OF_THREE, age=60), 999)
    resumed = replace(told, sealed=None, resumed=earlier())
    for gate in ("approval", "age"):
        verdict = asked(gate, PLAN, resumed)
        assert verdict is not None
        assert (verdict.answer, verdict.reason) == (Answer.PASS, "as when the run began")


@pytest.mark.parametrize(
    ("limit", "hours", "reason"),
    [
        (None, 71.9, None),
        (None, 72, "the plan expired 2026-07-04 12:00 UTC; it was made 2026-07-01 12:00 UTC"),
        (24.0, 23.9, None),
        (24.0, 24, "prod takes a plan until 2026-07-02 12:00 UTC; it was made 2026-07-01 12:00 UTC"),
        (96.0, 73, "the plan expired 2026-07-04 12:00 UTC"),
        (24.0, 73, "expired 2026-07-04 12:00 UTC, prod takes a plan until 2026-07-02 12:00 UTC"),
        (24.0, -0.05, None),
        (24.0, -5, "made 2026-07-01 12:00 UTC, by a clock that is ahead: it is 2026-07-01 07:00 UTC here"),
        (None, -5, "by a clock that is ahead"),
    ],
)
def test_a_sealed_plan_is_applied_in_time(limit: float | None, hours: float, reason: str | None) -> None:
    """Until it expires by itself, and while it is as young as prod wants it; what a clock made that is ahead by
    more than minutes would be young for ever, and is refused.
    """
    gates = GatePolicy(age=limit * 3600 if limit is not None else None)
    verdict = age(PLAN, circumstances(gates, hours))
    assert verdict is not None
    assert verdict.answer is (Answer.PASS if reason is None else Answer.REFUSE)
    assert (reason or "") in verdict.reason
    # It is waived, if at all, by what every one of these environments allows.
    assert verdict.environments == (() if reason is None else ("prod",))
    assert (verdict.mend == SEALED.again) is (reason is not None)


def test_a_plan_made_just_now_is_never_too_old() -> None:
    """Of a promotion that is typed, the age is none; nobody asks where nobody demands it."""
    young = age(PLAN, replace(circumstances(GatePolicy(age=1), 5), sealed=None))
    assert young is not None
    assert young.answer is Answer.PASS
    assert age(PLAN, replace(circumstances(), sealed=None)) is None
