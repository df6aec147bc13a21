"""A database's schema as text that can be compared, without the differences that mean nothing."""

from __future__ import annotations

import re

from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.databases.connect import access
from orchestrator.databases.endpoint import Endpoint

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?")
_NUMBERED = re.compile(r"_ibfk_\d+$")


def schema(url: str) -> dict[str, list[str]]:
    """Each object of the database → its definition; those that the server only numbered are under one name.

    Two things differ from one upgrade to the next though nothing was done differently: a default that holds the
    time of the migration, and the order in which SQLAlchemy renders unnamed constraints, which is also the order
    in which MariaDB numbers them.
    """
    endpoint = Endpoint(Target("any"), Secret(url), "app")
    to = access(endpoint)
    found: dict[str, list[str]] = {}
    for one in to.family.definitions(endpoint, to.address):
        found.setdefault(_NUMBERED.sub("_ibfk", one.name), []).append(_normal(one.text))
    return {name: sorted(texts) for name, texts in found.items()}


def _normal(text: str) -> str:
    lines = (line.strip().removesuffix(",") for line in _MOMENT.sub("<time>", text).splitlines())
    return "\n".join(sorted(lines))
