"""A baseline of the journal: what the databases had, what became of the journal before, what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from orchestrator.core.plan import at
from orchestrator.core.run import Run
from orchestrator.views.text import words

Body = Mapping[str, Any]


def baseline(run: Run, body: Body, now: datetime) -> RenderableType:
    """The whole of it; `body` is that of its one event."""
    drawn = words.table("TARGET", "HEADS")
    for target in body["targets"]:
        heads = Text("unknown", "dim") if target["heads"] is None else Text(at(target["heads"]))
        drawn.add_row(target["target"], heads)
    head = Text.assemble("baseline ", words.last_run(run, now))
    return Group(
        head, f"{run.command}   by {run.actor}\nbecause: {run.reason}", *_earlier(body), "", drawn, *_rest(body)
    )


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


def _rest(body: Body) -> Iterator[RenderableType]:
    for one in body["unsettled"]:
        revisions = ", ".join(one["revisions"])
        yield Text.assemble(
            (one["target"], "bold"),
            f": when the journal breaks off, {revisions} was begun by run {one['run']} and had no outcome",
            "\n  → ",
            (f"orchestrate resume {one['run']}", "cyan"),
        )
    yield Text("no longer known: what was done since, by whom, and which runs were open")
    partial = [one["target"] for one in body["targets"] if one["transactional"] is False]
    if partial:
        told = "there a revision may be half applied, of which nothing is known: look before it is run"
        yield Text(f"{', '.join(partial)}: {told}", "yellow")
    for one in body["targets"]:
        if one["error"]:
            yield Text.assemble((one["target"], "bold red"), f": {one['error']}; what it has is not known")
    yield Text.assemble("next: ", ("orchestrate status", "cyan"))
