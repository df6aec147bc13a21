"""The revision graph, as the scripts say it: who comes after whom, and what a database still lacks.

Sets of ancestors are taken here, over plain values, because `status` must answer before Alembic could even be
imported. What Alembic alone can say (what `expand@head` or `ae1` means, which of several possible orders it
would run) is asked of Alembic's own `RevisionMap`, and only then is it imported. A law in the tests holds the
two against each other on random graphs. Pure: reads no file, knows no database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from orchestrator.errors import Problem, ScriptsError, UsageError

if TYPE_CHECKING:
    from alembic.script.revision import RevisionMap

LONGEST_ID = 32
"""Alembic makes `version_num` a VARCHAR(32): a longer id is applied and then cannot be stored."""
_FORBIDDEN_IN_IDS = frozenset("@-+:")
"""`alembic.script.revision._revision_illegal_chars`: they mean something where a revision is named."""


@dataclass(frozen=True, slots=True)
class Script:
    """One revision script as its file says, read without running it.

    `path` is as people know it, relative to the project where it can be. `digest` is SHA-256 over the bytes
    with line endings normalised. `atomic` is False where the script leaves Alembic's transaction, so that a
    half-done run of it cannot be undone by the database.
    """

    revision: str
    down_revisions: tuple[str, ...]
    path: str
    depends_on: tuple[str, ...] = ()
    branch_labels: tuple[str, ...] = ()
    message: str = ""
    digest: str = ""
    atomic: bool = True


class Graph:
    """All revisions of one project and their order. Immutable; answers are remembered.

    Raises ScriptsError, with every problem and the files it lies in, where the scripts do not form a graph.
    """

    def __init__(self, scripts: Iterable[Script]) -> None:
        listed = tuple(scripts)
        self._scripts = {script.revision: script for script in listed}
        labels = {label: script.revision for script in listed for label in script.branch_labels}
        self._parents = {
            script.revision: (*script.down_revisions, *(labels.get(name, name) for name in script.depends_on))
            for script in listed
        }
        if problems := [*_broken(listed, labels), *_cycles(self._parents, self._scripts)]:
            raise ScriptsError.collect(problems, "{n} problems in the revision scripts")
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

    def __contains__(self, revision: str) -> bool:
        return revision in self._scripts

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

        Raises UsageError for a name that means nothing, or more than one thing.
        """
        if name in self._scripts:
            return (name,)
        if name == "heads":
            return self.heads
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

    def _overlapping(self, heads: frozenset[str]) -> Iterator[tuple[str, str]]:
        lineage = {revision: script.down_revisions for revision, script in self._scripts.items()}
        for above in sorted(heads):
            for below in sorted((set(self._walk((above,), lineage)) - {above}) & heads):
                yield below, above

    def _only_order(self, revisions: Collection[str]) -> tuple[str, ...] | None:
        wanted = set(revisions)
        sorter = TopologicalSorter({r: [p for p in self._parents[r] if p in wanted] for r in wanted})
        sorter.prepare()
        ordered: list[str] = []
        while sorter.is_active():
            ready = sorter.get_ready()
            if len(ready) > 1:
                return None
            ordered.extend(ready)
            sorter.done(*ready)
        return tuple(ordered)

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


def _broken(scripts: tuple[Script, ...], labels: Mapping[str, str]) -> list[Problem]:
    """Everything about single scripts and their references that keeps them from being a graph."""
    by_id: dict[str, list[Script]] = {}
    for script in scripts:
        by_id.setdefault(script.revision, []).append(script)
    problems = [
        Problem(
            f"revision {revision!r} is defined by {len(same)} files",
            ", ".join(script.path for script in same),
            "give one of them another revision id, or delete it",
        )
        for revision, same in by_id.items()
        if len(same) > 1
    ]
    problems += _bad_labels(scripts, by_id)
    for script in scripts:
        problems += _bad_id(script)
        problems += [
            Problem(
                f"{kind} {name!r} of revision {script.revision!r} is in no script",
                script.path,
                "restore the missing file, or correct the reference",
            )
            for kind, names in (("down_revision", script.down_revisions), ("depends_on", script.depends_on))
            for name in names
            if name not in by_id and not (kind == "depends_on" and name in labels)
        ]
    return problems


def _bad_id(script: Script) -> Iterator[Problem]:
    if len(script.revision) > LONGEST_ID:
        yield Problem(
            f"revision id {script.revision!r} has {len(script.revision)} characters; the version table holds"
            f" {LONGEST_ID}",
            script.path,
            "shorten the id here and in the down_revision of what follows it",
        )
    if forbidden := sorted(_FORBIDDEN_IN_IDS & set(script.revision)):
        yield Problem(
            f"revision id {script.revision!r} has characters that Alembic does not allow: {' '.join(forbidden)}",
            script.path,
            "rename the id",
        )


def _bad_labels(scripts: tuple[Script, ...], by_id: Mapping[str, list[Script]]) -> Iterator[Problem]:
    by_label: dict[str, list[Script]] = {}
    for script in scripts:
        for label in dict.fromkeys(script.branch_labels):
            by_label.setdefault(label, []).append(script)
    for label, same in by_label.items():
        claiming = dict.fromkeys(script.path for script in (*same, *by_id.get(label, ())))
        if len(claiming) > 1:
            yield Problem(
                f"branch label {label!r} is used more than once, or is also a revision id",
                ", ".join(claiming),
                "give each branch a label of its own",
            )


def _cycles(parents: Mapping[str, tuple[str, ...]], scripts: Mapping[str, Script]) -> Iterator[Problem]:
    """One problem for each circle; a revision that lies in two is named in the first alone."""
    left = dict(parents)
    while loop := _circle(left):
        yield Problem(
            f"revisions follow each other in a circle: {' → '.join(reversed(loop))}",
            ", ".join(scripts[revision].path for revision in dict.fromkeys(loop)),
            "correct the down_revision or depends_on of one of them",
        )
        left = {revision: left[revision] for revision in left.keys() - set(loop)}


def _circle(parents: Mapping[str, tuple[str, ...]]) -> list[str]:
    try:
        TopologicalSorter(parents).prepare()
    except CycleError as error:
        loop: list[str] = error.args[1]
        return loop
    return []
