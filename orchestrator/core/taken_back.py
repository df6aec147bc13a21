"""What a rollback says of the run that it took back, and what is typed to take one back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orchestrator.core.phrases import few
from orchestrator.core.plan import PlanKind
from orchestrator.core.run import Run
from orchestrator.core.step_record import StepState


def taken_back(by: Run | None) -> str | None:
    """By whom and why another run was taken back, where that is what this one did and it ended well."""
    if by is None or not by.complete or by.plan.kind is not PlanKind.ROLLBACK:
        return None
    return f"taken back by run {by.id} of {by.actor}" + (f": {by.reason}" if by.reason else "")


def takings(rollbacks: Iterable[Run]) -> Iterator[str]:
    """As `taken_back` of each that ended well; of one that was limited to some targets, with these."""
    for by in rollbacks:
        if (told := taken_back(by)) is not None:
            yield f"{few(map(str, by.plan.only))}: {told}" if by.plan.only else told


def taking_back(run: Run) -> str | None:
    """What is typed to give up what is left of a run, or to take back what it did.

    None for what is no release, and while a revision is in doubt: that is looked at first.
    """
    states = {record.state for record in run.steps.values()}
    if not run.plan.kind.releases or StepState.IN_DOUBT in states:
        return None
    changed = StepState.APPLIED in states
    return f"orchestrate rollback {run.id}   # {'takes it back' if changed else 'gives it up'}"
