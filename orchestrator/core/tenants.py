"""Tenants: many schemas, or many databases, that share one definition. Pure: which there are is told elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

BY_NAME, AS_TOLD = "name", "source"
"""Orders that need no column: by the tenant's name, and as the source told them."""
PLACES = ("schema", "database", "host", "port")
"""What a source may say of where a tenant lives; all else is a label."""


class TenantKind(StrEnum):
    """What a tenant has of its own."""

    SCHEMAS = "schemas"
    DATABASES = "databases"


@dataclass(frozen=True, slots=True)
class Tenant:
    """One tenant as its source names it. What is None is as its definition says.

    `schema`, `database`, `host` and `port` are where it lives; `labels` is all else that the source says of it.
    """

    name: str
    schema: str | None = None
    database: str | None = None
    host: str | None = None
    port: int | None = None
    labels: tuple[tuple[str, str], ...] = ()

    def said(self, column: str) -> str | None:
        """What its source says under that name, a label or a part of its place; None where it says nothing."""
        if column in PLACES:
            value = getattr(self, column)
            return None if value is None else str(value)
        return dict(self.labels).get(column)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of a source's tenants are taken, by patterns on their names, and in which order.

    `order` is `name`, `source` or a column, with `-` in front the other way round.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    order: str = BY_NAME

    def of(self, tenants: Iterable[Tenant]) -> tuple[Tenant, ...]:
        """Those that are taken, in order. By a column: numbers as numbers, before texts; without it, last."""
        taken = [tenant for tenant in tenants if self._takes(tenant.name)]
        column, backwards = self.column, self.order.startswith("-")
        match column:
            case "source":
                return tuple(reversed(taken) if backwards else taken)
            case "name":
                return tuple(sorted(taken, key=lambda tenant: tenant.name, reverse=backwards))
            case _:
                return _by_column(taken, column, backwards)

    @property
    def column(self) -> str:
        """What is ordered by, whichever way round."""
        return self.order.removeprefix("-")

    def _takes(self, name: str) -> bool:
        included = not self.include or any(fnmatchcase(name, pattern) for pattern in self.include)
        return included and not any(fnmatchcase(name, pattern) for pattern in self.exclude)


def columns(tenants: Iterable[Tenant]) -> tuple[str, ...]:
    """Every name that some tenant's source says something under, in the order of their first use."""
    found: dict[str, None] = {}
    for tenant in tenants:
        found.update(dict.fromkeys(place for place in PLACES if getattr(tenant, place) is not None))
        found.update(dict.fromkeys(label for label, _ in tenant.labels))
    return tuple(found)


def _by_column(tenants: Iterable[Tenant], column: str, backwards: bool) -> tuple[Tenant, ...]:
    by_name = sorted(tenants, key=lambda tenant: tenant.name)
    told = [(value, tenant) for tenant in by_name if (value := tenant.said(column)) is not None]
    silent = [tenant for tenant in by_name if tenant.said(column) is None]
    told.sort(key=lambda pair: _ranked(pair[0]), reverse=backwards)
    return (*(tenant for _, tenant in told), *silent)


def _ranked(text: str) -> tuple[bool, float, str]:
    try:
        return (False, float(text), "")
    except ValueError:
        return (True, 0.0, text)
