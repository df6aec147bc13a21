"""Many targets told as a few groups: the first names and how many more, and one sentence for what they share.

Nothing here draws: it sorts what is to be told. A few targets are never grouped, so that each has its line.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, Protocol, TypeVar

from orchestrator.core import phrases
from orchestrator.core.targets import Target

MANY = 20
"""Targets of an environment up to which each has a line of its own."""
GROUPS = 12
"""Groups that are told before it is said how many targets are in the others."""
_NAMED = 3
"""Targets that a group names."""


class About(Protocol):
    """Anything that a report says of one target."""

    @property
    def target(self) -> Target:
        """The target."""


T = TypeVar("T", bound=About)
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """Targets that are told together: each by itself where `name` is None, else as a summary under that name."""

    name: str | None
    items: tuple[T, ...]

    def names(self, items: Iterable[T]) -> str:
        """The first few of some of its items and how many more: by tenant where the name says all else."""
        alone = all(str(one.target.untenanted) == self.name and one.target.tenant for one in self.items[:1])
        return few([one.target.tenant or "" if alone else str(one.target) for one in items])

    def who(self, items: Sequence[T]) -> str:
        """Some of its items: the one there is, or the name, how many, and the first few."""
        if len(items) == 1:
            return str(items[0].target)
        return f"{self.name}: {len(items):,} targets ({self.names(items)})"


def parts(items: Iterable[T], *, details: bool = False) -> list[Part[T]]:
    """What a report says, in its order: environments of more than `MANY` targets as summaries, a database each.

    With `details` every target stands for itself.
    """
    if details:
        return [Part(None, tuple(items))]
    found: list[Part[T]] = []
    for _, alike in groupby(items, lambda one: one.target.environment):
        for part in _cut(tuple(alike)):
            if part.name is None and found and found[-1].name is None:
                found[-1] = Part(None, found[-1].items + part.items)
            else:
                found.append(part)
    return found or [Part(None, ())]


def _cut(items: tuple[T, ...]) -> Iterator[Part[T]]:
    """One environment: a summary for each large database, and the others together."""
    rest: list[T] = []
    for database, alike in grouped(items, lambda one: one.target.untenanted).items():
        if len(alike) > MANY:
            yield Part(str(database), tuple(alike))
        else:
            rest += alike
    if len(rest) > MANY:
        whole = len(rest) == len(items)
        yield Part(items[0].target.environment + ("" if whole else ", other databases"), tuple(rest))
    elif rest:
        yield Part(None, tuple(rest))


def who(items: Iterable[T], *, details: bool = False) -> str:
    """Some targets in words: each by its name, or of many in one environment how many and the first few."""
    found = parts(items, details=details)
    named = (
        part.who(part.items) if part.name else ", ".join(str(one.target) for one in part.items) for part in found
    )
    return ", ".join(named)


def grouped(items: Iterable[V], key: Callable[[V], K]) -> dict[K, list[V]]:
    """The items by their key, in the order in which each key came first."""
    found: dict[K, list[V]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found


def few(names: Sequence[str], named: int = _NAMED) -> str:
    """`a, b, c and 209 more`."""
    return phrases.few(names, named + (len(names) == named + 1))  # "and 1 more" is longer than most names


def shared(said: Iterable[tuple[T, str]]) -> list[tuple[str, list[T]]]:
    """Each text once, with the items that share it, those of the most targets first.

    Texts that differ only in the tenant's own name are one, with `…` in its place.
    """
    exact = grouped(said, lambda one: one[1]).values()
    alone = [alike[0] for alike in exact if len(alike) == 1]
    groups = [(alike[0][1], alike) for alike in exact if len(alike) > 1]
    for nameless, alike in grouped(alone, lambda one: _nameless(one[1], one[0].target)).items():
        groups.append((nameless if len(alike) > 1 else alike[0][1], alike))
    told = [(text, [item for item, _ in alike]) for text, alike in groups]
    return sorted(told, key=lambda one: len(one[1]), reverse=True)


def _nameless(text: str, target: Target) -> str:
    for name in (str(target), target.tenant or "", target.database):
        text = text.replace(name, "…") if len(name) > 1 else text
    return text


def told_once(parts: Iterable[Part[T]], text: Callable[[T], str | None]) -> Iterator[tuple[str, str, Sequence[T]]]:
    """Who in words, what, and the items themselves, for all that `text` says something of.

    In a summary what many share is told once; how many have yet other reasons is told with the last of them.
    """
    for part in parts:
        said = [(item, what) for item in part.items if (what := text(item)) is not None]
        if part.name is None:
            yield from ((str(item.target), what, [item]) for item, what in said)
            continue
        groups = shared(said)
        for what, alike in groups[:GROUPS]:
            yield part.who(alike), what, alike
        if left := [item for _, alike in groups[GROUPS:] for item in alike]:
            yield part.who(left), "each for a reason of its own; --details tells them", left
