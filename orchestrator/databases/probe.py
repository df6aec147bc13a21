"""Looking at databases: one, or all at once. A dead one is an observation, not a failure.

Writes and creates nothing, takes no lock and runs no project code.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Thread

from orchestrator.core.observations import Observation, Reading
from orchestrator.core.targets import Target
from orchestrator.core.urls import parse
from orchestrator.databases.connect import Access, access
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.family import seconds
from orchestrator.databases.sight import Failure, Sight
from orchestrator.errors import OrchestrateError

AT_ONCE = 32
_LATELY, _LONG = 12, 0.1
"""How many are asked within so many seconds: more at once cost processor time, unless they wait for a network."""
_PAUSE, _LONGEST_PAUSE = 0.1, 1.0
"""Seconds between two attempts at a server that is there and does not let us in yet."""
_GRACE = 1.0
"""Seconds beyond the connect timeout after which a probe is given up: name resolution obeys no timeout of ours."""


_ANSWERS = 4
"""How many answers a server may owe before the first of many schemas is seen, each within the connect timeout."""

Together = tuple[Endpoint, ...]
"""Targets that are seen on one connection: schemas of one database, or one target alone."""


def probe(endpoint: Endpoint, now: Callable[[], datetime]) -> Observation:
    """One target as it is now. Whatever is wrong with the database, or with how it is reached, is in `reading`."""
    return next(_looked((endpoint,), now()))


def probe_all(
    endpoints: Iterable[Endpoint], now: Callable[[], datetime], rights: Container[Target] = ()
) -> dict[Target, Observation]:
    """All targets, concurrently, in the order asked; one that does not answer delays the others no longer than its
    connect timeout. Schemas of one PostgreSQL database are seen on one connection.

    Of the targets in `rights`, what would keep a revision from being recorded is asked on the same connection,
    where the family can; of others nothing is known of that.
    """
    asked = list(endpoints)
    waiting = together(asked)[::-1]
    probers = _Probers(now, rights)
    due: dict[int, _Due] = {}
    seen: dict[Target, Observation] = {}
    while waiting or due:
        while waiting and (room := _room(due)) <= time.monotonic():
            some = waiting.pop()
            left = {endpoint.target: endpoint for endpoint in some}
            due[len(waiting)] = _Due(left, _until(left))
            probers.ask(len(waiting), some)
        until = min(one.until for one in due.values())
        number, found = probers.answer(min(until, room) if waiting else until)
        if found is None:
            for number in [number for number, one in due.items() if one.until <= time.monotonic()]:
                seen |= {target: _given_up(endpoint, now) for target, endpoint in due.pop(number).open.items()}
        elif number in due and due[number].answered(found):
            seen[found.target] = found
            if not due[number].open:
                del due[number]
                probers.rested()
    probers.dismiss()
    return {endpoint.target: seen[endpoint.target] for endpoint in asked}


@dataclass(slots=True)
class _Due:
    """Who has not been seen yet of those that are looked at together, and when the next one must have been."""

    open: dict[Target, Endpoint]
    until: float
    since: float = field(default_factory=time.monotonic)

    def answered(self, found: Observation) -> bool:
        """Whether it was still waited for; it gives the others of them their time anew."""
        self.until = _until(self.open)
        return self.open.pop(found.target, None) is not None


class _Probers:
    """Threads that look at databases, as many as were ever busy at once; one that hangs is left behind."""

    def __init__(self, now: Callable[[], datetime], rights: Container[Target]) -> None:
        self._now = now
        self._rights = rights
        self._asked: SimpleQueue[tuple[int, Together] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[int, Observation | BaseException]] = SimpleQueue()
        self._idle = 0

    def ask(self, number: int, some: Together) -> None:
        """Have these looked at; what is seen comes back under this number."""
        if self._idle:
            self._idle -= 1
        else:
            # A daemon, so that neither Ctrl-C nor the end of the program waits for a server that says nothing.
            Thread(target=self._run, name="probe", daemon=True).start()
        self._asked.put((number, some))

    def answer(self, until: float) -> tuple[int, Observation | None]:
        """What was seen next and under which number; None where nothing was until that moment."""
        try:
            number, answer = self._done.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            return 0, None
        if isinstance(answer, BaseException):
            self.dismiss()
            raise answer
        return number, answer

    def rested(self) -> None:
        """One who had been asked has told everything."""
        self._idle += 1

    def dismiss(self) -> None:
        """Let go whoever has nothing to do, and later who is still busy."""
        self._asked.put(None)

    def _run(self) -> None:
        while (asked := self._asked.get()) is not None:
            number, some = asked
            try:
                for found in _looked(some, self._now(), self._rights):
                    self._done.put((number, found))
            except BaseException as error:  # noqa: BLE001  it is raised again in the thread that asked
                self._done.put((number, error))
        self._asked.put(None)


def _room(due: Mapping[int, _Due]) -> float:
    """When another may be asked: few at a time of a server at hand, more where answers are long in coming."""
    if len(due) >= AT_ONCE:
        return math.inf
    lately = list(due.values())[-_LATELY:]
    return lately[0].since + _LONG if len(lately) == _LATELY else 0.0


def together(endpoints: Iterable[Endpoint]) -> list[Together]:
    """The targets by what is seen on one connection, in the order asked."""
    found: dict[object, list[Endpoint]] = {}
    for number, endpoint in enumerate(endpoints):
        place = (endpoint.url.reveal(), endpoint.timeouts)
        found.setdefault(number if endpoint.version_table_schema is None else place, []).append(endpoint)
    return [some for alike in found.values() for some in _shared(tuple(alike))]


def _shared(alike: Together) -> Iterable[Together]:
    address = parse(alike[0].url.reveal()) if len(alike) > 1 else None
    return [alike] if address and address.family == "postgresql" else [(endpoint,) for endpoint in alike]


def _until(some: Mapping[Target, Endpoint]) -> float:
    """When one of these must have been seen."""
    answers = _ANSWERS if len(some) > 1 else 1
    return time.monotonic() + next(iter(some.values())).timeouts.connect * answers + _GRACE


def _looked(some: Together, at: datetime, rights: Container[Target] = ()) -> Iterator[Observation]:
    """What is seen of each."""
    try:
        to = access(some[0])
    except OrchestrateError as error:
        sights: Iterable[tuple[Endpoint, Sight]] = _alike(some, _unread(error.what, error.mend))
        family = ""
    else:
        family = to.address.family or ""
        sights = [(some[0], _look(to, rights))] if len(some) == 1 else _schemas(to, some, rights)
    for endpoint, sight in sights:
        yield observation(endpoint.target, at, family, sight)


def _look(to: Access, rights: Container[Target]) -> Sight:
    """What is seen; a server that drops the connection, or is starting, is asked again while there is time."""
    end = time.monotonic() + to.endpoint.timeouts.connect
    pause = _PAUSE
    while True:
        try:
            return to.family.observe(to.endpoint, to.address, rights=to.endpoint.target in rights)
        except OrchestrateError as error:
            return _unread(error.what, error.mend)
        except Exception as error:
            failure = to.family.explain(error, to.endpoint, to.address)
            if failure is None:
                raise
            if not failure.passing or time.monotonic() + pause > end:
                return _why_not(failure)
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _schemas(to: Access, some: Together, rights: Container[Target]) -> Iterator[tuple[Endpoint, Sight]]:
    """What is seen of schemas of one database; when their connection drops, the first left waits for another."""
    from orchestrator.databases import postgresql

    left = {endpoint.target: endpoint for endpoint in some}
    while left:
        try:
            for endpoint, sight in postgresql.observe_schemas(tuple(left.values()), to.address, rights):
                del left[endpoint.target]
                yield endpoint, _failed(to, endpoint, sight) if isinstance(sight, Exception) else sight
        except OrchestrateError as error:
            yield from _alike(left.values(), _unread(error.what, error.mend))
            return
        except Exception as error:
            first = next(iter(left.values()))
            failure = to.family.explain(error, first, to.address)
            if failure is None:
                raise
            again = _look(replace(to, endpoint=first), rights) if failure.passing else None
            if again is None or again.reading is Reading.UNREACHABLE:
                yield from ((endpoint, _failed(to, endpoint, error)) for endpoint in left.values())
                return
            yield left.pop(first.target), again


def _alike(some: Iterable[Endpoint], sight: Sight) -> Iterator[tuple[Endpoint, Sight]]:
    return ((endpoint, sight) for endpoint in some)


def _failed(to: Access, endpoint: Endpoint, error: Exception) -> Sight:
    failure = to.family.explain(error, endpoint, to.address)
    if failure is None:
        raise error
    return _why_not(failure)


def _why_not(failure: Failure) -> Sight:
    return Sight(failure.reading, detail=failure.detail, mend=failure.mend, absent=failure.absent)


def _unread(detail: str, mend: str | None) -> Sight:
    return Sight(Reading.UNREACHABLE, detail=detail, mend=mend)


def _given_up(endpoint: Endpoint, now: Callable[[], datetime]) -> Observation:
    to = access(endpoint)
    detail = f"no answer from {to.address.shown} within {seconds(endpoint.timeouts.connect)}"
    sight = _unread(detail, "check that the host name resolves and that the server answers")
    return observation(endpoint.target, now(), to.address.family or "", sight)


def observation(target: Target, at: datetime, family: str, sight: Sight) -> Observation:
    """The sight as what was seen of that target at that time."""
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
        barriers=sight.barriers,
        absent=sight.absent,
        version_table=sight.version_table,
    )
