"""The verb `graph`: each project's revision graph, and which environment has which revision. Reads only."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.core.divergence import stand
from orchestrator.core.picture import GraphReport, Place, picture
from orchestrator.core.selection import NOTHING_TYPED
from orchestrator.operations.selected import asked
from orchestrator.operations.survey import Clock, Remembered, Survey, survey
from orchestrator.project.configuration import Configuration


def graph(configuration: Configuration, now: Clock) -> GraphReport:
    """Look at every target; one that does not answer is told as such. Raises as `survey` does.

    The journal is not read: where a database stands, the database says.
    """
    seen = survey(asked(configuration, NOTHING_TYPED), None, now, Remembered())
    graphs = {seen.configuration.project_of(target).name: graph for target, graph in seen.world.graphs.items()}
    return GraphReport(
        tuple(picture(project, graphs[project].whole, _places(seen, project)) for project in graphs)
    )


def _places(seen: Survey, project: str) -> Iterator[Place]:
    for target in seen.world.pipeline.targets:
        if seen.configuration.project_of(target).name == project:
            found = seen.world.observations[target]
            state = str(stand(seen.world.graphs[target], found).state).replace("_", " ")
            yield Place(target, found.heads, None if found.reading.readable else state)
