"""Asks every gate, so that all reasons are told at once."""

from __future__ import annotations

from orchestrator.core.gates.age import age
from orchestrator.core.gates.approval import approval
from orchestrator.core.gates.lint import lint
from orchestrator.core.gates.opening import together
from orchestrator.core.gates.order import order
from orchestrator.core.gates.protected import protected
from orchestrator.core.gates.schema import schema
from orchestrator.core.gates.scripts import scripts
from orchestrator.core.gates.soak import soak
from orchestrator.core.gates.source_run import source_run
from orchestrator.core.gates.tls import tls
from orchestrator.core.gates.verdict import Answer, Circumstances, Gate, Verdict
from orchestrator.core.gates.verified import verified
from orchestrator.core.gates.veto import veto
from orchestrator.core.gates.waivers import waived
from orchestrator.core.gates.window import window
from orchestrator.core.plan import Plan

_OF_RELEASES: tuple[Gate, ...] = (scripts, veto, window)
"""They look at what is still to come, also where a run is resumed. A rollback and an adoption stay open."""
_TO_BEGIN: tuple[Gate, ...] = (soak, verified, lint, approval, age)
"""They are about a release's decision to begin: a run that is resumed has begun."""
GATES: tuple[Gate, ...] = (
    order,
    source_run,
    scripts,
    veto,
    schema,
    tls,
    soak,
    verified,
    lint,
    approval,
    age,
    window,
    protected,
)


def decide(plan: Plan, circumstances: Circumstances) -> tuple[Verdict, ...]:
    """The verdict of every gate that is demanded of the plan, in a fixed order, with what a person waived."""
    told = [verdict for gate in GATES if (verdict := _asked(gate, plan, circumstances)) is not None]
    return tuple(waived(verdict, circumstances) for verdict in together(told, plan, circumstances))


def _asked(gate: Gate, plan: Plan, circumstances: Circumstances) -> Verdict | None:
    if gate in (*_OF_RELEASES, *_TO_BEGIN) and not plan.kind.releases:
        return None
    found = gate(plan, circumstances)
    if found is not None and gate in _TO_BEGIN and circumstances.resumed is not None:
        return Verdict(found.gate, Answer.PASS, "as when the run began")
    return found


def closed(verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """The verdicts that keep a plan from running."""
    return tuple(verdict for verdict in verdicts if verdict.answer not in (Answer.PASS, Answer.WAIVED))
