"""A baseline of the journal: what the databases had, what became of the journal before, what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from orchestrator.core.plan import at
from orchestrator.core.run import Run
from orchestrator.core.targets import Target
from orchestrator.views.text import many, words
from orchestrator.views.text.many import Part
from orchestrator.views.text.rows import Rows

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Had:
    """What one target had: its heads in words, None where that could not be read."""

    target: Target
    heads: str | None
    partial: bool
    error: str | None


def baseline(run: Run, body: Body, now: datetime, *, details: bool = False) -> RenderableType:
    """All of it; `body` is that of its one event. Many targets are told by their heads, but with `details`."""
    told = many.parts(map(_had, body["targets"]), details=details)
    drawn = Rows("TARGET", "HEADS")
    for part in told:
        for alike in _alike(part):
            heads = Text("unknown", "dim") if alike[0].heads is None else Text(alike[0].heads)
            drawn.add_row(str(alike[0].target) if part.name is None else part.who(alike), heads)
    head = Text.assemble("baseline ", words.last_run(run, now))
    why = f"{run.command}   by {run.actor}\nbecause: {run.reason}"
    return Group(head, why, *_earlier(body), "", drawn, *_rest(body, told))


def _had(body: Body) -> _Had:
    heads = None if body["heads"] is None else at(body["heads"])
    return _Had(Target.parse(body["target"]), heads, body["transactional"] is False, body["error"])


def _alike(part: Part[_Had]) -> Iterable[Sequence[_Had]]:
    if part.name is None:
        return ([one] for one in part.items)
    return sorted(many.grouped(part.items, lambda one: one.heads).values(), key=len, reverse=True)


def _earlier(body: Body) -> Iterator[RenderableType]:
    earlier = body["earlier"]
    if earlier is None:
        yield "there was no journal before"
        return
    yield f"{earlier['broken']}"
    kept = words.count(earlier["events"], "event")
    yield f"taken over from its beginning: {kept}" + (
        f", up to the head {earlier['head']}" if kept[0] != "n" else ""
    )
    if earlier["aside"]:
        yield f"all of it lies in {earlier['aside']}"


def _rest(body: Body, told: Sequence[Part[_Had]]) -> Iterator[RenderableType]:
    for one in body["unsettled"]:
        revisions = ", ".join(one["revisions"])
        yield Text.assemble(
            (one["target"], "bold"),
            f": when the journal breaks off, {revisions} was begun by run {one['run']} and had no outcome",
            "\n  → ",
            (f"orchestrate resume {one['run']}", "cyan"),
        )
    yield Text("no longer known: what was done since, by whom, and which runs were open")
    if partial := [one for part in told for one in part.items if one.partial]:
        unknown = "there a revision may be half applied, of which nothing is known: look before it is run"
        yield Text(f"{many.who(partial)}: {unknown}", "yellow")
    for who, what, _ in many.told_once(told, lambda one: one.error or None):
        yield Text.assemble((who, "bold red"), f": {what}; what it has is not known")
    yield Text.assemble("next: ", ("orchestrate status", "cyan"))
