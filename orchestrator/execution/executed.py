"""Whose statements a run has recorded: of each script once in an environment, however many tenants ran it."""

from __future__ import annotations

from orchestrator.core.step import Action, Step
from orchestrator.core.targets import Target
from orchestrator.databases.endpoint import Endpoint


class ExecutedOnce:
    """The scripts of which a target was the first to be recorded. Safe to share by threads."""

    def __init__(self) -> None:
        self._recorded: dict[tuple[str, str, str], Target] = {}

    def wanted(self, step: Step, endpoint: Endpoint) -> bool:
        """Whether nobody has told yet what the step executes."""
        return step.action is Action.UPGRADE and _key(step, endpoint) not in self._recorded

    def take(self, step: Step, endpoint: Endpoint) -> bool:
        """Whether this target is the one to be recorded, from here on and for good."""
        # One operation of a dictionary: of two threads one comes first.
        return self._recorded.setdefault(_key(step, endpoint), endpoint.target) == endpoint.target


def _key(step: Step, endpoint: Endpoint) -> tuple[str, str, str]:
    return endpoint.target.environment, step.digest, endpoint.family
