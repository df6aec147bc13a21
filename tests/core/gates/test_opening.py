"""Several gates that wait are opened by one time; and what was given to pass is told to end before it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.arrivals import Arrival
from orchestrator.core.gates.decide import decide
from orchestrator.core.gates.decisions import Approval, Waiver
from orchestrator.core.gates.evidence import Evidence
from orchestrator.core.gates.policy import ApprovalPolicy, GatePolicy
from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.planner import promote
from orchestrator.core.targets import Target
from orchestrator.core.windows import Span, Window
from tests.core.seals import sealed
from tests.core.worlds import NOW, graph, world

WORLD = world(graph("a; b a"), {"test": "b", "staging": "b", "prod": "a"})
PLAN = promote(WORLD, "staging", "prod")
SEALED = sealed(PLAN)
EVERY_DAY = frozenset(range(7))
AT_NIGHT = Window("UTC", (Span(EVERY_DAY, 22 * 60, 23 * 60, "22:00-23:00"),))
BOB = Approval(SEALED.seal, "bob", "bob@desk", NOW)


def circumstances(gates: GatePolicy, arrived: datetime = NOW, *approvals: Approval) -> Circumstances:
    """Prod demands `gates` of the sealed plan, and staging has had what it gets since `arrived`."""
    environments = (
        replace(one, gates=gates) if one.name == "prod" else one for one in WORLD.pipeline.environments
    )
    evidence = Evidence(arrivals={Target("staging"): {"b": Arrival(arrived)}}, approvals=approvals)
    return Circumstances(Pipeline(tuple(environments)), now=NOW, sealed=SEALED, evidence=evidence)


def gates(told: Circumstances) -> dict[str, Verdict]:
    return {verdict.gate: verdict for verdict in decide(PLAN, told)}


@given(
    st.integers(0, 3 * 86400), st.integers(1, 200_000), st.integers(0, 1439), st.integers(1, 1440), st.booleans()
)
def test_at_the_time_that_is_told_all_of_them_pass(
    stood: int, soak: int, begins: int, lasts: int, open_: bool
) -> None:
    """However long it is to soak, and whenever prod opens: each gate that waits tells one time, and then none
    waits; or the plan is too old by then, and it is said to make it anew.
    """
    span = Span(EVERY_DAY, begins, (begins + lasts) % 1440, "each day")
    window = Window("UTC", () if open_ else (span,))
    told = circumstances(GatePolicy(soak=soak, window=window), NOW - timedelta(seconds=stood))
    waits = [verdict for verdict in gates(told).values() if verdict.answer is Answer.WAIT]
    if not waits:
        return
    (at,) = {verdict.opens_at for verdict in waits}
    assert at is not None
    then = gates(replace(told, now=at))
    assert {then[name].answer for name in ("soak", "window")} == {Answer.PASS}
    anew = at >= SEALED.expires_at
    typed = SEALED.again if anew else SEALED.applying
    assert all(verdict.mend and verdict.mend.endswith(f", then: {typed}") for verdict in waits)
    assert (then["age"].answer is Answer.REFUSE) is anew
    assert ("it will have expired" in gates(told)["age"].reason) is anew


def test_one_time_is_told_where_several_gates_wait() -> None:
    """Soaked at noon, opened at ten: what is typed at noon would be refused, and so would tonight at ten."""
    told = gates(circumstances(GatePolicy(soak=86400, window=AT_NIGHT, waivable=("soak",))))
    wait = "wait until Thu 2026-07-02 22:00 UTC, then: orchestrate apply release.plan.json"
    assert told["window"].mend == wait
    assert told["soak"].mend == f"{wait}\nor let it pass all the same: add --waive soak --reason '…'"
    waived = replace(
        circumstances(GatePolicy(soak=86400, window=AT_NIGHT, waivable=("soak",))),
        waivers=(Waiver("soak", "orders fail", "ann", NOW),),
    )
    assert (gates(waived)["window"].mend or "").startswith("wait until Wed 2026-07-01 22:00 UTC, then:")


@pytest.mark.parametrize(
    ("expires", "approvals", "ended"),
    [
        (24, (), True),
        (24, (BOB,), True),
        (33, (BOB,), True),
        (35, (), False),
        (35, (BOB,), False),
        (None, (BOB,), False),
    ],
)
def test_an_approval_that_ends_before_the_gates_open_is_told(
    expires: int | None, approvals: tuple[Approval, ...], ended: bool
) -> None:
    """Whoever approves too early approves twice: it is said after when it holds long enough."""
    policy = ApprovalPolicy(1, (), expires and expires * 3600.0)
    demanded = GatePolicy(soak=86400, window=AT_NIGHT, approval=policy)
    told = circumstances(demanded, NOW, *approvals)
    for found in (told, replace(told, sealed=None)):
        opens = datetime.fromisoformat("2026-07-02T22:00Z")
        after = (
            f"; approve for prod after {opens - timedelta(hours=expires or 0):%Y-%m-%d %H:%M} UTC: what is given"
        )
        assert (after in gates(found)["approval"].reason) is ended
        assert (
            gates(found)["approval"].reason.endswith(
                "will have expired 2026-07-02 22:00 UTC, when the gates are open"
            )
            is ended
        )
