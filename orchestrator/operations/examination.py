"""Examines one project for `doctor` and `init`: its configuration, its scripts, and how its env.py is reached.

env.py is run, with a marker in place of a database: nothing is connected to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.core.findings import Topic, faults
from orchestrator.core.injection_search import Candidate, search
from orchestrator.core.project_diagnosis import ProjectFacts
from orchestrator.core.revisions import Graph
from orchestrator.core.secrets import Secret
from orchestrator.core.trial import Trial
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.locks import Guard
from orchestrator.errors import ConfigurationError, OrchestrateError
from orchestrator.execution.trial import try_env
from orchestrator.operations.survey import read_graph
from orchestrator.project import application
from orchestrator.project.configuration import AlembicProject
from orchestrator.project.revision_scripts.alembic_config import read_config


@dataclass(frozen=True, slots=True)
class Examination:
    """What came out: the facts, the revisions where they could be read, and the project as it is to be run."""

    facts: ProjectFacts
    project: AlembicProject
    graph: Graph | None = None


def examine(project: AlembicProject, root: Path, endpoint: Endpoint) -> Examination:
    """What is to be known of a project; `endpoint` is one of its targets, `root` where its sources begin.

    Whatever is wrong is in `faults` of the facts: nothing is raised that a user can cause.
    """
    given = Candidate(project.inject, project.flask_app)
    facts, graph = ProjectFacts(project.name, _shown(project, root), project.python, given), None
    try:
        config = read_config(project)
    except ConfigurationError as error:
        return Examination(replace(facts, faults=faults(Topic.CONFIG, error)), project)
    try:
        graph = read_graph(project)
        facts = replace(facts, revisions=len(graph.scripts), heads=graph.heads)
    except OrchestrateError as error:
        facts = replace(facts, faults=faults(Topic.SCRIPTS, error))
    engines = application.engines(project.config, project.section)
    names = replace(application.names(root, config.script_location), engines=engines)
    try:
        found = search(given, names, lambda way: tried(reached_by(project, way, root), endpoint))
    except ConfigurationError as error:
        facts = replace(facts, faults=(*facts.faults, *faults(Topic.INTERPRETER, error)))
        return Examination(facts, project, graph)
    facts = replace(facts, engines=engines, found=found)
    return Examination(facts, reached_by(project, found.way or given, root), graph)


def tried(project: AlembicProject, endpoint: Endpoint, guard: Guard | None = None) -> Trial:
    """A trial of env.py that leaves no file behind, not even Python's compiled modules; raises as `try_env`."""
    variables = (*endpoint.variables, ("PYTHONDONTWRITEBYTECODE", Secret("1")))
    return try_env(project, replace(endpoint, variables=variables), guard)


def reached_by(project: AlembicProject, way: Candidate, root: Path) -> AlembicProject:
    """The project as it would be with this way in environments.yaml; a Flask app is looked for from `root`."""
    here = project.working_directory
    moves = way.flask_app is not None and project.flask_app is None and here == project.config.parent
    return replace(
        project,
        inject=way.injection,
        flask_app=way.flask_app,
        working_directory=root if moves else here,
    )


def _shown(project: AlembicProject, root: Path) -> str:
    path = project.config.relative_to(root) if project.config.is_relative_to(root) else project.config
    return str(path) if project.section == "alembic" else f"{path}, section {project.section}"
