"""Whether a plan's targets may be changed at all: asked of all at the same time, before a run is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from orchestrator.core.observations import Reading
from orchestrator.core.targets import Target
from orchestrator.databases.inspection import inspect
from orchestrator.databases.probe import AT_ONCE
from orchestrator.errors import OrchestrateError, Problem, UnavailableError
from orchestrator.operations.survey import Survey


def forbidden(seen: Survey, targets: Iterable[Target]) -> OrchestrateError | None:
    """Why the roles of the URLs could not record a revision, for all of these targets; None where they could.

    What the survey did not ask on its own connections is asked now. Only what is certain counts. A database that
    went away since it was probed is none: the run will say so.
    """
    asked = [target for target in targets if seen.world.observations[target].reading.answered]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = [
            problem for problems in pool.map(lambda one: list(_problems(seen, one)), asked) for problem in problems
        ]
    return UnavailableError.collect(found, "{n} things keep the plan from being carried out") if found else None


def _problems(seen: Survey, target: Target) -> Iterator[Problem]:
    observation = seen.world.observations[target]
    barriers = observation.barriers
    if barriers is None:
        try:
            inspection = inspect(seen.endpoints[target], observation.schema)
        except UnavailableError:
            return
        versioned = observation.reading is Reading.VERSIONED
        barriers = inspection.barriers(target.environment, versioned=versioned)
    for barrier in barriers:
        yield Problem(barrier.what, str(target), barrier.mend)
