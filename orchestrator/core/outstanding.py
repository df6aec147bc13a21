"""What runs that have not ended well leave open: where they stand, and the checks that have not passed. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from orchestrator.core.gates.evidence import Checked
from orchestrator.core.gates.veto import lifting, vetoed
from orchestrator.core.pipeline import Environment
from orchestrator.core.run import Run
from orchestrator.core.taken_back import taking_back
from orchestrator.core.targets import Target


def standing_in(run: Run) -> str | None:
    """The first environment that the run is to change and has not: where it stopped, though it may have come to
    none of its targets. None where it has nothing left to change.
    """
    left = (plan.target.environment for plan in run.plan.targets if plan.steps and not run.finished(plan.target))
    return next(left, None)


def passed(environments: Iterable[str], last_runs: Mapping[Target, Run]) -> dict[str, int]:
    """For each environment the journal's last event of the runs that came to a target of it; 0 where none did."""
    found = dict.fromkeys(environments, 0)
    for target, run in last_runs.items():
        if target.environment in found:
            found[target.environment] = max(found[target.environment], run.last_sequence)
    return found


def unbegun(begun: Iterable[Run], since: Mapping[str, int]) -> Iterator[Run]:
    """For each environment the latest that was to change it, where that came after all that `passed` it.

    So it came to no target there. `begun` are those that have not ended well, as they began, the latest first.
    What an earlier one left there is nobody's any more, also where the latest was given up.
    """
    left = dict(since)
    for run in begun:
        left = {name: last for name, last in left.items() if last < run.last_sequence}
        if not left:
            return
        if wanted := left.keys() & set(run.plan.environments):
            yield run
            left = {name: last for name, last in left.items() if name not in wanted}


def came_to(run: Run, environment: str, last_runs: Mapping[Target, Run]) -> bool:
    """Whether the run is the latest on any target of the environment; else it has left that as it was."""
    there = (plan.target for plan in run.plan.targets if plan.target.environment == environment)
    return any((latest := last_runs.get(target)) is not None and latest.id == run.id for target in there)


def ways_on(run: Run, vetoes: Container[str]) -> tuple[str, ...]:
    """What is typed to end an unfinished run, the likely one first: it is refused while what is left is vetoed."""
    released = run.plan.targets if run.plan.kind.releases else ()
    held = next((name for plan in released for name in vetoed(plan, run, vetoes)), None)
    back = taking_back(run)
    if held is None:
        return tuple(filter(None, (f"orchestrate resume {run.id}", back)))
    return tuple(filter(None, (back, f"{lifting(held)}   # once it is harmless")))


def unchecked(run: Run, environment: Environment, asked: Checked | None = None) -> bool:
    """Whether the run is to change the environment, and what that has to stand then has not all passed.

    A wave's `verify` counts like the environment's own, which may also have passed by itself since: `asked` is how
    it ended last, and counts where the environment still stands there. A run that ended well is past all of it.
    """
    if run.complete or not run.plan.kind.releases:
        return False
    name, policy = environment.name, environment.policy
    waves = [w for w in run.plan.waves if w.targets and w.targets[0].target.environment == name]
    changing = {number for number, wave in enumerate(waves, 1) if any(plan.steps for plan in wave.targets)}
    since = asked is not None and asked.passed and asked.stands and asked.sequence > run.last_sequence
    passed = since or name in run.checked
    of_waves = policy.verify and any((name, number) not in run.verified for number in changing)
    return bool(changing and (of_waves or (environment.around.verify and not passed)))
