"""Laws of names: what Alembic understands means the same here, and nonsense never means anything."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest
from alembic.script.revision import RevisionError
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator.core.revisions import Graph
from orchestrator.errors import UsageError
from tests.laws.graphs import graphs


@st.composite
def labelled(draw: st.DrawFn) -> Graph:
    """A random graph with realistic ids and with labels on some revisions."""
    plain = draw(graphs())
    names = {old: f"{number % 3}abc{number:02}def" for number, old in enumerate(plain.scripts)}
    labels = draw(st.sets(st.sampled_from(sorted(plain.scripts)), max_size=2))
    return Graph(
        replace(
            script,
            revision=names[script.revision],
            down_revisions=tuple(names[r] for r in script.down_revisions),
            depends_on=tuple(names[r] for r in script.depends_on),
            branch_labels=(f"label-{names[script.revision]}",) if script.revision in labels else (),
        )
        for script in plain.scripts.values()
    )


def meant_by_alembic(graph: Graph, name: str) -> set[str] | None:
    """The ids that Alembic's own map gives, or None where it refuses."""
    try:
        return {found.revision for found in graph.revision_map.get_revisions(name) if found is not None}  # type: ignore[union-attr]
    except RevisionError:
        return None


@given(labelled(), st.data())
def test_names_mean_what_they_mean_to_alembic(graph: Graph, data: st.DataObject) -> None:
    """Full ids, the starts of ids, labels, `label@head`, `head`: the same revisions, or refused by both."""
    ids = sorted(graph.scripts)
    labels = [label for script in graph.scripts.values() for label in script.branch_labels]
    start = st.builds(lambda name, end: name[:end], st.sampled_from(ids), st.integers(1, 9))
    name = data.draw(
        st.one_of(
            st.sampled_from([*ids, *labels, "head", *(f"{label}@head" for label in labels)]),
            start,
            st.builds(lambda revision: f"{revision}@head", st.sampled_from(ids)),
        )
    )
    expected = meant_by_alembic(graph, name)
    if expected:
        assert set(graph.resolve(name)) == expected
    else:
        with pytest.raises(UsageError):
            graph.resolve(name)


@given(labelled())
def test_heads_stand_on_all_that_alembic_calls_heads(graph: Graph) -> None:
    """Alembic's heads less those that something depends on: the database ends with the same revisions."""
    found = meant_by_alembic(graph, "heads")
    assert found is not None
    assert set(graph.resolve("heads")) <= found
    assert graph.ancestors(graph.resolve("heads")) == graph.ancestors(found) == set(graph.scripts)


NONSENSE = st.one_of(
    st.sampled_from(
        ["", " ", "+1", "-1", "-99", "base", "head-1", "head+1", "heads-1", "a@b@c", "nope", "@", "@@"]
    ),
    st.text(alphabet="+-@:*~^ \t\n", max_size=5),
    st.text(alphabet=string.ascii_letters + "@+-", max_size=8).filter(lambda t: t not in ("head", "heads")),
    st.text(max_size=6).filter(lambda t: t not in ("head", "heads")),
)


@given(labelled(), NONSENSE)
@example(Graph([]), "base")
@example(Graph([]), "head")
@example(Graph([]), "")
def test_nonsense_is_a_usage_error_or_exactly_what_alembic_means(graph: Graph, name: str) -> None:
    """A name never means nothing, never fails in another way, and never means what Alembic does not."""
    try:
        found = graph.resolve(name)
    except UsageError:
        return
    assert found
    assert set(found) == meant_by_alembic(graph, name)
    assert set(found) <= set(graph.scripts)


@given(labelled(), st.data())
def test_steps_are_never_a_place(graph: Graph, data: st.DataObject) -> None:
    """`-1`, `label@-1`, `id+2`, `base`: refused, since they lead elsewhere from every database."""
    revision = data.draw(st.sampled_from(sorted(graph.scripts)))
    steps = data.draw(st.sampled_from(["-1", "+1", "-2", " -1", "base"]))
    labels = [label for script in graph.scripts.values() for label in script.branch_labels]
    before = data.draw(st.sampled_from(["", f"{revision}@", *(f"{label}@" for label in labels)]))
    for name in (before + steps, revision + steps.strip()):
        with pytest.raises(UsageError):
            graph.resolve(name)
