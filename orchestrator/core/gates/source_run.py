"""The gate `source_run`: what is promoted must have arrived where it comes from by a run that ended well."""

from __future__ import annotations

from collections.abc import Collection

from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.outstanding import unchecked, ways_on
from orchestrator.core.plan import Plan, PlanKind
from orchestrator.core.run import Run

NAME = "source_run"


def source_run(plan: Plan, circumstances: Circumstances) -> Verdict:
    """Refuses while the latest run that touched the source is open, failed or in doubt there, or went unverified.

    One that has come to none of its targets, since a `before` failed or was cut off, left it as it was before.
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
            return _unfinished(run, plan.source, circumstances)
        unchecked_in[target.environment, run.id] = run
    if plan.source is not None and circumstances.evidence.stopped:
        return _unfinished(circumstances.evidence.stopped[0], plan.source, circumstances)
    for (name, _), run in unchecked_in.items():
        environment = circumstances.pipeline.environment(name)
        if unchecked(run, environment, circumstances.evidence.checked.get(name)):
            reason = f"verify of {name} has not passed since {_named(run)} changed it: {_state(run)}"
            other = f"verify {name}" if environment.around.verify else f"rollback {run.id}"
            mend = f"orchestrate resume {run.id}\norchestrate {other}   # where that cannot be resumed any more"
            return Verdict(NAME, Answer.REFUSE, reason, mend)
    return Verdict(NAME, Answer.PASS, _open(plan))


def _unfinished(run: Run, source: str, circumstances: Circumstances) -> Verdict:
    reason = f"{_named(run)} left {source} unfinished: {_state(run)}"
    return Verdict(NAME, Answer.REFUSE, reason, "\n".join(ways_on(run, circumstances.evidence.vetoes)))


def _passed(plan: Plan, circumstances: Circumstances) -> Collection[str]:
    """The environments that a rollout has nothing to do in, before the last one that it changes."""
    if plan.kind is not PlanKind.ROLLOUT or not plan.environments:
        return ()
    names = circumstances.pipeline.names
    return set(names[: names.index(plan.environments[-1])]) - set(plan.environments)


def _open(plan: Plan) -> str:
    if plan.source is not None:
        return f"no unfinished run in {plan.source}"
    return "the source is the scripts" if plan.kind is PlanKind.ROLLOUT else "nothing is promoted"


def _named(run: Run) -> str:
    return f"run {run.id} of {run.actor}"


def _state(run: Run) -> str:
    state = "still open" if run.outcome is None else run.outcome.replace("_", " ")
    return f"{state} since {run.last_event_at:%Y-%m-%d %H:%M} UTC"
