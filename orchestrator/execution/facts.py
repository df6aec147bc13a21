"""What reconciling needs to know of a target, put together in one way for status, plans and runs alike."""

from __future__ import annotations

from orchestrator.core.observations import Observation
from orchestrator.core.run import Facts, Run
from orchestrator.databases.catalog import catalog, difference
from orchestrator.databases.endpoint import Endpoint
from orchestrator.errors import UnavailableError


def facts_of(endpoint: Endpoint, observation: Observation, has: frozenset[str], run: Run | None) -> Facts:
    """The facts of a target that has the revisions `has`, as far as they bear on what `run` recorded of it."""
    return Facts(has, observation.transactional, _untouched(endpoint, observation, run))


def _untouched(endpoint: Endpoint, observation: Observation, run: Run | None) -> bool | None:
    """Whether the step that was cut off left nothing, where an unchanged schema proves it; else None."""
    record = run.started_step(endpoint.target) if run is not None and observation.schema_tells else None
    if record is None or record.before is None:
        return None
    try:
        return not difference(record.before, catalog(endpoint))
    except UnavailableError:
        return None
