"""The revision graph, as the scripts say it: who comes after whom, and what a database still lacks.

Sets of ancestors are taken here, over plain values, because `status` must answer before Alembic could even be
imported. What Alembic alone can say (what `expand@head` or `ae1` means, which of several possible orders it
would run) is asked of Alembic's own `RevisionMap`, and only then is it imported. A law in the tests holds the
two against each other on random graphs. Pure: reads no file, knows no database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from orchestrator.core.script_faults import circles, faults
from orchestrator.core.scripts import Script
from orchestrator.errors import ScriptsError, UsageError

if TYPE_CHECKING:
    from alembic.script.revision import RevisionMap


class Graph:
    """All revisions of one project and their order. Immutable; answers are remembered.

    Raises ScriptsError, with every problem and the files it lies in, where the scripts do not form a graph.
    `whole` is the graph that this one is a part of, itself where it is not a part.
    """

    def __init__(self, scripts: Iterable[Script], whole: Graph | None = None) -> None:
        listed = tuple(scripts)
        self.whole = whole or self
        self._scripts = {script.revision: script for script in listed}
        self._labels = labels = {label: script.revision for script in listed for label in script.branch_labels}
        self._parents = {
            script.revision: (*script.down_revisions, *(labels.get(name, name) for name in script.depends_on))
            for script in listed
        }
        if problems := [*faults(listed, labels), *circles(self._parents, self._scripts)]:
            raise ScriptsError.collect(problems, "{n} problems in the revision scripts")
        self._lineage = {script.revision: script.down_revisions for script in listed}
        # A thousand tenants ask the same few questions; each is worked out once.
        self._ancestors: dict[frozenset[str], frozenset[str]] = {}
        self._tops: dict[frozenset[str], tuple[str, ...]] = {}
        self._overlaps: dict[frozenset[str], tuple[tuple[str, str], ...]] = {}
        self._orders: dict[tuple[frozenset[str], tuple[str, ...]], tuple[str, ...]] = {}
        self._map: RevisionMap | None = None
        self._heads = self.top(self._scripts)

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Each script by its full revision id."""
        return self._scripts

    @property
    def heads(self) -> tuple[str, ...]:
        """What a fully upgraded database holds: the revisions nothing follows or depends on, sorted."""
        return self._heads

    @property
    def labels(self) -> tuple[str, ...]:
        """Every branch label, in the order of the scripts."""
        return tuple(self._labels)

    def __contains__(self, revision: str) -> bool:
        return revision in self._scripts

    def only(self, branches: Iterable[str]) -> Graph:
        """The part that a database follows which follows these branches alone: all that their heads stand on.

        A branch is named by its label, or by the id of a revision on it; KeyError for any other name. Its heads
        are those of Alembic's `label@heads`: the ends of every line that goes on from the named revision.
        """
        named = {self._scripts[self._labels.get(branch, branch)].revision for branch in branches}
        continued = {parent for parents in self._lineage.values() for parent in parents}
        heads = [head for head in self._scripts.keys() - continued if not named.isdisjoint(self._line_to(head))]
        followed = self.ancestors(heads)
        return Graph((script for script in self._scripts.values() if script.revision in followed), self.whole)

    def labels_of(self, revision: str) -> tuple[str, ...]:
        """The labels of the branches that a revision lies on."""
        line = self._line_to(revision)
        return tuple(label for label, labelled in self._labels.items() if labelled in line)

    def parents(self, revision: str) -> tuple[str, ...]:
        """What a revision stands on: those it follows, then those it depends on; KeyError for an unknown id."""
        return self._parents[revision]

    def ancestors(self, revisions: Iterable[str]) -> frozenset[str]:
        """The given revisions with all they need, by down_revision and depends_on; KeyError for an unknown id."""
        start = frozenset(revisions)
        if start not in self._ancestors:
            self._ancestors[start] = frozenset(self._walk(start, self._parents))
        return self._ancestors[start]

    def top(self, revisions: Collection[str]) -> tuple[str, ...]:
        """Those of the given revisions that no other of them stands on, sorted."""
        among = frozenset(revisions)
        if among not in self._tops:
            below = {parent for revision in among for parent in self._parents[revision]}
            self._tops[among] = tuple(sorted(among - below))
        return self._tops[among]

    def overlaps(self, heads: Collection[str]) -> tuple[tuple[str, str], ...]:
        """Pairs (ancestor, descendant) among heads; a version table that holds both is not Alembic's own work.

        Only lineage counts: Alembic itself may leave a row beside one that merely depends on it.
        """
        among = frozenset(heads)
        if among not in self._overlaps:
            self._overlaps[among] = tuple(self._overlapping(among)) if len(among) > 1 else ()
        return self._overlaps[among]

    def order(self, revisions: Collection[str], after: Collection[str] = ()) -> tuple[str, ...]:
        """The revisions in the order Alembic applies them to a database whose heads are `after`.

        `revisions` must be all that lies between `after` and some later heads. Where only one order is possible
        it needs no Alembic; where several are, its choice is asked for, so that a plan reads as `alembic
        upgrade` would run.
        """
        question = frozenset(revisions), tuple(after)
        if question not in self._orders:
            only = self._only_order(revisions)
            self._orders[question] = self._order_of_alembic(revisions, after) if only is None else only
        return self._orders[question]

    def resolve(self, name: str) -> tuple[str, ...]:
        """The full ids that a name means: an id, the start of one, a label, `head`, `heads`, `label@head`.

        In a part of a graph, a name of the whole that means nothing here gives none. Raises UsageError for a
        name that means nothing anywhere, or more than one thing.
        """
        if name in self._scripts:
            return (name,)
        if name == "heads":
            return self.heads
        if self.whole is not self and name != "head":
            return tuple(revision for revision in self.whole.resolve(name) if revision in self)
        mend = "alembic history   # lists the revisions"
        if (why := _no_place(name)) is not None:
            raise UsageError(f"no revision is meant by {name!r}: {why}", mend=mend)
        from alembic.script.revision import Revision, RevisionError

        try:
            found = self.revision_map.get_revisions(name)
        except RevisionError as error:
            raise UsageError(f"no single revision is meant by {name!r}: {error}", mend=mend) from error
        if meant := tuple(sorted(revision.revision for revision in found if isinstance(revision, Revision))):
            return meant
        raise UsageError(f"no revision is meant by {name!r}: there is none there", mend=mend)

    @property
    def revision_map(self) -> RevisionMap:
        """Alembic's own view of the same scripts; importing it costs half a second the first time."""
        if self._map is None:
            from alembic.script.revision import Revision, RevisionMap

            self._map = RevisionMap(
                lambda: [
                    Revision(s.revision, s.down_revisions, s.depends_on or None, s.branch_labels or None)
                    for s in self._scripts.values()
                ]
            )
        return self._map

    def _walk(self, start: Iterable[str], parents: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
        waiting, seen = list(start), set(start)
        while waiting:
            revision = waiting.pop()
            yield revision
            fresh = set(parents[revision]) - seen
            seen |= fresh
            waiting.extend(fresh)

    def _line_to(self, revision: str) -> set[str]:
        """The revision and its ancestors by down_revision alone."""
        return set(self._walk((revision,), self._lineage))

    def _overlapping(self, heads: frozenset[str]) -> Iterator[tuple[str, str]]:
        for above in sorted(heads):
            for below in sorted((self._line_to(above) - {above}) & heads):
                yield below, above

    def _only_order(self, revisions: Collection[str]) -> tuple[str, ...] | None:
        """The one order in which each comes after all that it needs; None where there are several."""
        wanted = set(revisions)
        followers: dict[str, list[str]] = {revision: [] for revision in wanted}
        lacking: dict[str, int] = {}
        for revision in wanted:
            parents = wanted.intersection(self._parents[revision])
            lacking[revision] = len(parents)
            for parent in parents:
                followers[parent].append(revision)
        ready = [revision for revision, parents in lacking.items() if not parents]
        ordered: list[str] = []
        while len(ready) == 1:
            ordered += ready
            above, ready = followers[ordered[-1]], []
            for revision in above:
                lacking[revision] -= 1
                ready += [revision] if not lacking[revision] else []
        return None if ready else tuple(ordered)

    def _order_of_alembic(self, revisions: Collection[str], after: Collection[str]) -> tuple[str, ...]:
        wanted = set(revisions)
        downwards = self.revision_map.iterate_revisions(
            self.top(wanted), tuple(after) or "base", implicit_base=True
        )
        return tuple(reversed([step.revision for step in downwards if step.revision in wanted]))


def _no_place(name: str) -> str | None:
    """Why a name cannot be that of a place in the graph; some that Alembic takes mean steps, or nothing."""
    label, at, end = name.rpartition("@")
    if not end.strip() or (at and not label.strip()):
        return "something is missing in it"
    if end.strip()[0] in "+-":
        return "steps are counted from somewhere, and every database is somewhere else"
    return "that is before the first revision" if end == "base" else None
