"""Whoever acts, and what a run of theirs works with."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field, replace
from datetime import datetime

from orchestrator.core.events import Event, EventKind, Listener
from orchestrator.core.plan import Plan, PlanKind
from orchestrator.core.run import Run
from orchestrator.core.waves import WavePolicy
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.locks import FIRST_PAUSE, LONGEST_PAUSE
from orchestrator.errors import LockedError
from orchestrator.execution.setting import Setting
from orchestrator.execution.stop import Stop
from orchestrator.execution.workers import Workers
from orchestrator.journal.journal import Journal
from orchestrator.operations.survey import Clock, Survey
from orchestrator.project.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts and how they hear of it: `name` is written into every event.

    `wait` is how many seconds to queue for another run, or for another attempt at this one; None where that is as
    the environments say.
    `workers` may have been begun before; whoever made them ends them.
    """

    name: str
    listener: Listener
    stop: Stop
    now: Clock
    wait: float | None = None
    workers: Workers = field(default_factory=Workers)


def setting_of(
    configuration: Configuration, plan: Plan, seen: Survey, actor: Actor, *, journal: Journal, resumed: Run | None
) -> Setting:
    """What a run of the plan works with; the run is `resumed`, or a new one."""
    return Setting(
        run_id=resumed.id if resumed else run_id(actor.now()),
        actor=actor.name,
        plan=plan,
        endpoints={target: _patient(endpoint, actor.wait) for target, endpoint in seen.endpoints.items()},
        projects={target: seen.configuration.project_of(target) for target in seen.endpoints},
        graphs=seen.world.graphs,
        journal=journal,
        listener=actor.listener,
        redactor=configuration.redactor(),
        stop=actor.stop,
        now=actor.now,
        resumed=resumed,
        policies=policies_of(plan, seen),
        around={environment.name: environment.around for environment in seen.world.pipeline.environments},
        seen=seen.world.observations,
        root=configuration.root,
        workers=actor.workers,
    )


def drive(journal: Journal, run: str, actor: Actor, wait: float = 0.0) -> None:
    """Hold the run until the journal is closed, queueing for another attempt as long as the actor would.

    `wait` is for how many seconds that is where the actor does not say. Raises LockedError naming whose attempt
    drives it.
    """
    end, pause = time.monotonic() + (wait if actor.wait is None else actor.wait), FIRST_PAUSE
    while True:
        try:
            return journal.hold(run, actor.name)
        except LockedError as error:
            if (left := end - time.monotonic()) <= 0:
                raise
            holder = error.what.removeprefix("driven by ")
            told = {"lock": "run lock", "holder": holder, "seconds_left": round(left)}
            actor.listener(Event(EventKind.LOCK_WAITING, actor.now(), run, actor.name, body=told))
        time.sleep(min(left, pause))
        pause = min(pause * 2, LONGEST_PAUSE)


def policies_of(plan: Plan, seen: Survey) -> dict[str, WavePolicy]:
    """Each environment's rules for its waves; a rollback goes the other way, and its canary comes last."""
    policies = {environment.name: environment.policy for environment in seen.world.pipeline.environments}
    if plan.kind is not PlanKind.ROLLBACK:
        return policies
    return {name: replace(policy, canary=None) for name, policy in policies.items()}


def _patient(endpoint: Endpoint, wait: float | None) -> Endpoint:
    if wait is None:
        return endpoint
    return replace(endpoint, timeouts=replace(endpoint.timeouts, run_lock_wait=wait))


def run_id(now: datetime) -> str:
    """Sorts by time, is short enough to type, and is unique over machines that share a journal."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
