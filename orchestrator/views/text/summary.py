"""Many targets of one environment in a few lines: how many stand where, the most first, exceptions last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from orchestrator.core.divergence import Relation, State
from orchestrator.core.run import Run
from orchestrator.core.status import Pair, TargetStatus
from orchestrator.core.targets import Target
from orchestrator.views.text import many, words
from orchestrator.views.text.many import Part
from orchestrator.views.text.rows import Rows

_RUNS = 3
"""Latest runs that are named."""
_RELATIONS = {
    Relation.IN_SYNC: "in sync",
    Relation.BEHIND: "behind",
    Relation.AHEAD: "ahead",
    Relation.DIVERGED: "diverged",
    Relation.UNKNOWN: "unknown",
}


def heading(part: Part[many.T]) -> Text:
    """The name of a summary and how many targets it tells of."""
    return Text.assemble((f"{part.name}", "bold"), f": {words.count(len(part.items), 'target')}")


def indented(drawn: Rows) -> Padding:
    """A table below its heading."""
    return Padding(drawn, (0, 0, 0, 2))


def status(
    part: Part[TargetStatus], pairs: Mapping[Target, Pair], messages: Mapping[str, str], now: datetime
) -> Iterator[RenderableType]:
    """Where the targets of a part stand against the scripts, against upstream, and since which run."""
    yield heading(part)
    drawn = Rows("TARGETS", "SCRIPTS", "HEADS", "WHICH", counts=True)
    for alike in _groups(part.items):
        drawn.add_row(*_row(part, alike, messages))
    yield indented(drawn)
    yield from _upstream(pairs[one.target] for one in part.items if one.target in pairs)
    yield _last_runs([one.last_run for one in part.items], now)


def _groups(items: Iterable[TargetStatus]) -> Iterator[Sequence[TargetStatus]]:
    """Targets that can be placed by their heads, the most first and what is rare together; the others by state."""
    standing = many.grouped(items, _standing)
    placed = sorted((alike for alike in standing.values() if alike[0].state.placed), key=len, reverse=True)
    yield from placed[: many.GROUPS]
    if rare := [one for alike in placed[many.GROUPS :] for one in alike]:
        yield rare
    order = list(State)
    yield from sorted(
        (alike for alike in standing.values() if not alike[0].state.placed), key=lambda a: order.index(a[0].state)
    )


def _standing(target: TargetStatus) -> tuple[object, ...]:
    return (target.state, target.heads, len(target.missing)) if target.state.placed else (target.state,)


def _row(
    part: Part[TargetStatus], alike: Sequence[TargetStatus], messages: Mapping[str, str]
) -> Iterator[RenderableType]:
    first = alike[0]
    yield f"{len(alike):,}"
    word, style = words.state(first.state, _missing(alike))
    yield Text(word, style)
    heads = {one.heads for one in alike}
    unread = first.state in words.UNREAD
    several = Text(f"{len(heads):,} different", "dim")
    yield Text("unknown", "dim") if unread else words.heads(first.heads, messages) if len(heads) == 1 else several
    yield "" if first.state is State.AT_HEAD else part.names(alike)


def _missing(alike: Iterable[TargetStatus]) -> str:
    counts = [len(one.missing) for one in alike]
    return str(counts[0]) if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"


def _upstream(pairs: Iterable[Pair]) -> Iterator[Text]:
    for name, found in many.grouped(pairs, lambda pair: pair.upstream.environment).items():
        count = Counter(pair.divergence.relation for pair in found)
        told = ", ".join(f"{count[relation]:,} {word}" for relation, word in _RELATIONS.items() if count[relation])
        yield Text(f"  upstream {name}: {told}")


def _last_runs(latest: Sequence[Run | None], now: datetime) -> Text:
    runs = {run.id: run for run in latest if run is not None}
    count = Counter(run.id if run else "" for run in latest)
    text = Text("  last run: ")
    named = [identifier for identifier, _ in count.most_common() if identifier]
    for identifier in named[:_RUNS]:
        text.append_text(words.last_run(runs[identifier], now)).append(f" ({count[identifier]:,}), ")
    if others := sum(count[identifier] for identifier in named[_RUNS:]):
        text.append(f"{len(named) - _RUNS:,} others ({others:,}), ")
    if count[""]:
        text.append(f"none ({count['']:,}), ", "dim")
    text.right_crop(2)
    return text
