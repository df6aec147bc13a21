"""A database's schema as text that can be compared, without the differences that mean nothing."""

from __future__ import annotations

import re

from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.databases.connect import access
from orchestrator.databases.endpoint import Endpoint

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?")


def schema(url: str) -> dict[str, str]:
    """Each object of the database → its definition.

    Two things differ from one upgrade to the next though nothing was done differently: a default that holds the
    time of the migration, and the order in which SQLAlchemy renders unnamed constraints of a table.
    """
    endpoint = Endpoint(Target("any"), Secret(url), "app")
    to = access(endpoint)
    return {found.name: _normal(found.text) for found in to.family.definitions(endpoint, to.address)}


def _normal(text: str) -> str:
    lines = (line.strip().removesuffix(",") for line in _MOMENT.sub("<time>", text).splitlines())
    return "\n".join(sorted(lines))
