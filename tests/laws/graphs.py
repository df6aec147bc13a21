"""Random revision graphs with branches, merges, several bases and dependencies, as Alembic allows them."""

from __future__ import annotations

from hypothesis import strategies as st

from orchestrator.core.revisions import Graph
from orchestrator.core.scripts import Script


@st.composite
def graphs(draw: st.DrawFn, largest: int = 12, *, labels: bool = False) -> Graph:
    """A graph of 1 to `largest` revisions r00, r01, …, each standing only on earlier ones.

    With `labels` some of them, and always the first, have a label: l00, l01, …
    """
    scripts: list[Script] = []
    for number in range(draw(st.integers(1, largest))):
        earlier = [script.revision for script in scripts]
        down = draw(st.sets(st.sampled_from(earlier), max_size=2)) if earlier else set()
        depends = draw(st.sets(st.sampled_from(earlier), max_size=1)) if earlier and draw(st.booleans()) else set()
        scripts.append(
            Script(
                revision=f"r{number:02}",
                down_revisions=tuple(sorted(_independent(down, scripts))),
                depends_on=tuple(sorted(depends - down)),
                path=f"r{number:02}.py",
                branch_labels=(f"l{number:02}",) if labels and (not number or draw(st.booleans())) else (),
                digest=f"sha256:{number:02}",
            )
        )
    return Graph(scripts)


def _independent(down: set[str], scripts: list[Script]) -> set[str]:
    """Without those that are ancestors of another: a merge names the heads it merges, not what is below them."""
    if len(down) < 2:
        return down
    graph = Graph(scripts)
    return set(graph.top(graph.top(down) and [r for r in down if not _below(graph, r, down)]))


def _below(graph: Graph, revision: str, others: set[str]) -> bool:
    return any(revision in graph.ancestors({other}) for other in others - {revision})
