"""`status` as a table a person wants to read, what is wrong below it, and what to type next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from orchestrator.core.divergence import Relation
from orchestrator.core.status import Pair, StatusReport, TargetStatus, Unfinished
from orchestrator.core.targets import Target
from orchestrator.views.text import exceptions, many, summary, words
from orchestrator.views.text.many import Part
from orchestrator.views.text.rows import Rows


def status(report: StatusReport, now: datetime, *, details: bool = False) -> RenderableType:
    """The table, the exceptions with their mends, and the next command.

    An environment of many targets is a summary; with `details` every target has its row.
    """
    pairs = {pair.downstream: pair for pair in report.pairs}
    told = many.parts(report.targets, details=details)
    return Group(
        *(drawn for part in told for drawn in _part(part, pairs, report, now)),
        *_journal(report),
        *exceptions.exceptions(told, pairs, report.messages),
        *_unproven(report),
        *exceptions.last_failures(told),
        *_unfinished(report.unfinished),
        *_conclusion(report, told),
        *_details(told),
    )


def _part(
    part: Part[TargetStatus], pairs: Mapping[Target, Pair], report: StatusReport, now: datetime
) -> Iterator[RenderableType]:
    if part.name is not None:
        yield from summary.status(part, pairs, report.messages, now)
        yield ""
        return
    drawn = Rows("TARGET", "HEADS", "SCRIPTS", "UPSTREAM", "LAST RUN")
    for target in part.items:
        drawn.add_row(*_row(target, pairs.get(target.target), report, now))
    yield drawn
    yield ""


def _row(target: TargetStatus, pair: Pair | None, report: StatusReport, now: datetime) -> Iterator[RenderableType]:
    yield str(target.target)
    yield (
        Text("unknown", "dim")
        if target.state in words.UNREAD
        else Text(words.heads(target.heads, report.messages))
    )
    yield Text(*words.state(target.state, str(len(target.missing))))
    yield words.relation(pair.divergence, str(pair.upstream)) if pair else Text("-", "dim")
    yield words.last_run(target.last_run, now)


def _journal(report: StatusReport) -> Iterator[RenderableType]:
    if report.journal is not None:
        yield Text.assemble(("error: ", "bold red"), words.told(report.journal))
        yield Text("whether a revision is in doubt, and who works where, is not known without it", "red")


def _unproven(report: StatusReport) -> Iterator[Text]:
    groups: dict[datetime, list[str]] = {}
    for target in report.targets:
        if target.unproven and target.last_run is not None:
            groups.setdefault(target.last_run.started_at, []).append(str(target.target))
    for at, targets in groups.items():
        begun = f": the journal was begun anew at {at:%Y-%m-%d %H:%M:%S} UTC"
        unknown = ": whether a revision is half applied there is not known; look before it is run"
        yield Text.assemble((words.listed(targets, {}), "bold yellow"), begun, unknown)


def _conclusion(report: StatusReport, told: Sequence[Part[TargetStatus]]) -> Iterator[Text]:
    """One line that says what to type next; none where each failure above has its own."""
    apart = (Relation.AHEAD, Relation.DIVERGED)
    if report.journal is not None or any(
        _hinders(t, alone=part.name is None) for part in told for t in part.items
    ):
        return
    if (pair := next((pair for pair in report.pairs if pair.divergence.relation in apart), None)) is not None:
        upstream, downstream = pair.upstream.environment, pair.downstream.environment
        yield Text(f"promotion to {downstream} is refused until {upstream} has them too", "red")
        yield _next(f"orchestrate rollout --through {upstream}")
    elif report.unfinished is not None:
        yield _next(f"orchestrate resume {report.unfinished.run.id}")
    else:
        yield from _pending(report)


def _hinders(target: TargetStatus, *, alone: bool) -> bool:
    """Whether nothing else can be said to come next: of many targets some that cannot take part are left out."""
    failed = target.failure is not None and (alone or target.doubt is not None)
    return failed or target.holder is not None or target.leftover is not None


def _pending(report: StatusReport) -> Iterator[Text]:
    behind = next((pair for pair in report.pairs if pair.divergence.relation is Relation.BEHIND), None)
    first = {target.target.environment for target in report.targets[:1]}
    lagging = [target.target for target in report.targets if target.missing]
    unfit = sum(target.failure is not None for target in report.targets)
    without = f" --skip-unfit   # without the {unfit:,} that cannot take part" if unfit else ""
    without = report.selection.of_tenants.options + without
    if any(target.environment in first or behind is None for target in lagging):
        yield _next(f"orchestrate rollout --through {report.targets[-1].target.environment}{without}")
    elif behind is not None:
        yield _next(f"orchestrate promote {behind.upstream.environment} {behind.downstream.environment}{without}")
    elif not unfit:
        yield Text("every target is at head; nothing to do", "green")


def _unfinished(found: Unfinished | None) -> Iterator[Text]:
    if found is not None:
        which = many.few([str(target) for target in found.left])
        yield Text.assemble(words.stopped(found.run), f"; still to do: {which}")


def _next(command: str) -> Text:
    return Text.assemble("next: ", (command, "cyan"))


def _details(told: Sequence[Part[TargetStatus]]) -> Iterator[Text]:
    if names := dict.fromkeys(part.items[0].target.environment for part in told if part.name is not None):
        yield Text.assemble("each by its name: ", (f"orchestrate status {' '.join(names)} --details", "cyan"))
