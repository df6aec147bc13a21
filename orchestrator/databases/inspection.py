"""A closer look at one database: the role's rights, the server, what stands between. Reads only, takes no lock."""

from __future__ import annotations

from importlib import import_module

from orchestrator.core.inspection import Inspection
from orchestrator.databases.connect import access, explained
from orchestrator.databases.endpoint import Endpoint

_MODULES = {"postgresql": "postgresql", "mysql": "mysql_inspection", "sqlite": "sqlite_inspection"}
"""Where each family has `inspect`."""


def inspect(endpoint: Endpoint, schema: str | None) -> Inspection:
    """The target's database, on one connection; `schema` is where a probe saw its version table, or its place.

    Raises UnavailableError where it does not answer, ConfigurationError for a URL that leads nowhere.
    """
    to = access(endpoint)
    family = import_module(f"{__package__}.{_MODULES[to.address.family or '']}")
    with explained(to):
        found: Inspection = family.inspect(endpoint, to.address, schema)
    return found
