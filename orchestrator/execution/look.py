"""A fresh look at one target."""

from __future__ import annotations

from orchestrator.core.observations import Observation, Reading
from orchestrator.core.targets import Target
from orchestrator.databases.probe import probe
from orchestrator.errors import UnavailableError
from orchestrator.execution.setting import Setting
from orchestrator.execution.target_lock import patiently


def look(setting: Setting, target: Target, *, patient: bool) -> Observation:
    """What is seen now; `patient`: a server that does not answer is given time to come back."""
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
