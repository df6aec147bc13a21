"""One target through its plan: lock, look, reconcile, and then each revision as intent, act, observe, outcome."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.core.divergence import applied, stand
from orchestrator.core.doubt import doubt_of
from orchestrator.core.events import EventKind
from orchestrator.core.failure import Failure
from orchestrator.core.observations import Observation
from orchestrator.core.plan import Action, PlanKind, Step, TargetPlan
from orchestrator.core.reports import TargetResult
from orchestrator.core.run import doubtful_step, reconcile
from orchestrator.core.step_record import Progress
from orchestrator.core.world import refusal
from orchestrator.databases.catalog import catalog
from orchestrator.errors import (
    FailedError,
    InDoubtError,
    LockedError,
    OrchestrateError,
    StalePlanError,
    UnavailableError,
    WrongDatabaseError,
)
from orchestrator.execution.checkpoints import Checkpoints
from orchestrator.execution.claim import Claim
from orchestrator.execution.conversation import converse
from orchestrator.execution.doubt import recorded, seen_now
from orchestrator.execution.facts import facts_of
from orchestrator.execution.failures import CANCELLED, failure_of
from orchestrator.execution.gates import refuse_vetoed
from orchestrator.execution.leftovers import left_behind
from orchestrator.execution.look import look
from orchestrator.execution.request import upgrade_request
from orchestrator.execution.retry import Retries
from orchestrator.execution.setting import Setting
from orchestrator.execution.statements import StatementLog
from orchestrator.execution.target_lock import Stopped, TargetLock
from orchestrator.execution.undone import Undone, undone
from orchestrator.execution.watch import Watch
from orchestrator.faults import FaultPoint


def run_target(setting: Setting, plan: TargetPlan, claim: Claim) -> TargetResult:
    """Take one target as far as it goes; what can happen to a database or to the journal is in the result."""
    checkpoints = Checkpoints(setting, plan, claim)
    try:
        with TargetLock(setting, plan.target) as lock:
            sys.audit(FaultPoint.RUN_LOCK_TAKEN)
            # Its end is recorded while the lock is held: the last word on a target is whose lock it was.
            return _locked(setting, plan, checkpoints, lock)
    except OrchestrateError as error:
        return checkpoints.result(Failure.of(error))
    except Stopped:
        return checkpoints.result(None)


def _locked(setting: Setting, plan: TargetPlan, checkpoints: Checkpoints, lock: TargetLock) -> TargetResult:
    try:
        _TargetRun(setting, plan, checkpoints, lock).run()
    except OrchestrateError as error:
        return checkpoints.result(_failure(setting, error))
    return checkpoints.result(None)


def _failure(setting: Setting, error: OrchestrateError) -> Failure:
    """The error as a value; a cancellation that left a known state is no failure but what was asked for."""
    failure, asked = Failure.of(error), setting.stop.exit
    return replace(failure, exit=asked) if error.code == CANCELLED and asked is not None else failure


class _TargetRun:
    """Drives one target that is locked; raises what keeps it from going on, with everything recorded."""

    def __init__(self, setting: Setting, plan: TargetPlan, checkpoints: Checkpoints, lock: TargetLock) -> None:
        self._setting = setting
        self._plan = plan
        self._checkpoints = checkpoints
        self._lock = lock
        self._target = plan.target
        self._endpoint = setting.endpoints[plan.target]
        self._graph = setting.graphs[plan.target]
        self._transactional = False
        self._home: str | None = None
        self._before: dict[str, Mapping[str, str] | None] = {}
        self._statements = StatementLog(checkpoints.statements)
        self.executed = checkpoints.executed
        self._retries = Retries(setting, plan.target)
        self._watch = Watch(setting, plan.target, lock.alive)
        self._resumed = setting.resumed

    def run(self) -> None:
        """The steps that are left, one by one, until all are applied or one stops it."""
        self._lock.wait_to_begin()
        remaining = self._reconciled()
        try:
            while remaining and not self._setting.stop.requested:
                self._attempt(remaining)
                remaining = self._retries.due(self._checkpoints.left(remaining))
        finally:
            given_up = self._checkpoints.give_up()
        if given_up and self._retries.error is not None:
            raise self._retries.error

    def _attempt(self, steps: tuple[Step, ...]) -> None:
        guard = {**self._lock.guard.request(), "home": self._home}
        request = upgrade_request(self._setting, self._target, steps, self._checkpoints.heads, guard=guard)
        self._watch = Watch(self._setting, self._target, self._lock.alive)
        try:
            with self._watch:
                final = converse(self._setting, self._target, request, self)
        except OrchestrateError as error:
            self._settle({"say": "abandoned"}, error)
            raise
        failure = failure_of(self._setting, self._target, final)
        self._settle(final, self._retries.judged(final, failure, self._watch.blockers))

    # --- before anything is changed ---

    def _reconciled(self) -> tuple[Step, ...]:
        """The steps that are left, after the recovered ones were recorded; raises where it must not go on."""
        observation, has = self._observe(self._lock)
        if has is None:
            raise self._unplaced(observation)
        self._checkpoints.observed(observation)
        # A schema that env.py names itself is compared by name; one that it takes from the search path, by this.
        self._home = observation.schema if self._endpoint.version_table_schema is None else None
        self._read_again(observation, has)
        self._checkpoints.taken()
        facts = facts_of(self._endpoint, observation, has, self._resumed)
        left = reconcile(self._plan, self._resumed, facts, self._graph)
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

    def _read_again(self, observation: Observation, has: frozenset[str]) -> None:
        """What was recorded of the target since this run was prepared; raises InDoubtError where others died."""
        latest = self._setting.journal.news(self._target, self._setting.resumed)
        if latest is None:
            return
        if latest.id == self._setting.run_id:
            self._resumed = latest
            return
        facts = facts_of(self._endpoint, observation, has, latest)
        if (revision := doubtful_step(latest, self._target, facts)) is not None:
            doubt = doubt_of(latest, self._target, revision)
            raise InDoubtError(doubt.what, where=str(self._target), mend=f"orchestrate resume {latest.id}")

    def _doubt(self, revision: str) -> InDoubtError:
        if self._resumed is None:
            raise LookupError("only a run that is resumed can find a step in doubt")
        doubt = seen_now(self._endpoint, self._resumed, revision)
        self._checkpoints.doubtful(doubt)
        since = f"since then: {left_behind(doubt.changes)}" if doubt.changes else left_behind(())
        return InDoubtError(f"{doubt.what}; {since}", where=str(self._target), mend=doubt.mend)

    # --- the steps ---

    def admitted(self, message: Mapping[str, Any]) -> None:
        """The guard passed: record on what the project's code runs, since versions can change what it does."""
        sys.audit(FaultPoint.WORKER_ADMITTED)
        heads, versions, deferred = list(self._checkpoints.heads), message["versions"], bool(message["deferred"])
        self._checkpoints.ran_on = {name: text for name, text in versions.items() if name != "process"}
        self._setting.tell(
            EventKind.TARGET_STARTED, self._target, heads=heads, versions=versions, deferred=deferred
        )

    def intent(self, revision: str, *, autocommit: bool) -> bool:
        """Record that the revision is about to start; False where no further step may start."""
        if self._setting.stop.requested:
            return False
        if not self._lock.alive():
            what = "the run lock was lost with its connection; no further step was started"
            raise UnavailableError(what, where=str(self._target), mend=self._resume)
        if autocommit:
            self._checkpoints.not_atomic(revision)
        step = self._checkpoints.step(revision)
        before = None if self._transactional and step.atomic else catalog(self._endpoint)
        refuse_vetoed(self._setting, [replace(self._plan, steps=(step,))], self._target)
        self._checkpoints.intent(revision, before, autocommit=autocommit)
        self._before[revision] = before
        self._watch.begun(revision)
        return True

    def statements(self, revision: str, progress: Progress, told: Sequence[tuple[int, str]]) -> None:
        """Record what the database keeps of the revision before it has ended."""
        self._statements.told(revision, progress, told)

    def committed(self, revision: str) -> None:
        """The worker says that a revision is committed; believed only when another connection sees it."""
        self._watch.ended()
        observation, has = self._observe(self._lock)
        if has is not None and self._checkpoints.step(revision).done(has):
            self._checkpoints.applied(revision, observation)

    # --- afterwards ---

    def _settle(self, final: Mapping[str, Any], error: OrchestrateError | None) -> None:
        """Decide every step that was begun and not seen done, from another look; raises what went wrong.

        After anything but a good end it is on a new connection: what went wrong may have reached the lock's.
        """
        ended = final["say"] == "finished"
        if not ended:
            self._wait_to_judge(error)
        observation, has = self._observe(self._lock if ended else None)
        if has is None:
            raise error if error and not self._checkpoints.open else self._unplaced(observation)
        self._checkpoints.observed(observation)
        for revision in self._checkpoints.open:
            if self._checkpoints.step(revision).done(has):
                self._checkpoints.applied(revision, observation)
        error = self._judge(final, error, observation)
        if error is not None and not self._retries.granted:
            raise error

    def _wait_to_judge(self, error: OrchestrateError | None) -> None:
        """Until the target may be judged; raises where it may not, and what is open then stays open."""
        try:
            self._lock.wait_to_judge()
        except (LockedError, UnavailableError) as unsettled:
            if not self._checkpoints.open:
                raise error or unsettled from None
            raise self._unknown(unsettled, str(error.what) if error else None) from None

    def _judge(
        self, final: Mapping[str, Any], error: OrchestrateError | None, observation: Observation
    ) -> OrchestrateError | None:
        """Record each step that the version table does not show: to be retried, failed cleanly, or in doubt."""
        begun = [self._checkpoints.step(revision) for revision in self._checkpoints.open]
        if begun:
            self._statements.settle()
        found = [undone(self._endpoint, s, self._before[s.revision], final, observation) for s in begun]
        retry = self._retries.take(begun, safe=self._lock.kept and all(one.left.clean for one in found))
        for one in found:
            error = error or self._unseen(one.step.revision)
            if one.left.clean:
                self._checkpoints.failed(one.step.revision, str(error), retry)
            else:
                error = self._half_done(one, error)
        return error

    def _half_done(self, one: Undone, error: OrchestrateError) -> OrchestrateError:
        revision = one.step.revision
        self._checkpoints.in_doubt(revision, reason=str(error), **one.found)
        doubt = recorded(self._setting, self._target, self._checkpoints.step(revision))
        self._checkpoints.doubtful(doubt)
        what = f"revision {revision} stopped half-way. {error.what}. Left in the database: {one.left}"
        # A connection that went elsewhere is the graver of the two, and the step's outcome is recorded anyway.
        kind = WrongDatabaseError if isinstance(error, WrongDatabaseError) else InDoubtError
        return kind(what, where=str(self._target), mend=doubt.mend)

    def _unseen(self, revision: str) -> FailedError:
        state = "still has" if self._reverts(revision) else "does not have"
        what = f"env.py ended well, but the database {state} revision {revision}"
        mend = f"does env.py commit? See docs/troubleshooting.md; then: {self._resume}"
        return FailedError(what, where=str(self._target), mend=mend)

    def _reverts(self, revision: str) -> bool:
        return self._checkpoints.step(revision).action is Action.DOWNGRADE

    # --- looking ---

    def _observe(self, lock: TargetLock | None = None) -> tuple[Observation, frozenset[str] | None]:
        observation = look(self._setting, self._target, lock, patient=bool(self._checkpoints.open))
        self._transactional = observation.transactional
        if self._setting.plan.kind is PlanKind.ADOPT and observation.adoptable:
            return observation, frozenset()
        return observation, applied(self._graph, observation)

    def _unplaced(self, observation: Observation) -> OrchestrateError:
        error = refusal(observation, stand(self._graph, observation))
        if error is None:
            raise LookupError("only a target that cannot be placed is asked for why")
        return self._unknown(error) if self._checkpoints.open else error

    def _unknown(self, error: OrchestrateError, cause: str | None = None) -> OrchestrateError:
        """The same kind of error, saying that the outcome of what was begun is not known."""
        before = f"{cause}; then: " if cause else ""
        unknown = f"what became of revision {', '.join(self._checkpoints.open)} is not known yet"
        return type(error)(
            f"{before}{error.what}; {unknown}", where=str(self._target), mend=self._resume, code=error.code
        )

    @property
    def _resume(self) -> str:
        return f"orchestrate resume {self._setting.run_id}"
