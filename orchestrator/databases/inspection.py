"""A closer look at one database: the role's rights, the server, what stands between. Reads only, takes no lock."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator.core.inspection import Inspection
from orchestrator.core.urls import Address
from orchestrator.databases import mysql_inspection, postgresql, sqlite_inspection
from orchestrator.databases.connect import access, explained
from orchestrator.databases.endpoint import Endpoint

_FAMILIES: dict[str, Callable[[Endpoint, Address, str | None], Inspection]] = {
    "postgresql": postgresql.inspect,
    "mysql": mysql_inspection.inspect,
    "sqlite": sqlite_inspection.inspect,
}


def inspect(endpoint: Endpoint, schema: str | None) -> Inspection:
    """The target's database, on one connection; `schema` is where a probe saw its version table, or its place.

    Raises UnavailableError where it does not answer, ConfigurationError for a URL that leads nowhere.
    """
    to = access(endpoint)
    with explained(to):
        return _FAMILIES[to.address.family or ""](endpoint, to.address, schema)
