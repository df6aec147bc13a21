"""Which revision is tried again by itself: one that met a lock, that commits as a whole, and that left nothing.

Whether it left nothing is judged as for every failure (`leftovers.py`). On MySQL and MariaDB it must not have
written at all: not every table's rows are undone there. Here is counted how often, and waited for
a moment, in which those who queue behind the lock get through; never after a stop was asked for.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.core.plan import Step
from orchestrator.core.targets import Target
from orchestrator.core.urls import parse
from orchestrator.databases.locks import Blocker, ending
from orchestrator.errors import OrchestrateError
from orchestrator.execution.setting import Setting
from orchestrator.execution.watch import named, recorded

_LOCKED = frozenset({"55P03", "40P01", "1205", "1213"})
"""PostgreSQL: lock_not_available, deadlock_detected. MySQL: lock wait timeout, deadlock. SQLite's have names."""
_FIRST_PAUSE = 1.0
"""Seconds before the first retry, doubled for each further one; up to half of it more or less, at random."""
_BLINK = 0.05


class Retries:
    """The retries of one target. After an attempt was judged, `granted` says whether another one follows.

    `error` is why the latest retry was granted. `told` is what is recorded of it: which retry of how many, after
    how many seconds, and who was in the way.
    """

    def __init__(self, setting: Setting, target: Target) -> None:
        self._setting = setting
        self._endpoint = setting.endpoints[target]
        self._limit = self._endpoint.timeouts.table_lock_retries
        self._made: Counter[str] = Counter()
        address = parse(self._endpoint.url.reveal())
        self._rows_may_stay = address is not None and address.family == "mysql"
        self._wrote: frozenset[str] = frozenset()
        self.granted = False
        self.error: OrchestrateError | None = None
        self.told: Mapping[str, Any] = {}

    def judged(
        self, final: Mapping[str, Any], error: OrchestrateError | None, blockers: tuple[Blocker, ...]
    ) -> OrchestrateError | None:
        """Grant a retry after a worker's last word, or not; its error, with who was in the way."""
        self.granted = False
        if error is None or not _met_a_lock(final):
            return error
        revision = str(final["revision"])
        error = self._named(error, blockers, tried=self._made[revision] + 1)
        if self._made[revision] < self._limit and not self._setting.stop.requested:
            self._made[revision] += 1
            self._wrote = frozenset(final.get("wrote", ()))
            self.error = error
            self._grant(self._made[revision], blockers)
        return error

    def take(self, steps: Sequence[Step], *, safe: bool) -> Mapping[str, Any] | None:
        """How all that an attempt began and did not finish is tried again; None where it is not.

        `safe`: nothing is left of any of it, and nobody else was there since.
        """
        again = safe and bool(steps) and all(map(self._may_again, steps)) and not self._setting.stop.requested
        self.granted = self.granted and again
        return self.told if self.granted else None

    def due(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """The steps to try now, after the pause, which a request to stop cuts short; none without a retry."""
        if not self.granted:
            return ()
        end = time.monotonic() + self.told["seconds"]
        while (left := end - time.monotonic()) > 0 and not self._setting.stop.requested:
            time.sleep(min(left, _BLINK))
        return steps

    def _may_again(self, step: Step) -> bool:
        return step.atomic and not (self._rows_may_stay and step.revision in self._wrote)

    def _grant(self, retry: int, blockers: tuple[Blocker, ...]) -> None:
        seconds = _FIRST_PAUSE * 2 ** (retry - 1) * random.uniform(0.5, 1.5)  # noqa: S311 - nobody's secret
        self.granted = True
        self.told = {
            "retry": retry,
            "of": self._limit,
            "seconds": round(seconds, 1),
            "blockers": recorded(blockers),
        }

    def _named(self, error: OrchestrateError, blockers: tuple[Blocker, ...], tried: int) -> OrchestrateError:
        by = f"; blocked by {named(blockers)}" if blockers else ""
        times = f"; tried {tried} times" if tried > 1 else ""
        return type(error)(
            f"{error.what}{by}{times}", where=error.where, mend=self._mend(blockers), code=error.code
        )

    def _mend(self, blockers: tuple[Blocker, ...]) -> str:
        ends = [ending(self._endpoint, one.session) for one in blockers if one.session is not None]
        perhaps = "" if all(one.certain for one in blockers) else "perhaps "
        or_end = f", or end it ({perhaps}{'; '.join(ends)})" if ends else ""
        resume = f"orchestrate resume {self._setting.run_id}"
        return f"wait for the transaction that has the lock{or_end}, then: {resume}"


def _met_a_lock(final: Mapping[str, Any]) -> bool:
    """Whether a worker's last word is that a revision waited in vain for a lock, or met a deadlock."""
    code = str(final.get("error_code"))
    in_revision = final["say"] == "failed" and final.get("code") == "revision_failed" and final.get("revision")
    return bool(in_revision) and (code in _LOCKED or code.startswith("SQLITE_BUSY"))
