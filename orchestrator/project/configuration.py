"""environments.yaml as checked values: the pipeline, the projects, the journal, and how to reach each target.

`load` reports every mistake of the file at once. What only some commands need, a URL whose variable is not set for
instance, is asked for by `endpoints` and refused there. This module decides nothing and connects to nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from orchestrator.core.injection import Injection, pairs
from orchestrator.core.pipeline import Environment, Pipeline
from orchestrator.core.secrets import Redactor, Secret
from orchestrator.core.targets import DEFAULT_DATABASE, Target
from orchestrator.core.urls import anchored
from orchestrator.databases.endpoint import Endpoint
from orchestrator.errors import ConfigurationError, OrchestrateError, Problem, UsageError
from orchestrator.project.environments_file import connections, url_rules, yaml_file
from orchestrator.project.environments_file.connections import Surroundings, path_in, secrets_of
from orchestrator.project.environments_file.definitions import Branches, Definition, Definitions
from orchestrator.project.environments_file.overrides import overridden
from orchestrator.project.environments_file.problems import checked
from orchestrator.project.environments_file.schema import FileShape, InjectShape, ProjectShape
from orchestrator.project.environments_file.twins import twins
from orchestrator.project.environments_file.types import OtherDatabases, Transactions
from orchestrator.project.environments_file.variables import Expansion, fill, unset
from orchestrator.project.environments_file.wording import Place, near, shown
from orchestrator.project.environments_file.yaml_file import Document
from orchestrator.project.revision_scripts.packages import is_resource, resource
from orchestrator.project.settings import Settings

__all__ = ["AlembicProject", "Configuration", "OtherDatabases", "Transactions", "json_schema", "load"]

_JOURNAL = ".orchestrator/journal.db"
_OF_DRIVERS = ("PGPASSWORD", "MYSQL_PWD")
"""Variables whose value a driver takes as the password where the URL has none."""


@dataclass(frozen=True, slots=True)
class AlembicProject:
    """One Alembic configuration: its ini file, absolute, and how its env.py is run.

    `script_location` and `version_locations` stand for those of the ini: absolute paths, or `package:path`.
    """

    name: str
    config: Path
    section: str
    python: str
    working_directory: Path
    transactions: Transactions
    script_location: str | None = None
    version_locations: tuple[str, ...] = ()
    inject: Injection = field(default_factory=Injection)
    flask_app: str | None = None
    hook: str | None = None
    other_databases: OtherDatabases = OtherDatabases.REFUSE


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the user wrote, checked. `path` is the file as named, `root` its directory, absolute."""

    path: Path
    root: Path
    pipeline: Pipeline
    projects: Mapping[str, AlembicProject]
    journal: Secret
    _definitions: Mapping[Target, Definition] = field(repr=False)
    _variables: Mapping[str, str] = field(repr=False)
    _redactor: Redactor = field(repr=False, compare=False)

    def environment(self, name: str) -> Environment:
        """The environment of that name; UsageError with the nearest name if there is none."""
        try:
            return self.pipeline.environment(name)
        except KeyError:
            what = f"there is no environment {shown(name)}"
            raise UsageError(what, where=str(self.path), mend=near(name, self.pipeline.names)) from None

    def project_of(self, target: Target) -> AlembicProject:
        """The project whose revisions the target follows; KeyError for a target of another file."""
        return self.projects[self._definitions[target].project]

    def branches_of(self, target: Target) -> Branches:
        """The branches that the target follows; KeyError for a target of another file."""
        return self._definitions[target].branches

    def endpoints(self, environments: Iterable[str] | None = None) -> dict[Target, Endpoint]:
        """How to reach the targets of the named environments, or of all, in the pipeline's order.

        Files are read and programs run for their URLs. Raises UsageError for an unknown environment, and
        ConfigurationError or UnavailableError with every problem of the targets asked for.
        """
        names = self.pipeline.names if environments is None else tuple(environments)
        wanted = {target for name in names for target in self.environment(name).targets}
        definitions = [found for target, found in self._definitions.items() if target in wanted]
        around = Surroundings(self.root, self._variables)
        endpoints = connections.endpoints_of(definitions, around, self._redactor)
        written = _written(self._definitions)
        fetched = {one.target: one.url.reveal() for one in endpoints if one.target not in written}
        if fetched:
            _refuse(twins(self._definitions, written | fetched, self.root), str(self.path))
        return {endpoint.target: endpoint for endpoint in endpoints}

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
    _refuse([*problems, *definitions.problems, *twins(targets, _written(targets), root)], str(path))
    journal = _journal(shape, settings, root)
    return Configuration(
        path=path,
        root=root,
        pipeline=Pipeline(definitions.environments()),
        projects=_projects(shape, root),
        journal=journal,
        _definitions=targets,
        _variables=dict(variables),
        _redactor=_redactor(targets, journal, variables),
    )


def _redactor(targets: Mapping[Target, Definition], journal: Secret, variables: Mapping[str, str]) -> Redactor:
    """Knows every secret of the file, and those that drivers take from variables by themselves."""
    names = {name for target in targets for name in (target.environment, target.database)}
    redactor = Redactor(url_rules.secrets_of(journal.reveal()), names)
    redactor.add(*{secret for found in targets.values() for secret in secrets_of(found)})
    redactor.add(*(variables[name] for name in _OF_DRIVERS if name in variables))
    return redactor


def json_schema() -> dict[str, Any]:
    """The JSON Schema of environments.yaml, for editors."""
    schema: dict[str, Any] = _strict(FileShape.model_json_schema())
    return schema


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


def _journal(shape: FileShape, settings: Settings, root: Path) -> Secret:
    written = settings.journal.reveal() if settings.journal is not None else shape.journal
    return Secret(anchored(written or f"sqlite:///{_JOURNAL}", PurePosixPath(root)))


def _projects(shape: FileShape, root: Path) -> dict[str, AlembicProject]:
    written = shape.projects or {DEFAULT_DATABASE: ProjectShape()}
    return {name: _project(name, project, root) for name, project in written.items()}


def _project(name: str, shape: ProjectShape, root: Path) -> AlembicProject:
    python = shape.python or sys.executable
    # A bare name is looked up in PATH.
    python = str(path_in(root, python)) if "/" in python else python
    config = _config(shape.config, root, python)
    return AlembicProject(
        name=name,
        config=config,
        section=shape.section,
        python=python,
        working_directory=_working_directory(shape, root, config),
        transactions=shape.transactions,
        script_location=_script_location(shape, root, config),
        version_locations=tuple(_location(one, root) for one in shape.version_locations),
        inject=_injection(shape.inject),
        flask_app=shape.flask_app,
        hook=shape.hook,
        other_databases=shape.other_databases,
    )


def _config(text: str, root: Path, python: str) -> Path:
    """The file that is named, or the one in a package of the project's Python that `package:path` means."""
    found = resource(text, python) if is_resource(text) else None
    return found or path_in(root, text)


def _location(text: str, root: Path) -> str:
    """As Alembic is given it: an absolute path, or `package:path` as it is written."""
    return text if is_resource(text) else str(path_in(root, text))


def _script_location(shape: ProjectShape, root: Path, config: Path) -> str | None:
    """As written; Flask-Migrate uses the directory of its alembic.ini, whatever stands in it."""
    if shape.script_location:
        return _location(shape.script_location, root)
    beside = shape.flask_app is not None and (config.parent / "env.py").is_file()
    return str(config.parent) if beside else None


def _working_directory(shape: ProjectShape, root: Path, config: Path) -> Path:
    """The file's directory; not where that is an installed package, nor a Flask app's folder of migrations."""
    if shape.working_directory:
        return path_in(root, shape.working_directory)
    return root if shape.flask_app or is_resource(shape.config) else config.parent


def _injection(shape: InjectShape) -> Injection:
    return Injection(
        options=pairs(shape.options),
        variables=pairs(shape.variables),
        x_arguments=tuple(shape.x_arguments),
        attributes=pairs(shape.attributes),
        redirect=shape.redirect,
    )


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


def _strict(schema: Any) -> Any:
    """The schema without pydantic's titles of fields, and refusing names that no pattern allows."""
    match schema:
        case dict():
            kept = {key: _strict(item) for key, item in schema.items() if key != "title" or "properties" in schema}
            return {**kept, "additionalProperties": False} if "patternProperties" in schema else kept
        case list():
            return [_strict(item) for item in schema]
        case _:
            return schema
