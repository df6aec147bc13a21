"""What a schema is made of: as digests, enough to say what a revision that was cut short left behind; or as texts.

It tells that an object changed, not how; what of it matters is decided elsewhere. Reads only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from orchestrator.core.identifiers import identifier
from orchestrator.databases.connect import access, explained
from orchestrator.databases.endpoint import Endpoint

_INVALID = " INVALID"
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
"""A name that PostgreSQL takes without quotes, but for its reserved words."""


def catalog(endpoint: Endpoint) -> dict[str, str]:
    """Each object of the target's schema (`table orders`, `column orders.total`) → a digest of its definition.

    The version table is one of them. Raises UnavailableError.
    """
    to = access(endpoint)
    with explained(to):
        return {
            found.name: hashlib.sha256(found.text.encode()).hexdigest()[:12] + ("" if found.valid else _INVALID)
            for found in to.family.definitions(endpoint, to.address)
        }


def definitions(endpoint: Endpoint) -> dict[str, str]:
    """Each object of the target's schema → the text that defines it, to compare two schemas by; as `catalog`."""
    to = access(endpoint)
    with explained(to):
        return {found.name: found.text for found in to.family.definitions(endpoint, to.address)}


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """What happened between two catalogs, a line each, sorted: `column t2.x appeared`, `index i is INVALID`.

    The parts of a table that appeared or disappeared are not listed again.
    """
    appeared, gone = after.keys() - before.keys(), before.keys() - after.keys()
    changed = {name for name in before.keys() & after.keys() if before[name] != after[name]}
    lines = {f"{name} appeared" for name in appeared if _whole(name) not in appeared}
    lines |= {f"{name} disappeared" for name in gone if _whole(name) not in gone}
    lines |= {f"{name} changed" for name in changed}
    lines |= {f"{name} is INVALID" for name in appeared | changed if after[name].endswith(_INVALID)}
    return tuple(sorted(lines))


def invalid_indexes(endpoint: Endpoint, before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """The indexes that came to be INVALID between two catalogs, each as a statement may name it."""
    found = (name for name, digest in after.items() if digest.endswith(_INVALID) and before.get(name) != digest)
    schema = f"{_quoted(endpoint.version_table_schema)}." if endpoint.version_table_schema else ""
    return tuple(sorted(schema + _quoted(name.removeprefix("index ")) for name in found))


def _quoted(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else identifier(name)


def _whole(name: str) -> str | None:
    _, _, qualified = name.partition(" ")
    table, dot, _ = qualified.partition(".")
    return f"table {table}" if dot else None
