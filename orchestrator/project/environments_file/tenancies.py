"""The key `tenants` of one definition → its tenancy, and all that can be judged of it from the file alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from orchestrator.core.tenants import Choice, TenantKind
from orchestrator.errors import Problem
from orchestrator.project.environments_file import url_rules, variables
from orchestrator.project.environments_file.fleets import TenantsShape
from orchestrator.project.environments_file.schema import Connected, InjectShape
from orchestrator.project.environments_file.tenants import Tenancy, read
from orchestrator.project.environments_file.variables import Expansion, Unresolved
from orchestrator.project.environments_file.wording import Place, dotted
from orchestrator.project.environments_file.yaml_file import Document

TENANT, SCHEMA = "{tenant}", "{schema}"


@dataclass(frozen=True, slots=True)
class Written:
    """The file that is read: where each value stands, and which came from variables."""

    document: Document
    expansions: Mapping[Place, Expansion]

    def problem(self, place: Place, what: str, mend: str) -> Problem:
        """What is wrong with the value there."""
        return Problem(f"{dotted(place)}: {what}", self.document.where(place), mend)


def tenancy_of(
    shape: TenantsShape, place: Place, written: Written, *, told: bool, canary: tuple[str, ...] = ()
) -> tuple[Tenancy, tuple[Problem, ...]]:
    """The tenancy, and what is wrong with it.

    `told`: env.py is told the tenant in another way than by search_path. `canary` names those changed first.
    """
    kind = TenantKind.SCHEMAS if "schemas" in shape.model_fields_set else TenantKind.DATABASES
    source, at = getattr(shape, kind), (*place, str(kind))
    search_path = shape.search_path if "search_path" in shape.model_fields_set else not told
    tenancy = Tenancy(
        kind=kind,
        choice=Choice(tuple(shape.include), tuple(shape.exclude), str(shape.order)),
        search_path=search_path and kind is TenantKind.SCHEMAS,
        name=dotted(at),
        where=written.document.where(at),
        canary=canary,
    )
    if isinstance(source, dict):
        query, command = source.get("query"), tuple(map(str, source.get("command", ())))
        return replace(tenancy, query=None if query is None else str(query), command=command), ()
    unset = tuple(_unset(at, source, written))
    tenants, faults = read(
        [] if unset else source,
        kind,
        lambda number: (dotted((*at, number)), written.document.where((*at, number))),
    )
    if unset or faults:
        return replace(tenancy, listed=tenants), (*unset, *faults)
    chosen, problems = tenancy.chosen(tenants)
    return replace(tenancy, listed=chosen), problems


def tells_tenant(texts: Iterable[str]) -> bool:
    """Whether a template, or a value that env.py is given, has the tenant in it."""
    return any(part in text for text in texts for part in (TENANT, SCHEMA))


def templates_of(inject: InjectShape) -> Iterator[str]:
    """Every text of an `inject` that may have placeholders."""
    for pairs in (inject.options, inject.variables, inject.attributes):
        for name, value in pairs.items():
            yield from (str(name), str(value))
    yield from map(str, inject.x_arguments)


def place_faults(tenancy: Tenancy, way: Connected, version_table_schema: str | None) -> Iterator[tuple[str, str]]:
    """Why these tenants cannot be where the definition says, as far as the text tells, and the mends."""
    if tenancy.kind is TenantKind.SCHEMAS and version_table_schema and not tells_tenant([version_table_schema]):
        what = f"all tenants would keep their revisions in one schema, {version_table_schema}"
        yield what, "remove version_table_schema, or write {schema} in it"
    if way.url is None or isinstance(way.url, Unresolved):
        return
    address = url_rules.parsed(way.url)
    if address is None:
        return
    if tenancy.kind is TenantKind.SCHEMAS and address.family != "postgresql":
        yield f"schemas of one database are PostgreSQL's, and the url is for {address.backend}", "write databases:"
    if TENANT in way.url.replace(TENANT, "", (address.database or "").count(TENANT)):
        yield "{tenant} may stand in the name of the url's database alone", "give a tenant its host:, and port:"
    if tenancy.query is not None and TENANT in (address.database or ""):
        yield "the query is asked in the url's database, and that has {tenant} in its name", "write its name out"


def _unset(at: Place, source: Iterable[object], written: Written) -> Iterator[Problem]:
    """The variables that are not set in a list of tenants: without them the targets are not known."""
    for number, entry in enumerate(source):
        values = entry.items() if isinstance(entry, dict) else [((), entry)]
        for key, value in values:
            place = (*at, number, *([key] if isinstance(key, str) else []))
            if isinstance(value, Unresolved) and place in written.expansions:
                yield from variables.unset(written.document, place, written.expansions[place])
