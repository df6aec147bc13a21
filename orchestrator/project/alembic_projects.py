"""The Alembic projects that environments.yaml names: paths made absolute, and what is left out found there."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.core.injection import Injection, pairs
from orchestrator.core.targets import DEFAULT_DATABASE
from orchestrator.project.environments_file.schema import FileShape, InjectShape, ProjectShape
from orchestrator.project.environments_file.sources import path_in
from orchestrator.project.environments_file.types import OtherDatabases, Transactions, WorkerKind
from orchestrator.project.revision_scripts.packages import is_resource, resource


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
    workers: WorkerKind = WorkerKind.AUTO


def projects_of(shape: FileShape, root: Path) -> dict[str, AlembicProject]:
    """The projects of the file by name, or the one that every file has which names none."""
    written = shape.projects or {DEFAULT_DATABASE: ProjectShape.model_construct()}
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
        workers=shape.workers,
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
