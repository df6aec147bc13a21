"""The revision graph laid out to be drawn: rows from the newest revision to the oldest, each in a lane. Pure.

Long stretches where nothing branches and nobody stands are folded into one row. Drawing them is the views' affair.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.core.revisions import Graph

BASE = ""
"""Stands for what a database has that has nothing, below every first revision."""
_FOLDED = 3
"""Revisions from which on a stretch is folded: two are as quickly read."""


@dataclass(frozen=True, slots=True)
class Link:
    """From a row to the `row` below that it stands on, along that lane; by `depends_on` where it `depends`."""

    row: int
    lane: int
    depends: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One revision, or a folded stretch with the newest first, and the lane that it is drawn in; or `BASE`."""

    revisions: tuple[str, ...]
    lane: int
    links: tuple[Link, ...] = ()

    @property
    def folded(self) -> bool:
        """Whether it stands for several revisions."""
        return len(self.revisions) > 1


_Needs = Mapping[str, Sequence[tuple[str, bool]]]
"""For each row, by its newest revision, what it stands on, and whether by `depends_on`."""


def lanes(graph: Graph, kept: Collection[str]) -> tuple[Row, ...]:
    """The whole graph, newest first; none of the `kept` is folded, and `BASE` is a row if it is among them."""
    stretches = _stretches(graph, frozenset(kept))
    needs = {top: _needs(graph, revisions[-1], base=BASE in kept) for top, revisions in stretches.items()}
    if BASE in kept:
        stretches, needs = {**stretches, BASE: (BASE,)}, {**needs, BASE: []}
    ordered = _ordered(needs)
    numbers = {top: number for number, top in enumerate(ordered)}
    return tuple(
        Row(stretches[top], lane, tuple(Link(numbers[below], along, depends) for below, along, depends in links))
        for top, lane, links in _laid(ordered, needs)
    )


def _needs(graph: Graph, revision: str, *, base: bool) -> list[tuple[str, bool]]:
    follows = graph.scripts[revision].down_revisions
    needs = [(needed, needed not in follows) for needed in dict.fromkeys(graph.parents(revision))]
    return needs or ([(BASE, False)] if base else [])


def _stretches(graph: Graph, kept: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Every revision in a stretch, mostly alone, by the newest of it."""
    above: dict[str, list[str]] = {revision: [] for revision in graph.scripts}
    for revision in graph.scripts:
        for needed in dict.fromkeys(graph.parents(revision)):
            above[needed].append(revision)
    plain = {revision for revision in graph.scripts if revision not in kept and _plain(graph, revision, above)}
    found: dict[str, tuple[str, ...]] = {}
    for revision in graph.scripts:
        if revision not in plain:
            found[revision] = (revision,)
        elif above[revision][0] not in plain:
            stretch = tuple(_down(graph, revision, plain))
            found |= {stretch[0]: stretch} if len(stretch) >= _FOLDED else {one: (one,) for one in stretch}
    return found


def _plain(graph: Graph, revision: str, above: Mapping[str, Sequence[str]]) -> bool:
    """Whether one revision follows it, it follows one, and nothing else hangs on it."""
    needs = graph.parents(revision)
    return len(above[revision]) == 1 and len(needs) == 1 and needs == graph.scripts[revision].down_revisions


def _down(graph: Graph, revision: str, plain: Collection[str]) -> Iterator[str]:
    while revision in plain:
        yield revision
        revision = graph.parents(revision)[0]


def _ordered(needs: _Needs) -> list[str]:
    """Each after all that stand on it, and a line as far as it goes before the next is begun."""
    left = Counter(needed for each in needs.values() for needed, _ in each)
    ready = sorted((top for top in needs if not left[top]), reverse=True)
    ordered = []
    while ready:
        top = ready.pop()
        ordered.append(top)
        for needed, _ in reversed(needs[top]):
            left[needed] -= 1
            ready += [] if left[needed] else [needed]
    return ordered


def _laid(ordered: Sequence[str], needs: _Needs) -> Iterator[tuple[str, int, list[tuple[str, int, bool]]]]:
    """Each row with its lane, and what it stands on with the lane that leads there."""
    leads: list[str | None] = []
    for top in ordered:
        mine = [lane for lane, below in enumerate(leads) if below == top]
        lane = mine[0] if mine else _free(leads)
        for ended in mine:
            leads[ended] = None
        links = []
        for number, (below, depends) in enumerate(needs[top]):
            along = lane if not number else leads.index(below) if below in leads else _free(leads)
            leads[along] = below
            links.append((below, along, depends))
        yield top, lane, links


def _free(leads: list[str | None]) -> int:
    """The first lane that leads nowhere; a new one where there is none."""
    if None not in leads:
        leads.append(None)
    return leads.index(None)
