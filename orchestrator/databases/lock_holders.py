"""Who holds the locks of many targets, asked of all at once. Takes and creates nothing."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from orchestrator.core.targets import Target
from orchestrator.databases.connect import access, explained
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.holders import Holder
from orchestrator.databases.locks import holders
from orchestrator.databases.probe import AT_ONCE, Together, together
from orchestrator.errors import OrchestrateError

Both = tuple[Holder | None, Holder | None]
"""Who drives a target, and whose session works in it."""


def holders_of(endpoints: Iterable[Endpoint]) -> dict[Target, Both | OrchestrateError]:
    """Who holds the two locks of each target, or why that cannot be asked.

    Of schemas that share a connection only those are asked of singly of which a lock is held.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found: dict[Target, Both | OrchestrateError] = {}
        held: list[Endpoint] = []
        for some, asked in pool.map(_held, together(endpoints)):
            otherwise = asked if isinstance(asked, OrchestrateError) else (None, None)
            found |= dict.fromkeys((endpoint.target for endpoint in some), otherwise)
            held += () if isinstance(asked, OrchestrateError) else asked
        return found | dict(pool.map(_both, held))


def _held(some: Together) -> tuple[Together, Together | OrchestrateError]:
    if len(some) == 1:
        return some, some
    from orchestrator.databases import postgresql

    try:
        to = access(some[0])
        with explained(to):
            return some, postgresql.held(some, to.address)
    except OrchestrateError as error:
        return some, error


def _both(endpoint: Endpoint) -> tuple[Target, Both | OrchestrateError]:
    try:
        return endpoint.target, holders(endpoint)
    except OrchestrateError as error:
        return endpoint.target, error
