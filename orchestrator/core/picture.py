"""The revision graph of a project with every environment on it: who stands where, as values. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from orchestrator.core.lanes import BASE, Row, lanes
from orchestrator.core.revisions import Graph
from orchestrator.core.targets import Target

_NAMED = 2
"""Targets of many that a mark names, before it says how many they are."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Targets of one database of an environment that have the same head, `of` so many that it has.

    `left` says that they were there before a run, and are no more.
    """

    targets: tuple[Target, ...]
    of: int
    left: bool = False

    @property
    def environment(self) -> str:
        """The environment that they are in."""
        return self.targets[0].environment

    def __str__(self) -> str:
        whole, count = self.targets[0].untenanted, len(self.targets)
        if self.of == 1 or (count <= _NAMED and count < self.of):
            return ", ".join(map(str, self.targets))
        return f"{whole} ({count:,})" if count == self.of else f"{whole} ({count:,} of {self.of:,})"


@dataclass(frozen=True, slots=True)
class Picture:
    """The graph of one project in rows, with the marks at each revision, `BASE` for those that have nothing.

    `elsewhere` are those that are nowhere on it, by the reason.
    """

    project: str
    rows: tuple[Row, ...]
    messages: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, tuple[Mark, ...]] = field(default_factory=dict)
    elsewhere: tuple[tuple[str, Mark], ...] = ()

    @property
    def width(self) -> int:
        """How many lanes it has."""
        taken = (lane for row in self.rows for lane in (row.lane, *(link.lane for link in row.links)))
        return max(taken, default=0) + 1


@dataclass(frozen=True, slots=True)
class GraphReport:
    """A picture for each project."""

    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a target stands: its heads, or why they are not known. `left`: where it stood before a run."""

    target: Target
    heads: tuple[str, ...] = ()
    unknown: str | None = None
    left: bool = False


def picture(project: str, graph: Graph, places: Iterable[Place], kept: Collection[str] = ()) -> Picture:
    """The project's graph with these on it; of the `kept` revisions none is folded."""
    standing: dict[tuple[str, bool, Target], list[Target]] = {}
    nowhere: dict[tuple[str, bool, Target], list[Target]] = {}
    of = Counter[Target]()
    for place in places:
        of[place.target.untenanted] += not place.left
        group = place.left, place.target.untenanted
        if place.unknown is not None:
            nowhere.setdefault((place.unknown, *group), []).append(place.target)
            continue
        for head in place.heads or (BASE,):
            known = head in graph or head == BASE
            found, at = (standing, head) if known else (nowhere, f"at {head}, which no script has")
            found.setdefault((at, *group), []).append(place.target)
    marks: dict[str, tuple[Mark, ...]] = {}
    for (head, left, whole), targets in standing.items():
        marks[head] = (*marks.get(head, ()), Mark(tuple(targets), of[whole] or len(targets), left))
    return Picture(
        project,
        lanes(graph, marks.keys() | set(kept)),
        {revision: script.message for revision, script in graph.scripts.items()},
        marks,
        tuple((why, Mark(tuple(t), of[whole] or len(t), left)) for (why, left, whole), t in nowhere.items()),
    )
