"""The verb `locks`: who drives each target, whose session works in it, and what to do about it. Reads only."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from orchestrator.core.failure import Failure
from orchestrator.core.locks import Held, LocksReport, TargetLocks, shortened
from orchestrator.core.run import Run
from orchestrator.core.targets import Target
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.locks import Holder, ending, holders
from orchestrator.databases.probe import AT_ONCE
from orchestrator.errors import OrchestrateError
from orchestrator.journal.journal import Journal
from orchestrator.operations.survey import remembered_or_why_not
from orchestrator.project.configuration import Configuration


def locks(configuration: Configuration, environments: Sequence[str] | None) -> LocksReport:
    """The locks of the environments named, or of all; raises ConfigurationError.

    A database that does not answer is a row. A journal that cannot be read is told in the report: who holds what
    is known without it.
    """
    last_runs, unread = remembered_or_why_not(configuration)
    endpoints = configuration.endpoints(environments)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = tuple(pool.map(_asked, endpoints.values()))
    if unread is None:
        found = tuple(_recorded(configuration, target, last_runs) for target in found)
    return LocksReport(found, unread)


def _asked(endpoint: Endpoint) -> TargetLocks:
    try:
        driver, worker = holders(endpoint)
        shown = partial(_held, endpoint)
        return TargetLocks(
            endpoint.target, shown(driver) if driver else None, shown(worker, works=True) if worker else None
        )
    except OrchestrateError as error:
        return TargetLocks(endpoint.target, failure=replace(Failure.of(error), message=error.what))


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


def _recorded(configuration: Configuration, found: TargetLocks, last_runs: Mapping[Target, Run]) -> TargetLocks:
    """With the runs that the journal knows. A session that works says of no run: it is the latest one's here."""
    latest = last_runs.get(found.target)
    return replace(
        found,
        run_lock=_of_its_run(configuration, found.run_lock, None),
        work_lock=_of_its_run(configuration, found.work_lock, latest),
    )


def _of_its_run(configuration: Configuration, held: Held | None, latest: Run | None) -> Held | None:
    if held is None:
        return None
    if held.run is None:
        return replace(held, run=latest.id, recorded=latest) if latest is not None else held
    try:
        with Journal(configuration.journal) as journal:
            return replace(held, recorded=journal.run(held.run))
    except OrchestrateError:  # another machine's run, in its own journal
        return held
