"""environments.yaml as checked values: the pipeline, the projects, the journal, and how to reach each target.

`load` reports every mistake of the file at once. What only some commands need, a URL whose variable is not set for
instance, is asked for by `endpoints` and refused there. This module decides nothing and connects to nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from orchestrator.core.pipeline import Environment, Pipeline
from orchestrator.core.secrets import Redactor, Secret
from orchestrator.core.targets import Target
from orchestrator.core.tenants import Tenant
from orchestrator.core.urls import anchored
from orchestrator.core.webhooks import Webhook
from orchestrator.databases.endpoint import Endpoint
from orchestrator.errors import ConfigurationError, OrchestrateError, Problem, UsageError
from orchestrator.project.alembic_projects import AlembicProject, projects_of
from orchestrator.project.environments_file import connections, yaml_file
from orchestrator.project.environments_file.connections import Surroundings
from orchestrator.project.environments_file.definitions import Branches, Definition, Definitions
from orchestrator.project.environments_file.overrides import in_effect, overridden
from orchestrator.project.environments_file.problems import checked
from orchestrator.project.environments_file.redaction import redactor_of
from orchestrator.project.environments_file.schema import FileShape, json_schema
from orchestrator.project.environments_file.sources import list_of
from orchestrator.project.environments_file.tenant_endpoints import endpoints_of, faults_of, homes_of
from orchestrator.project.environments_file.tenants import Tenancy
from orchestrator.project.environments_file.twins import twins
from orchestrator.project.environments_file.types import OtherDatabases, Transactions, WorkerKind
from orchestrator.project.environments_file.variables import Expansion, fill, unset
from orchestrator.project.environments_file.webhooks import unset_in_webhooks, webhooks_of
from orchestrator.project.environments_file.wording import Place, near, shown
from orchestrator.project.environments_file.yaml_file import Document
from orchestrator.project.settings import Settings

__all__ = [
    "AlembicProject",
    "Configuration",
    "OtherDatabases",
    "Transactions",
    "WorkerKind",
    "json_schema",
    "load",
]

_JOURNAL = ".orchestrator/journal.db"
Tenants = Mapping[Target, Mapping[str, Tenant]]
"""By the definition that they belong to, and their name."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the user wrote, checked. `path` is the file as named, `root` its directory, absolute.

    `overrides` are the names of the variables that stand in for what the file says.
    """

    path: Path
    root: Path
    pipeline: Pipeline
    projects: Mapping[str, AlembicProject]
    journal: Secret
    _definitions: Mapping[Target, Definition] = field(repr=False)
    _tenants: Tenants = field(repr=False)
    _variables: Mapping[str, str] = field(repr=False)
    _redactor: Redactor = field(repr=False, compare=False)
    _webhooks: tuple[tuple[Webhook, ...], tuple[Problem, ...]] = field(default=((), ()), repr=False)
    overrides: tuple[str, ...] = ()

    def environment(self, name: str) -> Environment:
        """The environment of that name; UsageError with the nearest name if there is none."""
        try:
            return self.pipeline.environment(name)
        except KeyError:
            what = f"there is no environment {shown(name)}"
            raise UsageError(what, where=str(self.path), mend=near(name, self.pipeline.names)) from None

    def project_of(self, target: Target) -> AlembicProject:
        """The project whose revisions the target follows; KeyError for a target of another file."""
        return self.projects[self._definitions[target.untenanted].project]

    def longest_wait(self, environments: Collection[str]) -> float:
        """For how many seconds at most a target of these environments queues for another run."""
        found = (one for target, one in self._definitions.items() if target.environment in environments)
        return max((one.timeouts.run_lock_wait for one in found), default=0.0)

    def branches_of(self, target: Target) -> Branches:
        """The branches that the target follows; KeyError for a target of another file."""
        return self._definitions[target.untenanted].branches

    def labels_of(self, target: Target) -> Mapping[str, str]:
        """What the file and the tenant's source say of the target, by name; KeyError for one of another file."""
        labels = self._definitions[target.untenanted].labels
        return labels if target.tenant is None else {**labels, **dict(self._tenant(target).labels)}

    def tenancies(self, environments: Iterable[str] | None = None) -> dict[Target, Tenancy]:
        """What has tenants that are not known yet, in the named environments or in all: whoever asks for them
        gives them to `with_tenants`. UsageError for an unknown environment.
        """
        wanted = self.pipeline.names if environments is None else environments
        names = {self.environment(name).name for name in wanted}
        return {
            target: found.tenancy
            for target, found in self._definitions.items()
            if found.tenancy is not None and target not in self._tenants and target.environment in names
        }

    def with_tenants(self, found: Mapping[Target, Iterable[Tenant]]) -> Configuration:
        """The same with these tenants, in this order, as targets of the definitions that they belong to."""
        known = {target: {tenant.name: tenant for tenant in tenants} for target, tenants in found.items()}
        environments = (
            replace(environment, targets=tuple(self._with(environment, known)))
            for environment in self.pipeline.environments
        )
        return replace(self, pipeline=Pipeline(tuple(environments)), _tenants={**self._tenants, **known})

    def source(self, target: Target) -> Endpoint:
        """How to reach the database that a definition itself names, where its tenants are asked for.

        Raises as `endpoints` does.
        """
        (found,) = connections.endpoints_of([self._definitions[target]], self._around, self._redactor)
        return found

    def told(self, target: Target) -> str:
        """What the program writes that a definition's tenants are asked of; raises as `endpoints` does."""
        found = self._definitions[target]
        _refuse(found.missing, str(self.path))
        assert found.tenancy is not None
        return list_of(found.tenancy, found.tenancy.command, self._around)

    def narrowed(self, targets: Collection[Target]) -> Configuration:
        """The same with these targets alone; the environments and their order stay, also those without any."""
        kept = frozenset(targets)
        environments = (
            replace(environment, targets=tuple(target for target in environment.targets if target in kept))
            for environment in self.pipeline.environments
        )
        return replace(self, pipeline=Pipeline(tuple(environments)))

    def endpoints(self, environments: Iterable[str] | None = None) -> dict[Target, Endpoint]:
        """How to reach the targets of the named environments, or of all, in the pipeline's order.

        Files are read and programs run for their URLs. Raises UsageError for an unknown environment, and
        ConfigurationError or UnavailableError with every problem of the targets asked for.
        """
        names = self.pipeline.names if environments is None else tuple(environments)
        wanted: dict[Target, list[Target]] = {}
        for target in (target for name in names for target in self.environment(name).targets):
            wanted.setdefault(target.untenanted, []).append(target)
        definitions = [found for target, found in self._definitions.items() if target in wanted]
        endpoints = connections.endpoints_of(definitions, self._around, self._redactor)
        written = _written(self._definitions)
        fetched = {one.target: one.url.reveal() for one in endpoints if one.target not in written}
        if fetched or any(_asked(found) for found in definitions):
            _refuse(_misplaced(self._definitions, self._tenants, written | fetched, self.root), str(self.path))
        return {one.target: one for base in endpoints for one in self._turned(base, wanted[base.target])}

    @property
    def _around(self) -> Surroundings:
        return Surroundings(self.root, self._variables)

    def _tenant(self, target: Target) -> Tenant:
        return self._tenants[target.untenanted][target.tenant or ""]

    def _turned(self, base: Endpoint, targets: Iterable[Target]) -> Iterable[Endpoint]:
        """The endpoint itself, or where it has tenants those of the targets."""
        definition = self._definitions[base.target]
        if definition.tenancy is None:
            return (base,)
        tenants = {target: self._tenant(target) for target in targets}
        return endpoints_of(base, definition, tenants, PurePosixPath(self.root))

    def _with(self, environment: Environment, known: Mapping[Target, Mapping[str, Tenant]]) -> Iterator[Target]:
        """The environment's targets, in the definitions' order, with these tenants for those of the same place."""
        there: dict[Target, list[Target]] = {}
        for target in environment.targets:
            there.setdefault(target.untenanted, []).append(target)
        for one in (one for one in self._definitions if one.environment == environment.name):
            named = (Target(one.environment, one.database, name) for name in known.get(one, ()))
            yield from named if one in known else there.get(one, ())

    def webhooks(self) -> tuple[Webhook, ...]:
        """Who is told of runs; ConfigurationError with every variable that they need and that is not set."""
        found, unset = self._webhooks
        _refuse(unset, str(self.path))
        return found

    def redactor(self) -> Redactor:
        """What masks every password known so far; it learns those that are fetched later."""
        return self._redactor


def load(path: Path, settings: Settings, variables: Mapping[str, str]) -> Configuration:
    """The configuration in the file; ConfigurationError with every mistake in it.

    `variables` are what `${NAME}` stands for and what programs are given, usually os.environ.
    """
    root = path.parent.resolve()
    read = yaml_file.read(path)
    filled, document = overridden(fill(read, variables), read, settings)
    shape, faults = checked(filled.value, document, filled.expansions)
    problems = [*document.problems, *filled.problems, *faults, *_needed_now(filled.expansions, document, settings)]
    if shape is None:
        raise _collected(problems, str(path))
    definitions = Definitions(shape, document, filled.expansions)
    targets = definitions.read()
    tenants = _listed(targets)
    misplaced = _misplaced(targets, tenants, _written(targets), root)
    _refuse([*problems, *definitions.problems, *misplaced], str(path))
    journal = _journal(shape, settings, root)
    webhooks = webhooks_of(shape.webhooks)
    return Configuration(
        path=path,
        root=root,
        pipeline=Pipeline(definitions.environments(_known(targets, tenants))),
        projects=projects_of(shape, root),
        journal=journal,
        _definitions=targets,
        _tenants=tenants,
        _variables=dict(variables),
        _redactor=redactor_of(targets, journal, webhooks, variables),
        _webhooks=(webhooks, unset_in_webhooks(document, filled.expansions)),
        overrides=in_effect(settings),
    )


def _needed_now(
    expansions: Mapping[Place, Expansion], document: Document, settings: Settings
) -> Iterator[Problem]:
    """Variables that are not set where every command needs the value."""
    for place, expansion in expansions.items():
        if place[:1] == ("projects",) or (place == ("journal",) and settings.journal is None):
            yield from unset(document, place, expansion)


def _written(definitions: Mapping[Target, Definition]) -> dict[Target, str]:
    """The URLs that are known without a file or a program."""
    return {
        target: found.way.url
        for target, found in definitions.items()
        if found.way.url is not None and not found.missing
    }


def _listed(definitions: Mapping[Target, Definition]) -> dict[Target, dict[str, Tenant]]:
    """The tenants that the file itself lists."""
    return {
        target: {tenant.name: tenant for tenant in found.tenancy.listed}
        for target, found in definitions.items()
        if found.tenancy is not None and found.tenancy.listed is not None
    }


def _known(definitions: Mapping[Target, Definition], tenants: Tenants) -> Tenants:
    """The same, and for those that are asked for later that there are none yet."""
    return {target: tenants.get(target, {}) for target, found in definitions.items() if found.tenancy is not None}


def _asked(definition: Definition) -> bool:
    return definition.tenancy is not None and definition.tenancy.listed is None


def _misplaced(
    definitions: Mapping[Target, Definition], tenants: Tenants, urls: Mapping[Target, str], root: Path
) -> Iterator[Problem]:
    """Targets in one place, and tenants that cannot be reached by such a URL."""
    known = {target: tenants.get(target, {}) for target in urls}
    homes = (home for one, url in urls.items() for home in homes_of(definitions[one], url, known[one]))
    yield from twins(homes, root)
    for target, url in urls.items():
        yield from faults_of(definitions[target], url, known[target].values())


def _journal(shape: FileShape, settings: Settings, root: Path) -> Secret:
    written = settings.journal.reveal() if settings.journal is not None else shape.journal
    return Secret(anchored(written or f"sqlite:///{_JOURNAL}", PurePosixPath(root)))


def _refuse(problems: Iterable[Problem], name: str) -> None:
    found = list(problems)
    if found:
        raise _collected(found, name)


def _collected(problems: Iterable[Problem], name: str) -> OrchestrateError:
    """One error for all, in the order of the file's lines."""
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: _line(problem, name))
    return ConfigurationError.collect(ordered, f"{{n}} problems in {name.replace('{', '{{').replace('}', '}}')}")


def _line(problem: Problem, name: str) -> int:
    line = (problem.where or "").removeprefix(f"{name}:").partition(":")[0]
    return int(line) if line.isdecimal() else 0
