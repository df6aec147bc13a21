"""The targets of one wave at work, as many at once as may be: a thread for each that runs, none for who waits."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Condition

from orchestrator.core.plan import TargetPlan
from orchestrator.core.reports import TargetResult
from orchestrator.core.schedule import Schedule
from orchestrator.core.targets import Target
from orchestrator.core.urls import parse
from orchestrator.core.waves import WavePolicy
from orchestrator.databases.endpoint import Endpoint

Work = Callable[[TargetPlan], TargetResult]


class Crew:
    """Works through some targets, each on its server, as the policy allows.

    `held` is asked before each target whether no other is to be begun. It and `ended`, which is told each result,
    are only ever called by one thread at a time.
    """

    def __init__(
        self,
        plans: Sequence[TargetPlan],
        servers: Sequence[Hashable],
        policy: WavePolicy,
        held: Callable[[], bool],
    ) -> None:
        self._plans = plans
        self._size = min(policy.parallel, len(plans))
        self._schedule = Schedule(servers, policy.parallel, policy.per_server)
        self._held = held
        self._turn = Condition()

    def run(self, work: Work, ended: Callable[[TargetResult], None]) -> dict[Target, TargetResult]:
        """The results of those that were begun; raises, once all have ended, what `work` or `ended` raised."""
        found: dict[Target, TargetResult] = {}

        def one_after_another() -> None:
            while (position := self._next()) is not None:
                result = work(self._plans[position])
                with self._turn:
                    self._schedule.end(position)
                    found[result.target] = result
                    ended(result)
                    self._turn.notify_all()

        if self._plans:
            with ThreadPoolExecutor(self._size, "target") as pool:
                running = [pool.submit(self._or_none_at_all, one_after_another) for _ in range(self._size)]
            for one in running:
                one.result()
        return found

    def _next(self) -> int | None:
        """The one to begin now, waited for while others may make room; None where no other is begun."""
        with self._turn:
            while True:
                if self._held():
                    self._schedule.close()
                if (position := self._schedule.begin()) is not None or self._schedule.exhausted:
                    return position
                self._turn.wait()

    def _or_none_at_all(self, work: Callable[[], None]) -> None:
        """Work; where that ends in an error of ours, nobody else is begun."""
        try:
            work()
        except BaseException:
            with self._turn:
                self._schedule.close()
                self._turn.notify_all()
            raise


def server(endpoint: Endpoint) -> Hashable:
    """What the targets of one server have in common: its host and port; a SQLite file is a server of its own."""
    address = parse(endpoint.url.reveal())
    if address is None:
        return endpoint.target
    return address.place if address.family == "sqlite" else address.place[:-1]
