"""Asks every gate, so that all reasons are told at once."""

from __future__ import annotations

from orchestrator.core.gates.order import order
from orchestrator.core.gates.protected import protected
from orchestrator.core.gates.schema import schema
from orchestrator.core.gates.source_run import source_run
from orchestrator.core.gates.tls import tls
from orchestrator.core.gates.verdict import Answer, Circumstances, Gate, Verdict
from orchestrator.core.plan import Plan

GATES: tuple[Gate, ...] = (order, source_run, schema, tls, protected)


def decide(plan: Plan, circumstances: Circumstances) -> tuple[Verdict, ...]:
    """The verdict of every gate that is demanded of the plan, in a fixed order."""
    told = (gate(plan, circumstances) for gate in GATES)
    return tuple(verdict for verdict in told if verdict is not None)


def closed(verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """The verdicts that keep a plan from running."""
    return tuple(verdict for verdict in verdicts if verdict.answer not in (Answer.PASS, Answer.WAIVED))
