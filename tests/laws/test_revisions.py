"""Laws of the revision graph, on random graphs, against Alembic's own RevisionMap."""

from __future__ import annotations

from alembic.script.revision import Revision, RevisionMap
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.revisions import Graph
from tests.laws.graphs import graphs


def alembic_map(graph: Graph) -> RevisionMap:
    return RevisionMap(
        lambda: [
            Revision(s.revision, s.down_revisions, s.depends_on or None, s.branch_labels or None)
            for s in graph.scripts.values()
        ]
    )


@given(graphs(), st.data())
def test_missing_revisions_are_what_alembic_would_run_in_its_order(graph: Graph, data: st.DataObject) -> None:
    """What lies between two sets of heads, and its order, is exactly what `alembic upgrade` walks."""
    everything = sorted(graph.scripts)
    source = graph.ancestors(data.draw(st.sets(st.sampled_from(everything), min_size=1)))
    applied = graph.ancestors(data.draw(st.sets(st.sampled_from(sorted(source)))))
    rows = graph.top(applied)
    missing = source - applied
    walked = alembic_map(graph).iterate_revisions(graph.top(missing), rows or "base", implicit_base=True)
    expected = [r.revision for r in walked][::-1]
    assert list(graph.order(missing, rows)) == (expected if missing else [])


@given(graphs())
def test_heads_are_the_rows_of_a_full_upgrade(graph: Graph) -> None:
    """The graph's heads are Alembic's heads less those that something depends on."""
    assert set(graph.heads) == set(alembic_map(graph)._real_heads)


@given(graphs(), st.data())
def test_every_parent_comes_first(graph: Graph, data: st.DataObject) -> None:
    """In any order given, a revision comes after all that it stands on."""
    chosen = graph.ancestors(data.draw(st.sets(st.sampled_from(sorted(graph.scripts)), min_size=1)))
    seen: set[str] = set()
    for revision in graph.order(chosen):
        script = graph.scripts[revision]
        assert {*script.down_revisions, *script.depends_on} <= seen
        seen.add(revision)
    assert seen == chosen
