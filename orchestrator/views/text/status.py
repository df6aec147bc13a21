"""`status` as a table a person wants to read, what is wrong below it, and what to type next."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import takewhile

from rich.console import Group, RenderableType
from rich.text import Text

from orchestrator.core.divergence import Relation
from orchestrator.core.edited import Edited
from orchestrator.core.outstanding import ways_on
from orchestrator.core.sealed import USUAL_FILE
from orchestrator.core.status import Pair, StatusReport, TargetStatus, Unfinished
from orchestrator.core.taken_back import taken_back
from orchestrator.core.targets import Target
from orchestrator.views.text import around, exceptions, gates, many, summary, words
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
        *exceptions.rollbacks(told),
        *_unfinished(report.unfinished),
        *_edited(report.edited),
        *around.unverified(report.unverified),
        *_recorded(report.recorded),
        *gates.vetoed(report.vetoes),
        *gates.waived(report.waivers),
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
    yield words.last_run(target.last_run, now, elsewhere=target.elsewhere)


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
        first, *others = ways_on(report.unfinished.run, {found.veto.revision for found in report.vetoes})
        yield _next(first)
        yield from (Text.assemble("or: ", (other, "cyan")) for other in others)
    elif report.unverified:
        yield _next(report.unverified[0].mend)
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
        yield _next(_rollout(report, lagging[0].environment, without), again=_taken_back(report, set(lagging)))
    elif behind is not None and (held := _vetoed(report, behind)):
        yield Text(f"promotion to {behind.downstream.environment} is refused while {held} is vetoed", "yellow")
    elif behind is not None:
        yield _next(_promote(report, behind, without), again=_taken_back(report, {behind.downstream}))
    elif not unfit:
        yield Text("every target is at head; nothing to do", "green")


def _rollout(report: StatusReport, first: str, options: str) -> str:
    """Brings what lacks scripts forward, up to the first environment that takes a sealed plan alone."""
    names = list(dict.fromkeys(target.target.environment for target in report.targets))
    free = list(takewhile(lambda name: name not in report.sealed, names))
    if first in free:
        return f"orchestrate rollout --through {free[-1]}{options}"
    return _sealing(report, None, names[-1], options)


def _promote(report: StatusReport, behind: Pair, options: str) -> str:
    source, destination = behind.upstream.environment, behind.downstream.environment
    if destination in report.sealed:
        return _sealing(report, source, destination, options)
    return f"orchestrate promote {source} {destination}{options}"


def _sealing(report: StatusReport, source: str | None, through: str, options: str) -> str:
    """Makes the plan; where it lies there already, what comes next for it."""
    if (found := report.waiting) is not None:
        plan = found.sealed.plan
        if (plan.source, plan.through) == (source, through):
            return found.mend
    return f"orchestrate plan {source or '--through'} {through} --out {USUAL_FILE}{options}"


def _taken_back(report: StatusReport, targets: Collection[Target]) -> bool:
    """Whether the latest run on one of these took back what would be brought there again."""
    found = (one.last_run for one in report.targets if one.target in targets)
    return any(taken_back(run) is not None for run in found)


def _vetoed(report: StatusReport, behind: Pair) -> str | None:
    """The first revision that would be promoted and goes nowhere."""
    vetoed = {found.veto.revision for found in report.vetoes}
    return next((revision for revision in behind.divergence.missing if revision in vetoed), None)


def _unfinished(found: Unfinished | None) -> Iterator[Text]:
    if found is not None:
        which = many.few(list(map(str, found.left))) or "what comes after its targets, verify and after"
        yield Text.assemble(words.stopped(found.run), f"; still to do: {which}")


def _recorded(count: int | None) -> Iterator[Text]:
    if count is not None:
        moved = f"{words.count(count, 'target')} at heads that no run brought them to"
        yield Text(f"recorded: {moved if count else 'nothing; every target stands where it was last recorded'}")


def _edited(found: Sequence[Edited]) -> Iterator[Text]:
    if found:
        from orchestrator.views.text.edited import since

        yield from since(found)


def _next(command: str, *, again: bool = False) -> Text:
    return Text.assemble("once that is mended: " if again else "next: ", (command, "cyan"))


def _details(told: Sequence[Part[TargetStatus]]) -> Iterator[Text]:
    if names := dict.fromkeys(part.items[0].target.environment for part in told if part.name is not None):
        yield Text.assemble("each by its name: ", (f"orchestrate status {' '.join(names)} --details", "cyan"))
