"""Laws of the revision graph, on random graphs, against Alembic's own RevisionMap."""

from __future__ import annotations

from alembic.script.revision import Revision, RevisionError, RevisionMap
from hypothesis import assume, given
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


@given(graphs(labels=True), st.data())
def test_a_part_is_what_alembic_calls_the_heads_of_its_labels(graph: Graph, data: st.DataObject) -> None:
    """A graph of some branches is all that `alembic upgrade label@heads` brings, for each of the labels."""
    labels = data.draw(st.sets(st.sampled_from(graph.labels), min_size=1))
    heads = {r.revision for label in labels for r in alembic_map(graph).get_revisions(f"{label}@heads") if r}
    part = graph.only(labels)
    assert set(part.scripts) == graph.ancestors(heads)
    assert part.heads == graph.top(part.scripts)


@given(graphs(labels=True), st.data())
def test_a_part_is_applied_in_the_order_alembic_has_for_the_whole(graph: Graph, data: st.DataObject) -> None:
    """A database that follows some branches gets what it lacks of them in the order of Alembic's full map."""
    part = graph.only(data.draw(st.sets(st.sampled_from(graph.labels), min_size=1)))
    applied = graph.ancestors(data.draw(st.sets(st.sampled_from(sorted(part.scripts)))))
    rows, missing = part.top(applied), part.ancestors(part.heads) - applied
    walked = alembic_map(graph).iterate_revisions(part.top(missing), rows or "base", implicit_base=True)
    assert list(part.order(missing, rows)) == ([r.revision for r in walked][::-1] if missing else [])


@given(graphs(labels=True), st.data())
def test_a_label_is_promoted_as_alembic_upgrades_to_it(graph: Graph, data: st.DataObject) -> None:
    """What a database at any place lacks of label@heads is what `alembic upgrade label@heads` walks, in order."""
    name = f"{data.draw(st.sampled_from(graph.labels))}@heads"
    applied = graph.ancestors(data.draw(st.sets(st.sampled_from(sorted(graph.scripts)))))
    rows = graph.top(applied)
    try:
        walked = [
            r.revision for r in alembic_map(graph).iterate_revisions(name, rows or "base", implicit_base=True)
        ]
    except RevisionError as error:
        # Two heads of the label, of which one depends on the other: Alembic itself cannot go there by label.
        assume("overlaps with other requested" not in str(error))
        raise
    assert list(graph.order(graph.ancestors(graph.resolve(name)) - applied, rows)) == walked[::-1]


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
