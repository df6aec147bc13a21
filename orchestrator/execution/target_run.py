"""One target through its plan: lock, look, reconcile, and then each revision as intent, act, observe, outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.core.divergence import State, applied, stand
from orchestrator.core.events import EventKind
from orchestrator.core.observations import Observation
from orchestrator.core.plan import Step, TargetPlan
from orchestrator.core.planner import explain
from orchestrator.core.reports import Failure, TargetResult
from orchestrator.core.run import Facts, StepRecord, reconcile
from orchestrator.databases.catalog import catalog, difference
from orchestrator.databases.locks import Holder, RunLock, acquire, wait_for_work
from orchestrator.databases.probe import probe
from orchestrator.errors import (
    DivergenceError,
    FailedError,
    InDoubtError,
    OrchestrateError,
    StalePlanError,
    UnavailableError,
)
from orchestrator.execution.checkpoints import Checkpoints
from orchestrator.execution.conversation import converse
from orchestrator.execution.failures import failure_of
from orchestrator.execution.leftovers import Leftovers, leftovers
from orchestrator.execution.setting import Setting

_ORPHAN_SECONDS = 60.0
"""How long to wait for a server that still works for a run that died, before saying so and giving up."""


def run_target(setting: Setting, plan: TargetPlan) -> TargetResult:
    """Take one target as far as it goes; what can happen to a database is in the result, not raised.

    Raises JournalError alone: without a record nothing more may be done or claimed.
    """
    checkpoints = Checkpoints(setting, plan)
    try:
        wait = setting.endpoints[plan.target].timeouts.run_lock_wait
        with acquire(
            setting.endpoints[plan.target], setting.run_id, wait, _waiting(setting, plan, "run lock")
        ) as lock:
            _TargetRun(setting, plan, checkpoints, lock).run()
    except OrchestrateError as error:
        return checkpoints.result(Failure.of(error))
    return checkpoints.result(None)


def _waiting(setting: Setting, plan: TargetPlan, lock: str) -> Callable[[Holder | None], None]:
    def tell(holder: Holder | None) -> None:
        setting.tell(EventKind.LOCK_WAITING, plan.target, lock=lock, holder=str(holder or "somebody"))

    return tell


class _TargetRun:
    """Drives one target that is locked; raises what keeps it from going on, with everything recorded."""

    def __init__(self, setting: Setting, plan: TargetPlan, checkpoints: Checkpoints, lock: RunLock) -> None:
        self._setting = setting
        self._plan = plan
        self._checkpoints = checkpoints
        self._lock = lock
        self._target = plan.target
        self._endpoint = setting.endpoints[plan.target]
        self._graph = setting.graphs[plan.target]
        self._transactional = False
        self._home: str | None = None
        self._before: Mapping[str, str] | None = None

    def run(self) -> None:
        """The steps that are left, one by one, until all are applied or one stops it."""
        self._wait_for_the_dead()
        remaining = self._reconciled()
        if not remaining or self._setting.stop.requested:
            return
        try:
            final = converse(self._setting, self._target, self._request(remaining), self)
        except OrchestrateError:
            self._settle({"say": "stopped"})
            raise
        self._settle(final)

    # --- before anything is changed ---

    def _wait_for_the_dead(self) -> None:
        wait_for_work(self._lock, _ORPHAN_SECONDS, _waiting(self._setting, self._plan, "work lock"))

    def _reconciled(self) -> tuple[Step, ...]:
        """The steps that are left, after the recovered ones were recorded; raises where it must not go on."""
        observation, has = self._observe()
        if has is None:
            raise self._unplaced(observation)
        self._checkpoints.heads = observation.heads
        # A schema that env.py names itself is compared by name; one that it takes from the search path, by this.
        self._home = observation.schema if self._endpoint.version_table_schema is None else None
        facts = Facts(has, observation.transactional, self._untouched(observation))
        left = reconcile(self._plan, self._setting.resumed, facts, self._graph)
        if left.conflict is not None:
            raise StalePlanError(left.conflict, where=str(self._target), mend=self._setting.plan.again)
        for step in self._plan.steps[: len(self._plan.steps) - len(left.remaining)]:
            if step.revision in left.recovered:
                self._checkpoints.recovered(step.revision)
            else:
                self._checkpoints.done_before(step.revision)
        if left.doubt is not None:
            raise self._doubt(left.doubt)
        return left.remaining

    def _untouched(self, observation: Observation) -> bool | None:
        """Whether the step that was cut off left nothing: on SQLite an unchanged schema proves it."""
        record = self._setting.resumed.started_step(self._target) if self._setting.resumed else None
        if observation.family != "sqlite" or record is None or "catalog" not in record.body:
            return None
        return not self._changes(record.body["catalog"])

    def _doubt(self, revision: str) -> InDoubtError:
        self._checkpoints.still_in_doubt(revision)
        record = self._recorded(revision)
        changes = self._changes(record.body.get("catalog"))
        since = (
            f"since then: {'; '.join(changes)}" if changes else "what is left of it cannot be told from outside"
        )
        what = f"revision {revision}, started {record.at:%Y-%m-%d %H:%M:%S} UTC, may be half applied; {since}"
        return InDoubtError(what, where=str(self._target), mend=self._settling)

    def _recorded(self, revision: str) -> StepRecord:
        if self._setting.resumed is None:
            raise LookupError("only a run that is resumed can find a step in doubt")
        return self._setting.resumed.record(self._target, revision)

    # --- the steps ---

    def _request(self, steps: tuple[Step, ...]) -> Mapping[str, Any]:
        endpoint, project = self._endpoint, self._setting.projects[self._target]
        return {
            "do": "upgrade",
            "config": str(project.config),
            "section": project.section,
            "url": endpoint.url.reveal(),
            "x_arguments": list(endpoint.x_arguments),
            "steps": [{"revision": step.revision, "digest": step.digest} for step in steps],
            "heads": list(self._checkpoints.heads),
            "version_table": endpoint.version_table,
            "version_table_schema": endpoint.version_table_schema,
            "transactions": str(project.transactions),
            "timeouts": {"table_lock": endpoint.timeouts.table_lock, "statement": endpoint.timeouts.statement},
            "guard": {**self._lock.guard.request(), "home": self._home},
        }

    def admitted(self, message: Mapping[str, Any]) -> None:
        """The guard passed: record on what the project's code runs, since versions can change what it does."""
        heads, versions = list(self._checkpoints.heads), {**message["versions"], "driver": message["driver"]}
        deferred = bool(message["deferred"])
        self._setting.tell(
            EventKind.TARGET_STARTED, self._target, heads=heads, versions=versions, deferred=deferred
        )

    def intent(self, revision: str) -> bool:
        """Record that the revision is about to start; False where no further step may start."""
        if self._setting.stop.requested:
            return False
        if not self._lock.alive():
            what = "the run lock was lost with its connection; no further step was started"
            raise UnavailableError(what, where=str(self._target), mend=self._resume)
        undone_by_database = self._transactional and self._checkpoints.step(revision).atomic
        self._before = None if undone_by_database else catalog(self._endpoint)
        self._checkpoints.intent(revision, self._before)
        return True

    def committed(self, revision: str) -> None:
        """The worker says that a revision is committed; believed only when a fresh connection sees it."""
        observation, has = self._observe()
        if has is not None and revision in has:
            self._checkpoints.applied(revision, observation)

    # --- afterwards ---

    def _settle(self, final: Mapping[str, Any]) -> None:
        """Decide every step that was begun and not seen applied, from a fresh look; raises what went wrong."""
        if final["say"] != "finished":
            self._wait_for_the_dead()
        error = failure_of(self._setting, self._target, final)
        observation, has = self._observe()
        if has is None:
            raise error if error and not self._checkpoints.open else self._unplaced(observation)
        self._checkpoints.heads = observation.heads
        for revision in self._checkpoints.open:
            if revision in has:
                self._checkpoints.applied(revision, observation)
            else:
                error = self._undone(revision, final, error or self._unseen(revision), observation)
        if error is not None:
            raise error

    def _undone(
        self, revision: str, final: Mapping[str, Any], error: OrchestrateError, observation: Observation
    ) -> OrchestrateError:
        """Record a step that is not in the version table: failed cleanly, or in doubt with what was found."""
        left = leftovers(self._checkpoints.step(revision), final, self._changes(self._before), observation)
        if left.clean:
            self._checkpoints.failed(revision, str(error))
            return error
        before = dict(self._before or {})
        self._checkpoints.in_doubt(
            revision, reason=str(error), kept=list(left.kept), changes=list(left.changes), catalog=before
        )
        return self._half_done(revision, error, left)

    def _half_done(self, revision: str, error: OrchestrateError, left: Leftovers) -> InDoubtError:
        what = f"revision {revision} stopped half-way. {error.what}. Left in the database: {left}"
        return InDoubtError(what, where=str(self._target), mend=self._settling)

    def _unseen(self, revision: str) -> FailedError:
        what = f"env.py ended well, but the database does not have revision {revision}"
        mend = f"does env.py commit? See docs/troubleshooting.md; then: {self._resume}"
        return FailedError(what, where=str(self._target), mend=mend)

    # --- looking ---

    def _observe(self) -> tuple[Observation, frozenset[str] | None]:
        observation = probe(self._endpoint, self._setting.now)
        self._transactional = observation.transactional
        return observation, applied(self._graph, observation)

    def _changes(self, before: Mapping[str, str] | None) -> tuple[str, ...]:
        return () if before is None else difference(dict(before), catalog(self._endpoint))

    def _unplaced(self, observation: Observation) -> OrchestrateError:
        standing = stand(self._graph, observation)
        what, mend = explain(observation, standing)
        unavailable = standing.state in (State.DENIED, State.UNREACHABLE)
        if self._checkpoints.open:
            revisions = ", ".join(self._checkpoints.open)
            what = f"{what}; what became of revision {revisions} is not known until it answers"
            mend = self._resume
        kind = UnavailableError if unavailable else DivergenceError
        return kind(what, where=str(self._target), mend=mend)

    @property
    def _resume(self) -> str:
        return f"orchestrate resume {self._setting.run_id}"

    @property
    def _settling(self) -> str:
        resolve = f"orchestrate resolve {self._setting.run_id} {self._target} --not-applied --reason '…'"
        return f"undo what is left of it, then: {resolve} && {self._resume}"
