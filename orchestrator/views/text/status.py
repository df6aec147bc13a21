"""`status` as a table a person wants to read, what is wrong below it, and what to type next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from orchestrator.core.divergence import Relation, State
from orchestrator.core.locks import Leftover
from orchestrator.core.run import Run
from orchestrator.core.status import Pair, StatusReport, TargetStatus
from orchestrator.views.text import words
from orchestrator.views.text.doubt import doubt

_REASON = 300
"""Characters that are shown of why the latest run failed; `show` has the rest."""
_STATES = {
    State.AT_HEAD: ("at head", "green"),
    State.BEHIND: ("behind {n}", "yellow"),
    State.EMPTY: ("empty, {n} to apply", "yellow"),
    State.UNKNOWN_REVISION: ("unknown revision", "red"),
    State.OVERLAPPING: ("overlapping rows", "red"),
    State.UNVERSIONED: ("unversioned", "red"),
    State.DENIED: ("denied", "red"),
    State.UNREACHABLE: ("unreachable", "red"),
    State.IN_DOUBT: ("in doubt", "bold red"),
}


def status(report: StatusReport, now: datetime) -> RenderableType:
    """The table, the exceptions with their mends, and the next command."""
    drawn = words.table("TARGET", "HEADS", "SCRIPTS", "UPSTREAM", "LAST RUN")
    pairs = {pair.downstream: pair for pair in report.pairs}
    for target in report.targets:
        drawn.add_row(*_row(target, pairs.get(target.target), report, now))
    return Group(
        drawn,
        "",
        *_journal(report),
        *_failures(report),
        *_divergences(report),
        *(words.lost(target.target, target.lost) for target in report.targets if target.lost),
        *_holders(report),
        *_leftovers(report),
        *_unproven(report),
        *_last_failures(report),
        *_conclusion(report),
    )


def _row(target: TargetStatus, pair: Pair | None, report: StatusReport, now: datetime) -> Iterator[RenderableType]:
    yield str(target.target)
    unread = target.state in (State.DENIED, State.UNREACHABLE, State.UNVERSIONED)
    yield Text("unknown", "dim") if unread else Text(words.heads(target.heads, report.messages))
    state, style = _STATES[target.state]
    yield Text(state.format(n=len(target.missing)), style)
    yield words.relation(pair.divergence, str(pair.upstream)) if pair else Text("-", "dim")
    yield words.last_run(target.last_run, now)


def _journal(report: StatusReport) -> Iterator[RenderableType]:
    if report.journal is not None:
        yield Text.assemble(("error: ", "bold red"), words.told(report.journal))
        yield Text("whether a revision is in doubt, and who works where, is not known without it", "red")


def _failures(report: StatusReport) -> Iterator[RenderableType]:
    for target in report.targets:
        if target.failure is not None:
            failure = replace(target.failure, mend=None) if target.doubt else target.failure
            yield Text.assemble((str(target.target), "bold red"), ": ", words.told(failure))
        if target.doubt is not None:
            yield from doubt(target.doubt)
            yield _waiting(target.leftover) if target.leftover else words.mended(target.doubt.mend)


def _divergences(report: StatusReport) -> Iterator[RenderableType]:
    """What lies behind a relation that promotion cannot mend by itself, with the revisions' names."""
    for pair in report.pairs:
        divergence = pair.divergence
        if divergence.relation not in (Relation.AHEAD, Relation.DIVERGED):
            continue
        text = Text.assemble((str(pair.downstream), "bold red"), f" has what {pair.upstream} lacks: ")
        text.append(words.listed(divergence.extra, report.messages))
        if divergence.missing:
            text.append(f"\n  and lacks what {pair.upstream} has: ")
            text.append(words.listed(divergence.missing, report.messages))
        if divergence.relation is Relation.DIVERGED:
            text.append(f"\n  both have: {words.listed(divergence.common, report.messages) or 'nothing'}")
        yield text


def _holders(report: StatusReport) -> Iterator[RenderableType]:
    for target in report.targets:
        if target.holder is not None:
            yield Text.assemble((str(target.target), "bold"), f": {target.holder} is working on it now")


def _leftovers(report: StatusReport) -> Iterator[RenderableType]:
    for target in report.targets:
        if target.leftover is not None and target.doubt is None:
            what = f": nobody drives run {target.leftover.run} any more\n"
            yield Text.assemble((str(target.target), "bold"), what, _waiting(target.leftover))


def _waiting(leftover: Leftover) -> Text:
    """That nothing can be judged or settled yet, and what waits."""
    text = Text(f"  {leftover.who} still works for it: what becomes of the revision is not known yet\n", "yellow")
    return text.append_text(words.mended(leftover.mend))


def _unproven(report: StatusReport) -> Iterator[Text]:
    groups: dict[datetime, list[str]] = {}
    for target in report.targets:
        if target.unproven and target.last_run is not None:
            groups.setdefault(target.last_run.started_at, []).append(str(target.target))
    for at, targets in groups.items():
        begun = f": the journal was begun anew at {at:%Y-%m-%d %H:%M:%S} UTC"
        unknown = ": whether a revision is half applied there is not known; look before it is run"
        yield Text.assemble((words.listed(targets, {}), "bold yellow"), begun, unknown)


def _last_failures(report: StatusReport) -> Iterator[Text]:
    for target in report.targets:
        if target.last_failure and not (target.doubt or target.failure):
            reason = " ".join(target.last_failure.split())
            shown = reason if len(reason) <= _REASON else reason[: _REASON - 1] + "…"
            yield Text.assemble((str(target.target), "bold red"), f": {shown}")


def _conclusion(report: StatusReport) -> Iterator[Text]:
    """One line that says what to type next; none where each failure above has its own."""
    apart = (Relation.AHEAD, Relation.DIVERGED)
    if report.journal is not None or any(t.failure or t.holder or t.leftover for t in report.targets):
        return
    if (pair := next((pair for pair in report.pairs if pair.divergence.relation in apart), None)) is not None:
        upstream, downstream = pair.upstream.environment, pair.downstream.environment
        yield Text(f"promotion to {downstream} is refused until {upstream} has them too", "red")
        yield _next(f"orchestrate rollout --through {upstream}")
    elif (left := next(_unfinished(report), None)) is not None:
        yield _next(f"orchestrate resume {left.id}")
    else:
        yield _pending(report)


def _pending(report: StatusReport) -> Text:
    behind = next((pair for pair in report.pairs if pair.divergence.relation is Relation.BEHIND), None)
    first = {target.target.environment for target in report.targets[:1]}
    lagging = [target.target for target in report.targets if target.missing]
    if any(target.environment in first or behind is None for target in lagging):
        return _next(f"orchestrate rollout --through {report.targets[-1].target.environment}")
    if behind is not None:
        environments = f"{behind.upstream.environment} {behind.downstream.environment}"
        return _next(f"orchestrate promote {environments}")
    return Text("every target is at head; nothing to do", "green")


def _unfinished(report: StatusReport) -> Iterator[Run]:
    """The latest runs that left a target short of where they were to take it, and that nobody drives now."""
    for target in report.targets:
        run = target.last_run
        if run is not None and target.holder is None and not (run.complete or run.finished(target.target)):
            yield run


def _next(command: str) -> Text:
    return Text.assemble("next: ", (command, "cyan"))
