"""What is looked at for a decision: each target's graph."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from orchestrator.operations.survey import Remembered, survey
from orchestrator.project.configuration import load
from orchestrator.project.settings import Settings
from tests.projects_builder import AlembicProject


def test_targets_that_follow_the_same_branches_share_a_graph(
    alembic_project: Callable[..., AlembicProject],
) -> None:
    """One graph for the same project and branches, in whatever order they are written; the whole one for all."""
    project = alembic_project()
    project.revision("o1", None, branch_labels="orders")
    project.revision("b1", None, branch_labels="billing")
    followed = {"one": ["orders"], "two": ["orders", "billing"], "three": ["billing", "orders"], "all": []}
    project.environments(
        {
            stage: {
                "databases": {n: {"url": f"sqlite:///{stage}{n}.db", "branches": b} for n, b in followed.items()}
            }
            for stage in ("dev", "prod")
        }
    )
    configuration = load(project.root / "environments.yaml", Settings(), {})
    found = survey(configuration, None, lambda: datetime.now(UTC), Remembered())
    graphs = {str(target): graph for target, graph in found.world.graphs.items()}
    for name in followed:
        assert graphs[f"dev/{name}"] is graphs[f"prod/{name}"]
    assert graphs["dev/two"] is graphs["dev/three"]
    assert {graph.whole for graph in graphs.values()} == {graphs["dev/all"]}
    assert graphs["dev/one"].heads == ("o1",)
