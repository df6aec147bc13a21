"""The verb `locks`: who drives each target, whose session works in it, and what to do about it. Reads only."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from orchestrator.core.failure import Failure
from orchestrator.core.locks import Held, LocksReport, TargetLocks, shortened
from orchestrator.core.run import Run
from orchestrator.core.selection import Selection
from orchestrator.core.targets import Target
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.lock_holders import Both, holders_of
from orchestrator.databases.locks import Holder, ending
from orchestrator.errors import JournalError, OrchestrateError
from orchestrator.journal.journal import Journal
from orchestrator.operations.selected import selected_now
from orchestrator.operations.survey import Clock, remembered_or_why_not
from orchestrator.project.configuration import Configuration


def locks(configuration: Configuration, selection: Selection, now: Clock) -> LocksReport:
    """The locks of the targets selected; raises UsageError, ConfigurationError, with `behind` as the survey.

    A database that does not answer is a row. A journal that cannot be read is told in the report: who holds what
    is known without it.
    """
    last_runs, unread = remembered_or_why_not(configuration)
    endpoints = selected_now(configuration, selection, now).endpoints()
    asked = holders_of(endpoints.values())
    found = tuple(_told(endpoint, asked[target]) for target, endpoint in endpoints.items())
    if unread is None:
        runs = _runs(configuration, found)
        found = tuple(_recorded(target, last_runs, runs) for target in found)
    return LocksReport(found, unread)


def _told(endpoint: Endpoint, both: Both | OrchestrateError) -> TargetLocks:
    if isinstance(both, OrchestrateError):
        return TargetLocks(endpoint.target, failure=replace(Failure.of(both), message=both.what))
    driver, worker = both
    return TargetLocks(
        endpoint.target,
        _held(endpoint, driver) if driver else None,
        _held(endpoint, worker, works=True) if worker else None,
    )


def _held(endpoint: Endpoint, holder: Holder, *, works: bool = False) -> Held:
    """The holder as a value. Whose process works, only SQLite tells; of a driver, whoever left its mark."""
    pid = holder.pid if holder.session is None or not works else None
    here = holder.who.rpartition("@")[2] == socket.gethostname() if holder.run and pid is not None else None
    number = holder.session if holder.session is not None else pid
    return Held(
        who=holder.who,
        run=holder.run,
        pid=pid,
        session=holder.session,
        since=holder.since,
        here=here,
        alive=_alive(pid) if here and pid is not None else None,
        running=holder.running if works else None,
        statement=shortened(holder.statement) if works and holder.statement else None,
        ending=ending(endpoint, number) if number is not None else None,
    )


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _runs(configuration: Configuration, found: Iterable[TargetLocks]) -> dict[str, Run]:
    """The runs that hold a lock, each read once; none that is another machine's, in its own journal."""
    runs: dict[str, Run] = {}
    locks = [lock for one in found for lock in (one.run_lock, one.work_lock)]
    names = dict.fromkeys(lock.run for lock in locks if lock is not None and lock.run is not None)
    with suppress(JournalError), Journal(configuration.journal) as journal:
        for name in names:
            with suppress(OrchestrateError):
                runs[name] = journal.run(name)
    return runs


def _recorded(found: TargetLocks, last_runs: Mapping[Target, Run], runs: Mapping[str, Run]) -> TargetLocks:
    """With the runs that the journal knows. A session that works says of no run: it is the latest one's here."""
    latest = last_runs.get(found.target)
    return replace(
        found,
        run_lock=_of_its_run(runs, found.run_lock, None),
        work_lock=_of_its_run(runs, found.work_lock, latest),
    )


def _of_its_run(runs: Mapping[str, Run], held: Held | None, latest: Run | None) -> Held | None:
    if held is None:
        return None
    if held.run is None:
        return replace(held, run=latest.id, recorded=latest) if latest is not None else held
    return replace(held, recorded=runs.get(held.run))
