"""A look at one target, on a connection that is not env.py's."""

from __future__ import annotations

from orchestrator.core.observations import Observation, Reading
from orchestrator.core.targets import Target
from orchestrator.databases.probe import probe
from orchestrator.errors import UnavailableError
from orchestrator.execution.setting import Setting
from orchestrator.execution.target_lock import TargetLock, patiently


def look(setting: Setting, target: Target, lock: TargetLock | None, *, patient: bool) -> Observation:
    """What is seen now, by the session of the lock where one is given and can tell, else on a new connection.

    `patient`: a server that does not answer is given time to come back.
    """
    if lock is not None and (seen := lock.observe()) is not None:
        return seen
    endpoint = setting.endpoints[target]

    def once() -> Observation:
        observation = probe(endpoint, setting.now)
        if patient and observation.reading is Reading.UNREACHABLE:
            raise UnavailableError(observation.detail or "unreachable")
        return observation

    try:
        return patiently(once)
    except UnavailableError:
        return probe(endpoint, setting.now)
