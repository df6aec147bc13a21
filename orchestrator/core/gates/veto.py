"""The gate `veto`: a revision that a person vetoed goes nowhere any more, until the veto is lifted."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator
from dataclasses import replace
from itertools import takewhile

from orchestrator.core.gates.decisions import Veto
from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.plan import Plan, TargetPlan
from orchestrator.core.run import Run
from orchestrator.core.step_record import StepState
from orchestrator.core.taken_back import taking_back

NAME = "veto"


def veto(plan: Plan, circumstances: Circumstances) -> Verdict:
    """Refuses while a revision that is still to be applied is vetoed."""
    vetoes = circumstances.evidence.vetoes
    getting: dict[str, set[str]] = {}
    for planned in plan.targets if vetoes else ():
        for revision in vetoed(planned, circumstances.resumed, vetoes):
            getting.setdefault(revision, set()).add(planned.target.environment)
    if not getting:
        return Verdict(NAME, Answer.PASS, "no revision of it is vetoed")
    reason = "; ".join(told(vetoes[revision]) for revision in sorted(getting))
    lifts = (f"once it is harmless: {lifting(revision)}" for revision in sorted(getting))
    mend = "\n".join([*_short_of(plan, getting.keys(), circumstances), *lifts])
    named = set().union(*getting.values())
    return Verdict(NAME, Answer.REFUSE, reason, mend, tuple(name for name in plan.environments if name in named))


def _short_of(plan: Plan, vetoed: Collection[str], circumstances: Circumstances) -> Iterator[str]:
    """The command that goes no further than all targets may; none where some of them may not begin.

    A run that was begun goes no shorter way: it is taken back.
    """
    if circumstances.resumed is not None or circumstances.sealed is not None:
        if circumstances.resumed is not None and (back := taking_back(circumstances.resumed)) is not None:
            yield back
        return
    last: set[str | None] = set()
    for steps in {planned.steps for planned in plan.targets}:
        free = list(takewhile(lambda revision: revision not in vetoed, (step.revision for step in steps)))
        if len(free) < len(steps):
            last.add(free[-1] if free else None)
    if len(last) == 1 and (limit := last.pop()) is not None:
        yield f"without it: {replace(plan, to=limit).command}"


def told(one: Veto) -> str:
    """The veto in a sentence."""
    return f"revision {one.revision} is vetoed by {one.by} since {one.at:%Y-%m-%d %H:%M} UTC: {one.reason}"


def lifting(revision: str) -> str:
    """What is typed to lift a veto."""
    return f"orchestrate veto {revision} --lift --reason '…'"


def vetoed(planned: TargetPlan, resumed: Run | None, vetoes: Container[str]) -> Iterator[str]:
    """The vetoed revisions that the target still gets; a run that is resumed has applied some already."""
    for step in planned.steps if vetoes else ():
        applied = resumed is not None and resumed.record(planned.target, step.revision).state is StepState.APPLIED
        if step.revision in vetoes and not applied:
            yield step.revision
