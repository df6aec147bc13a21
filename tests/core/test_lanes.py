"""The revision graph laid out: which rows, in which lane, and what is folded."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.core.lanes import BASE, Row, lanes
from orchestrator.core.picture import Place, picture
from orchestrator.core.revisions import Graph
from orchestrator.core.scripts import Script
from orchestrator.core.targets import Target
from orchestrator.views.text.graph import picture as drawn
from tests.laws.graphs import graphs


def script(revision: str, *down: str, depends_on: tuple[str, ...] = ()) -> Script:
    return Script(revision, down, f"{revision}.py", depends_on=depends_on)


def line(name: str, count: int, *below: str) -> list[Script]:
    """`a0`, `a1` … one after the other, the first upon what is `below`."""
    return [script(f"{name}{n}", *((f"{name}{n - 1}",) if n else below)) for n in range(count)]


def shown(scripts: list[Script], **standing: str) -> list[str]:
    """The picture as lines, with these environments on it."""
    places = [Place(Target(name), tuple(heads.split())) for name, heads in standing.items()]
    return [text.plain.rstrip() for text in drawn(picture("app", Graph(scripts), places))]


@pytest.mark.parametrize(
    ("scripts", "standing", "lines"),
    [
        ([], {}, ["there is no revision yet"]),
        (line("a", 2), {"dev": "a1"}, ["●  a1  [dev]", "●  a0"]),
        (line("a", 2), {"dev": ""}, ["●  a1", "●  a0", "○  base  [dev]"]),
        (line("a", 5), {}, ["●  a4", "┊  3 revisions, a1 to a3", "●  a0"]),
        (line("a", 4), {}, ["●  a3", "●  a2", "●  a1", "●  a0"]),
        (
            [*line("a", 9), script("x", "a8")],
            {"prod": "a4"},
            [
                "●  x",
                "┊  4 revisions, a5 to a8",
                "●  a4  [prod]",
                "┊  3 revisions, a1 to a3",
                "●  a0",
            ],
        ),
        (
            [*line("a", 1), script("b", "a0"), script("c", "a0"), script("m", "b", "c")],
            {"dev": "m", "prod": "b c"},
            ["●    m  [dev]", "├─╮", "● │  b  [prod]", "│ ●  c  [prod]", "├─╯", "●    a0"],
        ),
        (
            [script("a"), *(script(f"h{n}", "a") for n in range(3))],
            {},
            ["●      h0", "│ ●    h1", "│ │ ●  h2", "├─┴─╯", "●      a"],
        ),
        (
            [*line("a", 3), script("b0"), script("b1", "b0", depends_on=("a0",))],
            {},
            ["●    a2", "●    a1", "│ ●  b1", "├─┤", "│ ●  b0", "●    a0"],
        ),
    ],
)
def test_a_graph_is_drawn_as_it_is_read(scripts: list[Script], standing: dict[str, str], lines: list[str]) -> None:
    """Newest first, a lane for each line, long stretches folded where nobody stands, each beside its heads."""
    assert shown(scripts, **standing) == lines


def _taken(rows: tuple[Row, ...]) -> dict[tuple[int, int], set[int]]:
    """For each place between two rows and each lane, the rows that its line leads to."""
    found: dict[tuple[int, int], set[int]] = {}
    for number, row in enumerate(rows):
        for link in row.links:
            for place in range(number, link.row):
                found.setdefault((place, link.lane), set()).add(link.row)
    return found


@settings(max_examples=50)
@given(graphs(), st.data())
def test_every_revision_is_drawn_once_and_stands_on_what_it_needs(graph: Graph, data: st.DataObject) -> None:
    """On any graph: each revision has one row, above all that it needs, and no lane leads to two rows at once."""
    kept = data.draw(st.frozensets(st.sampled_from([BASE, *sorted(graph.scripts)])))
    rows = lanes(graph, kept)
    where = {revision: number for number, row in enumerate(rows) for revision in row.revisions}
    assert sorted(r for row in rows for r in row.revisions) == sorted(graph.scripts.keys() | (kept & {BASE}))
    assert not [row for row in rows if row.folded and kept.intersection(row.revisions)]
    for number, row in enumerate(rows):
        assert all(link.row > number for link in row.links)
        needed = {where[need] for need in graph.parents(row.revisions[-1])} if row.revisions != (BASE,) else set()
        assert {link.row for link in row.links} - {where.get(BASE)} == needed - {where.get(BASE)}
    taken = _taken(rows)
    assert all(len(ends) == 1 for ends in taken.values())
    assert [row for n, row in enumerate(rows) if not taken.get((n - 1, row.lane), {n}) <= {n}] == []
