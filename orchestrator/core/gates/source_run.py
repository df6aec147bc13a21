"""The gate `source_run`: what is promoted must have arrived where it comes from by a run that ended well."""

from __future__ import annotations

from collections.abc import Collection

from orchestrator.core.checks import state_of
from orchestrator.core.gates.evidence import Checked
from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.outstanding import unchecked
from orchestrator.core.plan import Plan, PlanKind
from orchestrator.core.run import Run

NAME = "source_run"


def source_run(plan: Plan, circumstances: Circumstances) -> Verdict:
    """Refuses while the latest run that touched the source is open, failed or in doubt there, or went unverified.

    Later environments of such a run do not matter: a rollout that stopped at prod finished staging. A rollout has
    no source; of the environments that it only passes the checks alone are asked.
    """
    upstream = _passed(plan, circumstances) if plan.source is None else (plan.source,)
    unchecked_in: dict[tuple[str, str], Run] = {}
    # Those that were looked at for the plan: of a run that is resumed no other tenants are known.
    for target in (target for target, _ in plan.seen if target.environment in upstream):
        run = circumstances.last_runs.get(target)
        if run is None or run.complete:
            continue
        if plan.source is not None and not run.finished(target):
            reason = f"{_named(run)} left {plan.source} unfinished: {_state(run)}"
            return Verdict(NAME, Answer.REFUSE, reason, f"orchestrate resume {run.id}")
        unchecked_in[target.environment, run.id] = run
    for (name, _), run in unchecked_in.items():
        environment = circumstances.pipeline.environment(name)
        if unchecked(run, environment, _asked(name, plan, circumstances)):
            reason = f"verify of {name} has not passed since {_named(run)} changed it: {_state(run)}"
            other = f"verify {name}" if environment.around.verify else f"rollback {run.id}"
            mend = f"orchestrate resume {run.id}\norchestrate {other}   # where that cannot be resumed any more"
            return Verdict(NAME, Answer.REFUSE, reason, mend)
    return Verdict(NAME, Answer.PASS, _open(plan))


def _passed(plan: Plan, circumstances: Circumstances) -> Collection[str]:
    """The environments that a rollout has nothing to do in, before the last one that it changes."""
    if plan.kind is not PlanKind.ROLLOUT or not plan.environments:
        return ()
    names = circumstances.pipeline.names
    return set(names[: names.index(plan.environments[-1])]) - set(plan.environments)


def _asked(name: str, plan: Plan, circumstances: Circumstances) -> Checked | None:
    """How the environment's checks ended last, where it stands where they were asked."""
    last = circumstances.evidence.checked.get(name)
    here = ((target, heads) for target, heads in plan.seen if target.environment == name)
    return last if last is not None and last.state == state_of(here) else None


def _open(plan: Plan) -> str:
    if plan.source is not None:
        return f"no unfinished run in {plan.source}"
    return "the source is the scripts" if plan.kind is PlanKind.ROLLOUT else "nothing is promoted"


def _named(run: Run) -> str:
    return f"run {run.id} of {run.actor}"


def _state(run: Run) -> str:
    state = "still open" if run.outcome is None else run.outcome.replace("_", " ")
    return f"{state} since {run.last_event_at:%Y-%m-%d %H:%M} UTC"
