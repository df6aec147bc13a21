"""From the endpoint of a definition to those of its tenants: the URL that was fetched once, turned to each.

Nothing is fetched here and nothing connects. What a tenant's URL is worth only its database can say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.core.tenants import Tenant, TenantKind
from orchestrator.core.urls import LIBPQ_DRIVERS, anchored, parse, relocated
from orchestrator.databases.endpoint import Endpoint
from orchestrator.errors import Problem
from orchestrator.project.environments_file import url_rules
from orchestrator.project.environments_file.definitions import Definition
from orchestrator.project.environments_file.tenancies import SCHEMA, TENANT, tells_tenant
from orchestrator.project.environments_file.tenants import Tenancy, quoted
from orchestrator.project.environments_file.twins import Home

_PLACEHOLDER = re.compile(f"{re.escape(TENANT)}|{re.escape(SCHEMA)}")
_SEARCHED_BY = (*LIBPQ_DRIVERS, "asyncpg")
"""The drivers of PostgreSQL by which a session can be given a search_path as it begins."""


class _Turned(Secret):
    """A URL made of another one, which is asked each time: that may have been fetched anew since."""

    __slots__ = ("_of", "_turn")

    def __init__(self, of: Secret, turn: Callable[[str], str]) -> None:
        super().__init__("")
        self._of, self._turn = of, turn

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def reveal(self) -> str:
        """The text, of the other one as it is now."""
        return self._turn(self._of.reveal())


def endpoints_of(
    base: Endpoint, definition: Definition, tenants: Mapping[Target, Tenant], root: PurePosixPath
) -> Iterator[Endpoint]:
    """The endpoint of each of these tenants of the definition, in their order."""
    tenancy = definition.tenancy
    if tenancy is None:
        raise ValueError("the definition has no tenants")
    fetched = definition.way.url is None
    told = tells_tenant([*definition.variables.values(), *definition.x_arguments])
    for target, tenant in tenants.items():
        turn = _turning(tenancy, tenant, root)
        schema = tenancy.schema_of(tenant)
        endpoint = replace(
            base,
            target=target,
            url=_Turned(base.url, turn) if fetched else Secret(turn(base.url.reveal())),
            version_table_schema=version_table_schema(definition, tenant),
            schema=schema,
            search_path=tenancy.search_path,
        )
        yield _told(endpoint, definition, tenant) if told else endpoint


def url_of(tenancy: Tenancy, tenant: Tenant, url: str) -> str:
    """The tenant's URL, where `url` is its definition's: one that `parse` reads."""
    database = tenant.database
    if database is None and TENANT in url:
        address = parse(url)
        database = (address.database or "" if address else "").replace(TENANT, tenant.name)
    elif database is None and tenancy.kind is TenantKind.DATABASES:
        database = tenant.name
    if (database, tenant.host, tenant.port) == (None, None, None):
        return url
    return relocated(url, database, tenant.host, tenant.port)


def version_table_schema(definition: Definition, tenant: Tenant) -> str | None:
    """The schema of the tenant's version table: as it is written, with the tenant filled in, or its own."""
    schema = definition.tenancy.schema_of(tenant) if definition.tenancy else None
    written = definition.version_table_schema
    return schema if written is None else _filled(written, tenant, schema)


def homes_of(definition: Definition, url: str, tenants: Mapping[str, Tenant]) -> Iterator[Home]:
    """Where the definition, or where it has tenants each of them, keeps its revisions."""
    table, where = definition.version_table, definition.where
    if definition.tenancy is None:
        yield Home(definition.target, url, table, definition.version_table_schema, where)
        return
    for name, tenant in tenants.items():
        target = replace(definition.target, tenant=name)
        place = url_of(definition.tenancy, tenant, url)
        yield Home(target, place, table, version_table_schema(definition, tenant), definition.tenancy.where)


def faults_of(definition: Definition, url: str, tenants: Iterable[Tenant]) -> Iterator[Problem]:
    """Why tenants cannot be reached by a URL such as this, as far as its text tells."""
    tenancy, address = definition.tenancy, url_rules.parsed(url)
    if tenancy is None or address is None:
        return
    where = tenancy.where
    if tenancy.kind is TenantKind.SCHEMAS and address.family != "postgresql":
        if definition.way.url is None:  # of a URL that is written it was said as the file was read
            what = (
                f"{tenancy.name}: schemas of one database are PostgreSQL's, and the url is for {address.backend}"
            )
            yield Problem(what, where, "write databases:")
    elif tenancy.search_path and address.driver not in _SEARCHED_BY:
        what = f"{tenancy.name}: the driver {address.driver} cannot be given a search_path"
        yield Problem(what, where, "tell env.py its {tenant} by x_arguments or variables, with search_path: false")
    if address.family == "sqlite":
        for tenant in tenants:
            if tenant.database is None and "/" in tenant.name:
                what = f"{tenancy.name}: the tenant {quoted(tenant.name)} would be a file in another directory"
                yield Problem(what, where, "write database: with the path of its file")


def _turning(tenancy: Tenancy, tenant: Tenant, root: PurePosixPath) -> Callable[[str], str]:
    return lambda url: anchored(url_of(tenancy, tenant, url), root)


def _told(endpoint: Endpoint, definition: Definition, tenant: Tenant) -> Endpoint:
    def fill(text: str) -> str:
        return _filled(text, tenant, endpoint.schema)

    return replace(
        endpoint,
        variables=tuple((name, Secret(fill(value))) for name, value in definition.variables.items()),
        x_arguments=tuple(fill(argument) for argument in definition.x_arguments),
    )


def _filled(text: str, tenant: Tenant, schema: str | None) -> str:
    # In one go: what a tenant is called may look like a placeholder.
    return _PLACEHOLDER.sub(lambda found: tenant.name if found[0] == TENANT else schema or "", text)
