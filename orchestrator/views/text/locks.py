"""`locks`: a row for each target, and for each that is held who, since when, what it does, and what to type."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.text import Text

from orchestrator.core.locks import Held, LocksReport, TargetLocks
from orchestrator.views.text import words

_FREE = Text("free", "green")
_UNKNOWN = Text("unknown", "dim")


def locks(report: LocksReport, now: datetime) -> RenderableType:
    """The table, then the details of what is held, then what could not be asked."""
    drawn = words.table("TARGET", "RUN LOCK", "WORK LOCK")
    for target in report.targets:
        drawn.add_row(str(target.target), *_cells(target))
    return Group(drawn, "", *_journal(report), *_details(report, now))


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


def _details(report: LocksReport, now: datetime) -> Iterator[RenderableType]:
    for target in report.targets:
        if target.failure is not None:
            yield Text.assemble((str(target.target), "bold red"), ": ", words.told(target.failure))
        elif target.held:
            yield _told(target, now)
    if not any(target.held or target.failure for target in report.targets):
        yield Text("no lock is held")


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
