"""The gate `source_run`: what is promoted must have arrived in the source by a run that ended well."""

from __future__ import annotations

from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.plan import Plan, PlanKind
from orchestrator.core.run import Run

NAME = "source_run"


def source_run(plan: Plan, circumstances: Circumstances) -> Verdict:
    """Refuses while the latest run that touched the source is open, failed or in doubt.

    Later environments of such a run do not matter: a rollout that stopped at prod finished staging.
    """
    if plan.source is None:
        told = "the source is the scripts" if plan.kind is PlanKind.ROLLOUT else "nothing is promoted"
        return Verdict(NAME, Answer.PASS, told)
    # Those that were looked at for the plan: of a run that is resumed no other tenants are known.
    for target in (target for target, _ in plan.seen if target.environment == plan.source):
        run = circumstances.last_runs.get(target)
        if run is None or run.complete or run.finished(target):
            continue
        return Verdict(NAME, Answer.REFUSE, _reason(run, plan.source), _mend(run))
    return Verdict(NAME, Answer.PASS, f"no unfinished run in {plan.source}")


def _reason(run: Run, source: str) -> str:
    state = "still open" if run.outcome is None else run.outcome.replace("_", " ")
    since = f"{run.last_event_at:%Y-%m-%d %H:%M} UTC"
    return f"run {run.id} of {run.actor} left {source} unfinished: {state} since {since}"


def _mend(run: Run) -> str:
    return f"orchestrate resume {run.id}"
