"""Writes a step into the version table whose work a person did by hand: as Alembic's own step would, and no more.

It goes through the same worker as any step: env.py, guard, work lock, heads compared, read back on a fresh
connection. The person's word is recorded before the version table is written: whoever is cut off in between leaves
the step in doubt, never a revision that would be run again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.core.divergence import applied, stand
from orchestrator.core.events import EventKind
from orchestrator.core.observations import Observation
from orchestrator.core.plan import Action, Step, at
from orchestrator.core.step_record import Progress, Verdict
from orchestrator.core.targets import Target
from orchestrator.core.world import refusal
from orchestrator.databases.probe import probe
from orchestrator.errors import FailedError, OrchestrateError, RefusedError, StalePlanError, UnavailableError
from orchestrator.execution.conversation import converse
from orchestrator.execution.failures import failure_of
from orchestrator.execution.request import upgrade_request
from orchestrator.execution.setting import Setting
from orchestrator.execution.target_lock import Stopped, TargetLock


def write(setting: Setting, target: Target, steps: Sequence[Step], heads: tuple[str, ...], *, reason: str) -> None:
    """Write the steps of a target that is at `heads`, and record them as a person's, who gave that reason.

    The setting's run is the one that left them in doubt. Raises LockedError or UnavailableError where the target
    cannot be had, StalePlanError where it is not at `heads`, RefusedError where a stop was asked for, and what
    kept the version table from being written: then what is not recorded as applied is as much in doubt as before.
    """
    try:
        with setting.stop.on_signals(), TargetLock(setting, target) as lock:
            lock.wait_to_begin()
            _ByHand(setting, target, lock, reason).write(tuple(steps), heads)
    except Stopped:
        raise RefusedError("stopped before anything was written", where=str(target)) from None


class _ByHand:
    """The conversation about one target, whose run lock is held."""

    def __init__(self, setting: Setting, target: Target, lock: TargetLock, reason: str) -> None:
        self._setting = setting
        self._target = target
        self._lock = lock
        self._reason = reason
        self._endpoint = setting.endpoints[target]
        self._ran_on: Mapping[str, str] = {}
        self._again = f"orchestrate resolve {setting.run_id} {target} --applied --reason '…'"

    def write(self, steps: tuple[Step, ...], heads: tuple[str, ...]) -> None:
        """As `write` above."""
        observation, _ = self._observed()
        if observation.heads != heads or self._setting.journal.news(self._target, self._setting.resumed):
            what = f"it was shown at {at(heads)}; now it is at {at(observation.heads)}, or was worked on since"
            raise StalePlanError(what, where=str(self._target), mend=self._again)
        # A schema that env.py names itself is compared by name; one that it takes from the search path, by this.
        home = observation.schema if self._endpoint.version_table_schema is None else None
        guard = {**self._lock.guard.request(), "home": home}
        request = upgrade_request(self._setting, self._target, steps, heads, guard=guard, by_hand=True)
        final = converse(self._setting, self._target, request, self)
        if final["say"] != "finished":
            self._lock.wait_to_judge()
        self._settle(steps, failure_of(self._setting, self._target, final, self._again))

    def admitted(self, message: Mapping[str, Any]) -> None:
        """env.py is connected to the right database; nothing was changed yet."""
        self._ran_on = {name: text for name, text in message["versions"].items() if name != "process"}

    def intent(self, revision: str, *, autocommit: bool) -> bool:  # noqa: ARG002 - a row is written in one statement
        """Record the person's word; the version table is written next."""
        if self._setting.stop.requested:
            return False
        if not self._lock.alive():
            what = "the run lock was lost with its connection; nothing was written"
            raise UnavailableError(what, where=str(self._target), mend=self._again)
        told = {"reason": self._reason, "verdict": str(Verdict.APPLIED)}
        self._setting.tell(EventKind.STEP_RESOLVED, self._target, revision, **told)
        return True

    def statements(self, revision: str, progress: Progress, told: Sequence[tuple[int, str]]) -> None:
        """Nothing of the revision is run."""

    def executed(self, revision: str, statements: Sequence[Sequence[Any]], more: int) -> None:
        """Nothing of the revision is run."""

    def committed(self, revision: str) -> None:
        """Believed only when it was read back, when all is over."""

    def _settle(self, steps: Sequence[Step], error: OrchestrateError | None) -> None:
        """Record what a fresh connection sees; raises where that is not all of it."""
        observation, has = self._observed()
        planned = self._setting.plan.by_target[self._target].steps
        for step in steps:
            if not step.done(has):
                raise error or self._unwritten(step)
            told: dict[str, Any] = {"message": step.message, "heads": list(observation.heads), "by_hand": True}
            told["identity"] = observation.identity
            if step.action is not Action.UPGRADE:
                told["action"] = str(step.action)
            done = sum(one.done(has) for one in planned)
            told |= {"digest": step.digest, "done": done, "of": len(planned), "ran_on": dict(self._ran_on)}
            self._setting.tell(EventKind.STEP_APPLIED, self._target, step.revision, seconds=None, **told)

    def _unwritten(self, step: Step) -> OrchestrateError:
        if self._setting.stop.requested:
            return RefusedError("stopped before anything was written", where=str(self._target), mend=self._again)
        what = f"env.py ended well, but the version table does not show revision {step.revision} as done"
        return FailedError(what, where=str(self._target), mend=f"does env.py commit? Then: {self._again}")

    def _observed(self) -> tuple[Observation, frozenset[str]]:
        observation, graph = probe(self._endpoint, self._setting.now), self._setting.graphs[self._target]
        if (error := refusal(observation, stand(graph, observation))) is not None:
            raise error
        return observation, applied(graph, observation) or frozenset()
