"""`locks`: a row for each target, and for each that is held who, since when, what it does, and what to type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.text import Text

from orchestrator.core.locks import Held, LocksReport, TargetLocks
from orchestrator.views.text import many, summary, words
from orchestrator.views.text.many import Part
from orchestrator.views.text.rows import Rows

_FREE = Text("free", "green")
_UNKNOWN = Text("unknown", "dim")


def locks(report: LocksReport, now: datetime, *, details: bool = False) -> RenderableType:
    """The table, then the details of what is held, then what could not be asked.

    Many targets are counted, and told by who holds them, unless `details` are asked for.
    """
    told = many.parts(report.targets, details=details)
    drawn = Rows("TARGET", "RUN LOCK", "WORK LOCK")
    for target in (target for part in told if part.name is None for target in part.items):
        drawn.add_row(str(target.target), *_cells(target))
    counted = [_counted(part) for part in told if part.name is not None]
    table = [drawn] if drawn.row_count or not counted else []
    return Group(*table, *counted, "", *_journal(report), *_details(report, told, now))


def _counted(part: Part[TargetLocks]) -> Text:
    """How many targets are free, how many held, and of how many that is not known."""
    count = Counter("not known" if one.failure else "held" if one.held else "free" for one in part.items)
    told = (f", {count[word]:,} {word}" for word in ("free", "held", "not known") if count[word])
    return summary.heading(part).append("".join(told))


def _cells(target: TargetLocks) -> Iterator[RenderableType]:
    for lock in (target.run_lock, target.work_lock):
        yield _UNKNOWN if target.failure else _FREE if lock is None else Text(_holder(lock), "yellow")


def _holder(lock: Held) -> str:
    """Who, in a cell."""
    number = f"process {lock.pid}" if lock.pid is not None else f"session {lock.session}"
    known = lock.pid is not None or lock.session is not None
    return f"{lock.who} ({number})" if known else lock.who


def _journal(report: LocksReport) -> Iterator[RenderableType]:
    if report.journal is not None:
        yield Text.assemble(("error: ", "bold red"), words.told(report.journal))


def _details(report: LocksReport, told: Sequence[Part[TargetLocks]], now: datetime) -> Iterator[RenderableType]:
    for part in told:
        if part.name is not None:
            yield from _failures(part)
            yield from _holders(part, now)
            continue
        for target in part.items:
            if target.failure is not None:
                yield Text.assemble((str(target.target), "bold red"), ": ", words.told(target.failure))
            elif target.held:
                yield _told(target, now)
    if not any(target.held or target.failure for target in report.targets):
        yield Text("no lock is held" + (", as far as can be seen" if report.journal is not None else ""))


def _who(target: TargetLocks) -> str | None:
    lock = target.run_lock or target.work_lock
    return lock.who if lock is not None else None


def _holders(part: Part[TargetLocks], now: datetime) -> Iterator[Text]:
    """Each holder once, with the first target that it has in full."""
    held = [one for one in part.items if one.held and one.failure is None]
    groups = list(many.grouped(held, _who).values())
    for alike in groups[: many.GROUPS]:
        yield _told(alike[0], now)
        if len(alike) > 1:
            yield Text(f"  the same of {part.who(alike)}")
    if more := [one for alike in groups[many.GROUPS :] for one in alike]:
        yield Text(f"{part.who(more)}: held by others")


def _failures(part: Part[TargetLocks]) -> Iterator[RenderableType]:
    for who, what, alike in many.told_once([part], lambda one: one.failure.message if one.failure else None):
        if (failure := alike[0].failure) is not None:
            yield Text.assemble((who, "bold red"), ": ", words.told(replace(failure, message=what)))


def _told(target: TargetLocks, now: datetime) -> Text:
    text = Text()
    for lock, verb in ((target.run_lock, "is driven by"), (target.work_lock, "is worked in by")):
        if lock is not None:
            text.append(f"{target.target}", "bold")
            text.append(f" {verb} {_in_full(lock, now)}\n")
    if target.in_hand is not None:
        text.append(f"  revision {target.in_hand} is in hand\n")
    if target.work_lock is not None and target.work_lock.statement:
        text.append(f"  {_state(target.work_lock)}: {target.work_lock.statement}\n")
    text.append("  → ", "bold")
    text.append(target.mend or "", "cyan")
    return text


def _in_full(lock: Held, now: datetime) -> str:
    parts = [_holder(lock)]
    if lock.here is not None:
        place = "on this machine" if lock.here else "on another machine"
        parts.append("which is gone from this machine" if lock.alive is False else place)
    if lock.since is not None:
        parts.append(f"since {lock.since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")
    if lock.running is not None and not lock.statement:
        parts.append(_state(lock))
    if lock.run is not None:
        recorded = (
            words.last_run(lock.recorded, now).plain if lock.recorded else f"{lock.run}, not in this journal"
        )
        parts.append(f"for run {recorded}")
    return ", ".join(parts)


def _state(lock: Held) -> str:
    return "running" if lock.running else "idle; its latest statement" if lock.statement else "idle"
