"""Which checks a run has not got an answer to in an environment that it changed. Pure."""

from __future__ import annotations

from orchestrator.core.gates.evidence import Checked
from orchestrator.core.pipeline import Environment
from orchestrator.core.run import Run


def unchecked(run: Run, environment: Environment, asked: Checked | None = None) -> bool:
    """Whether the run is to change the environment, and what that has to stand then has not all passed.

    A wave's `verify` counts like the environment's own, which may also have passed by itself since: `asked` is how
    it ended last where the environment still stands there. A run that ended well is past all of it.
    """
    if run.complete or not run.plan.kind.releases:
        return False
    name, policy = environment.name, environment.policy
    waves = [w for w in run.plan.waves if w.targets and w.targets[0].target.environment == name]
    changing = {number for number, wave in enumerate(waves, 1) if any(plan.steps for plan in wave.targets)}
    passed = name in run.checked or (asked is not None and asked.passed and asked.at >= run.last_event_at)
    of_waves = policy.verify and any((name, number) not in run.verified for number in changing)
    return bool(changing and (of_waves or (environment.around.verify and not passed)))
