"""Tenants out of a list, the rows of a query or the lines of a program, checked; and what the file says of them.

Ten thousand of them are ordinary: they are plain values, and problems beyond the first few are counted, not told
one by one. Nothing is asked here: `operations.tenants` asks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from orchestrator.core.plain import code_points
from orchestrator.core.tenants import AS_TOLD, BY_NAME, PLACES, Choice, Tenant, TenantKind, columns
from orchestrator.errors import Problem
from orchestrator.project.environments_file.types import LONGEST_IDENTIFIER
from orchestrator.project.environments_file.wording import near

LONGEST_NAME = 200
_PROBLEMS_TOLD = 20
_LAST_PORT = 65535
_DIGITS_OF_A_PORT = 5
_SHOWN = 70
"""Characters of a name that a message shows."""
_UNUSABLE_IN_HOSTS = frozenset("?#@[] ")

Entry: TypeAlias = str | Mapping[str, object]
"""One tenant as it is told: its name, or a mapping with `name`, where it lives, and labels."""
Origin: TypeAlias = Callable[[int], tuple[str, str]]
"""What the entry of that number is called in messages, and where it stands."""


@dataclass(frozen=True, slots=True)
class Tenancy:
    """What one definition says of its tenants. Exactly one of `listed`, `query`, `command` is there.

    `search_path` says that env.py's sessions look names up in the tenant's schema; `canary` are tenants that must
    be there. `name` and `where` are for messages.
    """

    kind: TenantKind
    choice: Choice
    search_path: bool
    name: str
    where: str
    canary: tuple[str, ...] = ()
    listed: tuple[Tenant, ...] | None = None
    query: str | None = None
    command: tuple[str, ...] = ()

    def schema_of(self, tenant: Tenant) -> str | None:
        """The schema that is the tenant's own; None where it has a database."""
        return tenant.schema or tenant.name if self.kind is TenantKind.SCHEMAS else None

    def chosen(self, tenants: Iterable[Tenant]) -> tuple[tuple[Tenant, ...], tuple[Problem, ...]]:
        """Those that the patterns take, in order, and what is wrong with patterns and order."""
        known = tuple(tenants)
        taken = self.choice.of(known)
        return taken, tuple(
            Problem(f"{self.name}: {what}", self.where, mend) for what, mend in self._faults(known, taken)
        )

    def _faults(self, known: Sequence[Tenant], taken: Sequence[Tenant]) -> Iterable[tuple[str, str]]:
        if not known:
            yield "there are no tenants", "is it the right list? run it by hand and read what it gives"
        elif not taken:
            first = ", ".join(quoted(tenant.name) for tenant in known[:3])
            yield f"include and exclude leave none of {len(known)} tenants", f"there are for example {first}"
        names = [tenant.name for tenant in taken]
        for name in (name for name in self.canary if taken and name not in names):
            yield f"the canary {quoted(name)} is none of its tenants", near(name, names[:1000])
        orders = (BY_NAME, AS_TOLD, *columns(known))
        if known and self.choice.column not in orders:
            yield f"order: no tenant has {quoted(self.choice.column)}", near(self.choice.column, orders)


def read(
    entries: Iterable[Entry], kind: TenantKind, origin: Origin
) -> tuple[tuple[Tenant, ...], tuple[Problem, ...]]:
    """The tenants that the entries tell of, in their order, and what is wrong with the others."""
    found: dict[str, Tenant] = {}
    faults: list[tuple[int, str, str]] = []
    for at, entry in enumerate(entries):
        try:
            tenant = _tenant(entry, kind)
        except _FaultError as fault:
            faults.append((at, fault.what, fault.mend))
            continue
        if tenant.name in found:
            faults.append((at, f"the tenant {quoted(tenant.name)} is there twice", "remove one of them"))
        found.setdefault(tenant.name, tenant)
    return tuple(found.values()), tuple(_problems(faults, origin))


def entries_of_lines(lines: Iterable[str]) -> Iterable[Entry]:
    """What a program wrote: a tenant a line, its name or a JSON object. Empty lines tell nothing."""
    for line in lines:
        text = line.strip()
        if text.startswith(("{", "[")):
            yield _object(text)
        elif text:
            yield text


def entries_of_rows(names: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterable[Entry]:
    """What a query gave: the tenant's name is its first column, unless one is called `name`."""
    keys = list(names)
    if "name" not in keys and keys:
        keys[0] = "name"
    return (dict(zip(keys, row, strict=True)) for row in rows)


def quoted(name: str) -> str:
    """A tenant's name or a column for a message; nothing of what looks like a URL."""
    text = "…" if "://" in name else name.encode("unicode_escape").decode() if code_points(name) else name
    return f"'{text[:_SHOWN]}…'" if len(text) > _SHOWN else f"'{text}'"


class _FaultError(Exception):
    def __init__(self, what: str, mend: str) -> None:
        self.what, self.mend = what, mend


def _problems(faults: Sequence[tuple[int, str, str]], origin: Origin) -> Iterable[Problem]:
    for at, what, mend in islice(faults, _PROBLEMS_TOLD):
        name, where = origin(at)
        yield Problem(f"{name}: {what}", where, mend)
    if len(faults) > _PROBLEMS_TOLD:
        at, _, mend = faults[_PROBLEMS_TOLD]
        name, where = origin(at)
        yield Problem(f"{name} and others: {len(faults) - _PROBLEMS_TOLD} more problems like these", where, mend)


def _object(text: str) -> Entry:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"": text}


def _tenant(entry: Entry, kind: TenantKind) -> Tenant:
    if isinstance(entry, str):
        return _checked(Tenant(_name(str.__str__(entry))), kind)
    if not isinstance(entry, Mapping):
        raise _FaultError("is neither a name nor a mapping", "write acme, or {name: acme, …}")
    if "" in entry:
        raise _FaultError(
            f"begins with {entry['']!s:.1} and is no JSON object", 'write a name, or {"name": "acme"}'
        )
    if _text(entry.get("name")) is None:
        raise _FaultError("has no name", "write name: acme")
    texts = {str(key): _one(str(key), value) for key, value in entry.items()}
    place = {key: text for key in PLACES if (text := texts.get(key))}
    if "schema" in place and kind is TenantKind.DATABASES:
        raise _FaultError("has a schema, and is one of databases", "write it under schemas, or call it otherwise")
    others = ((key, text) for key, text in texts.items() if key not in ("name", *PLACES))
    labels = tuple((key, text) for key, text in others if text is not None)
    tenant = Tenant(
        _name(texts["name"] or ""),
        place.get("schema"),
        place.get("database"),
        place.get("host"),
        _port(place.get("port")),
        labels,
    )
    return _checked(tenant, kind)


def _name(text: str) -> str:
    if not text:
        raise _FaultError("has an empty name", "give it a name")
    if unseen := code_points(text):
        raise _FaultError(f"its name holds {unseen}", "write it with characters that can be seen")
    if len(text) > LONGEST_NAME:
        raise _FaultError(f"its name is longer than {LONGEST_NAME} characters", "give it a shorter name")
    return text


def _checked(tenant: Tenant, kind: TenantKind) -> Tenant:
    for key in ("schema", "database", "host"):
        if unseen := code_points(getattr(tenant, key) or ""):
            raise _FaultError(f"its {key} holds {unseen}", "write it with characters that can be seen")
    if tenant.host is not None and _UNUSABLE_IN_HOSTS & set(tenant.host):
        raise _FaultError("its host is not the name of a host", "write host: db.example.org, and port: apart")
    schema = tenant.schema or tenant.name
    if kind is TenantKind.SCHEMAS and len(schema.encode()) > LONGEST_IDENTIFIER:
        what = f"its schema is longer than {LONGEST_IDENTIFIER} bytes, and PostgreSQL would cut it"
        raise _FaultError(what, "write schema: with its name in the database")
    return tenant


def _port(text: str | None) -> int | None:
    if text is None:
        return None
    plain = text.isascii() and text.isdecimal() and len(text) <= _DIGITS_OF_A_PORT
    if not plain or not 0 < int(text) <= _LAST_PORT:
        raise _FaultError("its port is not a number from 1 to 65535", "write port: 5432")
    return int(text)


def _one(key: str, value: object) -> str | None:
    if not key or code_points(key):
        raise _FaultError("has a label whose name is empty or cannot be seen", "give it another name")
    if isinstance(value, list | tuple | Mapping):
        raise _FaultError(f"{quoted(key)} must be one value", "write one text")
    return _text(value)


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case bytes() | bytearray() | memoryview():
            return bytes(value).decode("utf-8", "replace")
        case _:
            return str(value)
