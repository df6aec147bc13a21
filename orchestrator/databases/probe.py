"""Looking at databases: one, or all at once. A dead one is an observation, not a failure.

Writes and creates nothing, takes no lock and runs no project code.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Thread

from orchestrator.core.observations import Observation, Reading
from orchestrator.core.targets import Target
from orchestrator.databases.connect import Access, access
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.family import Sight, seconds
from orchestrator.errors import OrchestrateError

AT_ONCE = 32
_PAUSE, _LONGEST_PAUSE = 0.1, 1.0
"""Seconds between two attempts at a server that is there and does not let us in yet."""
_GRACE = 1.0
"""Seconds beyond the connect timeout after which a probe is given up: name resolution obeys no timeout of ours."""


def probe(endpoint: Endpoint, now: Callable[[], datetime]) -> Observation:
    """One target as it is now. Whatever is wrong with the database, or with how it is reached, is in `reading`."""
    at = now()
    try:
        to = access(endpoint)
    except OrchestrateError as error:
        return _observation(endpoint.target, at, "", _unread(error.what, error.mend))
    return _observation(endpoint.target, at, to.address.family or "", _look(to))


def probe_all(endpoints: Iterable[Endpoint], now: Callable[[], datetime]) -> dict[Target, Observation]:
    """All targets, concurrently, in the order asked; one that does not answer delays the others no longer than its
    connect timeout.
    """
    asked = list(endpoints)
    waiting = asked[::-1]
    done: SimpleQueue[Observation | BaseException] = SimpleQueue()
    due: dict[Target, tuple[float, Endpoint]] = {}
    seen: dict[Target, Observation] = {}
    while waiting or due:
        while waiting and len(due) < AT_ONCE:
            endpoint = waiting.pop()
            due[endpoint.target] = (time.monotonic() + endpoint.timeouts.connect + _GRACE, endpoint)
            _start(endpoint, now, done)
        for observation in _next(done, min(moment for moment, _ in due.values())):
            if due.pop(observation.target, None):
                seen[observation.target] = observation
        for target in _overdue(due) if done.empty() else ():
            seen[target] = _given_up(due.pop(target)[1], now)
    return {endpoint.target: seen[endpoint.target] for endpoint in asked}


def _look(to: Access) -> Sight:
    """What is seen; a server that drops the connection, or is starting, is asked again while there is time."""
    end = time.monotonic() + to.endpoint.timeouts.connect
    pause = _PAUSE
    while True:
        try:
            return to.family.observe(to.endpoint, to.address)
        except OrchestrateError as error:
            return _unread(error.what, error.mend)
        except Exception as error:
            failure = to.family.explain(error, to.endpoint, to.address)
            if failure is None:
                raise
            if not failure.passing or time.monotonic() + pause > end:
                return Sight(failure.reading, detail=failure.detail, mend=failure.mend)
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _unread(detail: str, mend: str | None) -> Sight:
    return Sight(Reading.UNREACHABLE, detail=detail, mend=mend)


def _start(
    endpoint: Endpoint, now: Callable[[], datetime], done: SimpleQueue[Observation | BaseException]
) -> None:
    def run() -> None:
        try:
            done.put(probe(endpoint, now))
        except BaseException as error:  # noqa: BLE001  it is raised again in the thread that asked
            done.put(error)

    # A daemon, so that neither Ctrl-C nor the end of the program waits for a server that says nothing.
    Thread(target=run, name=f"probe {endpoint.target}", daemon=True).start()


def _next(done: SimpleQueue[Observation | BaseException], until: float) -> Iterable[Observation]:
    try:
        answer = done.get(timeout=max(0.0, until - time.monotonic()))
    except Empty:
        return ()
    if isinstance(answer, BaseException):
        raise answer
    return (answer,)


def _overdue(due: Mapping[Target, tuple[float, Endpoint]]) -> list[Target]:
    return [target for target, (moment, _) in due.items() if moment <= time.monotonic()]


def _given_up(endpoint: Endpoint, now: Callable[[], datetime]) -> Observation:
    to = access(endpoint)
    detail = f"no answer from {to.address.shown} within {seconds(endpoint.timeouts.connect)}"
    sight = _unread(detail, "check that the host name resolves and that the server answers")
    return _observation(endpoint.target, now(), to.address.family or "", sight)


def _observation(target: Target, at: datetime, family: str, sight: Sight) -> Observation:
    return Observation(
        target=target,
        reading=sight.reading,
        at=at,
        heads=sight.heads,
        family=family,
        server=sight.server,
        identity=sight.identity,
        instance=sight.instance,
        schema=sight.schema,
        encrypted=sight.encrypted,
        detail=sight.detail,
        mend=sight.mend,
    )
