"""Whether a worker may serve one target after the other: as far as the project's code was read to allow it."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.core.revisions import Graph
from orchestrator.errors import ConfigurationError
from orchestrator.project import imports
from orchestrator.project.configuration import AlembicProject
from orchestrator.project.revision_scripts.alembic_config import read_config


class Reuse:
    """The proofs of one command: each is made once for the same steps of a project, however many have them.

    A script that is changed in between is noticed by the worker, which compares it with the plan.
    """

    def __init__(self) -> None:
        self._proved: dict[tuple[str, tuple[str, ...]], bool] = {}

    def proved(self, project: AlembicProject, graph: Graph, revisions: Iterable[str]) -> bool:
        """Whether env.py and the scripts of these revisions leave nothing behind in the process that runs them.

        The other scripts are only loaded: what they would leave by that the worker notices itself, and ends.
        """
        key = project.name, tuple(revisions)
        if key not in self._proved:
            self._proved[key] = _proved(project, graph, key[1])
        return self._proved[key]


def _proved(project: AlembicProject, graph: Graph, revisions: Iterable[str]) -> bool:
    try:
        found = read_config(project)
    except ConfigurationError:
        return False
    files = (found.here / graph.whole.scripts[revision].path for revision in revisions)
    return all(map(imports.leaves_nothing, (found.script_location / "env.py", *files)))
