"""One target through its plan: lock, look, reconcile, and then each revision as intent, act, observe, outcome."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.core.divergence import State, applied, stand
from orchestrator.core.events import EventKind
from orchestrator.core.observations import Observation
from orchestrator.core.plan import Step, TargetPlan
from orchestrator.core.planner import explain
from orchestrator.core.reports import Failure, Result, StepResult, TargetResult
from orchestrator.core.run import Facts, Reconciliation, StepState, reconcile
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
from orchestrator.execution.conversation import converse
from orchestrator.execution.failures import failure_of
from orchestrator.execution.setting import Setting

_ORPHAN_SECONDS = 60.0
"""How long to wait for a server that still works for a run that died, before saying so and giving up."""


class TargetRun:
    """Drives one target. `run` never raises what can happen to a database: it is in the result."""

    def __init__(self, setting: Setting, plan: TargetPlan) -> None:
        self._setting = setting
        self.plan = plan
        self.target = plan.target
        self._endpoint = setting.endpoints[plan.target]
        self._graph = setting.graphs[plan.target]
        self._outcomes: dict[str, StepResult] = {}
        self._open: dict[str, float] = {}
        self._before: dict[str, str] | None = None
        self._end = plan.start

    # --- the whole ---

    def run(self) -> TargetResult:
        """Take the target as far as it goes, and say how far that was."""
        try:
            with self._lock() as lock:
                self._wait_for_the_dead()
                remaining = self._reconciled()
                if remaining:
                    self._setting.tell(EventKind.TARGET_STARTED, self.target, heads=list(self._end))
                    self._apply(remaining, lock)
        except OrchestrateError as error:
            return self._result(Failure.of(error))
        return self._result(None)

    def _result(self, failure: Failure | None) -> TargetResult:
        steps = tuple(
            self._outcomes.get(step.revision, StepResult(step.revision, step.message, "not_started"))
            for step in self.plan.steps
        )
        outcomes = {step.outcome for step in steps}
        if failure is None and outcomes <= {"not_started"}:
            result = Result.NOT_STARTED if self.plan.steps else Result.NOTHING_TO_DO
        elif "in_doubt" in outcomes or (failure is not None and failure.code == InDoubtError.code):
            result = Result.IN_DOUBT
        elif failure is not None:
            result = Result.FAILED
        else:
            result = Result.APPLIED if "not_started" not in outcomes else Result.NOT_STARTED
        self._setting.tell(
            EventKind.TARGET_FINISHED,
            self.target,
            result=str(result),
            heads=list(self._end),
            **({"code": failure.code, "message": failure.message, "mend": failure.mend} if failure else {}),
        )
        return TargetResult(self.target, result, self.plan.start, self._end, steps, failure)

    # --- before anything is changed ---

    def _lock(self) -> RunLock:
        wait = self._endpoint.timeouts.run_lock_wait
        return acquire(self._endpoint, self._setting.run_id, wait, self._waiting("run lock"))

    def _waiting(self, what: str) -> Callable[[Holder | None], None]:
        def tell(holder: Holder | None) -> None:
            self._setting.tell(EventKind.LOCK_WAITING, self.target, lock=what, holder=str(holder or "somebody"))

        return tell

    def _wait_for_the_dead(self) -> None:
        wait_for_work(self._endpoint, _ORPHAN_SECONDS, self._waiting("work lock"))

    def _reconciled(self) -> tuple[Step, ...]:
        """The steps that are left, after the recovered ones were recorded; raises where it must not go on."""
        observation = self._observe()
        left = reconcile(self.plan, self._setting.resumed, self._facts(observation), self._graph)
        if left.conflict is not None:
            mend = f"orchestrate plan {self._setting.plan.source or ''} {self._setting.plan.through}".replace(
                "  ", " "
            )
            raise StalePlanError(left.conflict, where=str(self.target), mend=mend)
        self._record_recovered(left)
        if left.doubt is not None:
            raise self._doubt(left.doubt)
        return left.remaining

    def _record_recovered(self, left: Reconciliation) -> None:
        remaining = {step.revision for step in left.remaining}
        for step in self.plan.steps:
            if step.revision in remaining:
                continue
            if step.revision in left.recovered:
                self._setting.tell(EventKind.STEP_RECOVERED, self.target, step.revision, message=step.message)
                self._outcomes[step.revision] = StepResult(step.revision, step.message, "recovered")
            else:
                self._outcomes[step.revision] = StepResult(step.revision, step.message, "applied")

    def _doubt(self, revision: str) -> InDoubtError:
        self._outcomes[revision] = StepResult(revision, self._step(revision).message, "in_doubt")
        run, target = self._setting.run_id, self.target
        record = self._setting.resumed.record(target, revision) if self._setting.resumed else None
        left = self._left_behind(record.body.get("catalog") if record else None)
        since = f"{record.at:%Y-%m-%d %H:%M:%S} UTC" if record else "an unknown time"
        what = f"revision {revision} was started at {since} and may be half applied"
        if left:
            what += f"; since then: {'; '.join(left)}"
        mend = f'undo what is left of it, then: orchestrate resolve {run} {target} --not-applied --reason "…"'
        return InDoubtError(what, where=str(target), mend=mend)

    def _facts(self, observation: Observation) -> Facts:
        has = applied(self._graph, observation)
        if has is None:
            raise self._unplaced(observation)
        self._end = observation.heads
        return Facts(has, observation.transactional, self._untouched(observation))

    def _untouched(self, observation: Observation) -> bool | None:
        """Whether the open step left nothing: SQLite undoes data with the process, so its schema tells all."""
        if observation.family != "sqlite" or self._setting.resumed is None:
            return None
        for step in self.plan.steps:
            record = self._setting.resumed.record(self.target, step.revision)
            if record.state is StepState.STARTED and "catalog" in record.body:
                return step.atomic and not self._left_behind(record.body["catalog"])
        return None

    # --- the steps ---

    def _apply(self, steps: tuple[Step, ...], lock: RunLock) -> None:
        final = converse(
            self._setting,
            self.target,
            self._request(steps, lock),
            on_intent=lambda revision: self._intent(revision, lock),
            on_committed=self._committed,
        )
        self._settle(final)

    def _request(self, steps: tuple[Step, ...], lock: RunLock) -> Mapping[str, Any]:
        endpoint, project = self._endpoint, self._setting.projects[self.target]
        timeouts = {"table_lock": endpoint.timeouts.table_lock, "statement": endpoint.timeouts.statement}
        return {
            "do": "upgrade",
            "config": str(project.config),
            "section": project.section,
            "url": endpoint.url.reveal(),
            "x_arguments": list(endpoint.x_arguments),
            "steps": [{"revision": step.revision, "digest": step.digest} for step in steps],
            "heads": list(self._end),
            "version_table": endpoint.version_table,
            "version_table_schema": endpoint.version_table_schema,
            "transactions": str(project.transactions),
            "timeouts": timeouts,
            "guard": lock.guard.request(),
        }

    def _intent(self, revision: str, lock: RunLock) -> bool:
        """Record that the revision is about to start; False where no further step may start."""
        if self._setting.stop.requested:
            return False
        if not lock.alive():
            self._setting.tell(
                EventKind.WARNING, self.target, message="the run lock was lost; no further step starts"
            )
            raise UnavailableError(
                "the run lock was lost with its connection", where=str(self.target), mend=self._resume
            )
        step = self._step(revision)
        body: dict[str, Any] = {"message": step.message, "digest": step.digest, "heads": list(self._end)}
        if not (self._end_family_transactional and step.atomic):
            self._before = catalog(self._endpoint)
            body["catalog"] = self._before
        self._setting.tell(EventKind.STEP_INTENT, self.target, revision, **body)
        self._open[revision] = time.monotonic()
        return True

    def _committed(self, revision: str) -> None:
        """The worker says that a revision is committed; believed only when a fresh connection sees it."""
        observation = self._observe()
        has = applied(self._graph, observation)
        if has is None or revision not in has:
            return  # left open: what became of it is settled at the end
        self._record_applied(revision, observation)

    def _record_applied(self, revision: str, observation: Observation) -> None:
        seconds = round(time.monotonic() - self._open.pop(revision), 3)
        self._end = observation.heads
        message = self._step(revision).message
        self._outcomes[revision] = StepResult(revision, message, "applied", seconds)
        self._setting.tell(
            EventKind.STEP_APPLIED,
            self.target,
            revision,
            message=message,
            heads=list(observation.heads),
            seconds=seconds,
            done=sum(result.outcome in ("applied", "recovered") for result in self._outcomes.values()),
            of=len(self.plan.steps),
        )

    # --- afterwards ---

    def _settle(self, final: Mapping[str, Any]) -> None:
        """Decide every step that was started and not seen applied, from a fresh look; raises what went wrong."""
        if final["say"] != "finished":
            self._wait_for_the_dead()
        observation = self._observe()
        has = applied(self._graph, observation)
        error = failure_of(self._setting, self.target, final)
        for revision in tuple(self._open):
            if has is None:
                raise self._unplaced(observation)
            if revision in has:
                self._record_applied(revision, observation)
            else:
                error = self._record_undone(revision, final, error, observation)
        self._end = observation.heads
        if error is not None and (final["say"] != "stopped" or self._open):
            raise error

    def _record_undone(
        self, revision: str, final: Mapping[str, Any], error: OrchestrateError | None, observation: Observation
    ) -> OrchestrateError:
        """A step that is not in the version table: failed cleanly, or in doubt with what was found of it."""
        del self._open[revision]
        step = self._step(revision)
        kept = list(final.get("kept", ())) if final.get("revision") in (None, revision) else []
        left = self._left_behind(self._before)
        clean = (observation.transactional and step.atomic) or self._nothing_left(final, kept, left, observation)
        told = error or FailedError(
            f"revision {revision} was reported as committed, but the database does not have it",
            where=str(self.target),
            mend=self._resume,
        )
        kind, outcome = (EventKind.STEP_FAILED, "failed") if clean else (EventKind.STEP_IN_DOUBT, "in_doubt")
        self._outcomes[revision] = StepResult(revision, step.message, outcome)
        body: dict[str, Any] = {"message": str(told), "step": step.message, "kept": kept, "changes": list(left)}
        if not clean:
            body["catalog"] = self._before
        self._setting.tell(kind, self.target, revision, **body)
        return told if clean else self._half_done(revision, told, kept, left)

    def _nothing_left(
        self, final: Mapping[str, Any], kept: list[str], left: tuple[str, ...], observation: Observation
    ) -> bool:
        """Whether a failed step provably left nothing although its database does not undo DDL.

        A worker that lived to tell knows which statements the database kept. One that died leaves only the
        schema to compare, which tells all on SQLite alone: there a dead process's data changes are undone.
        """
        if final["say"] == "failed":
            return not kept and not left
        return observation.family == "sqlite" and not left

    def _half_done(
        self, revision: str, told: OrchestrateError, kept: list[str], left: tuple[str, ...]
    ) -> InDoubtError:
        found = [*left, *(f"kept: {statement}" for statement in kept)] or ["what is left of it cannot be told"]
        what = f"revision {revision} failed half-way ({told.what}). {'; '.join(found)}"
        mend = (
            f"undo what is left of it, then: orchestrate resolve {self._setting.run_id} {self.target}"
            f' --not-applied --reason "…" && {self._resume}'
        )
        return InDoubtError(what, where=str(self.target), mend=mend)

    def _left_behind(self, before: Mapping[str, str] | None) -> tuple[str, ...]:
        return difference(dict(before), catalog(self._endpoint)) if before is not None else ()

    # --- looking ---

    def _observe(self) -> Observation:
        observation = probe(self._endpoint, self._setting.now)
        self._end_family_transactional = observation.transactional
        return observation

    def _unplaced(self, observation: Observation) -> OrchestrateError:
        standing = stand(self._graph, observation)
        what, mend = explain(observation, standing)
        unavailable = standing.state in (State.DENIED, State.UNREACHABLE)
        if unavailable and self._open:
            revisions = ", ".join(self._open)
            what = f"{what}; the outcome of revision {revisions} is not known until it answers"
            mend = self._resume
        kind = UnavailableError if unavailable else DivergenceError
        return kind(what, where=str(self.target), mend=mend)

    def _step(self, revision: str) -> Step:
        return next(step for step in self.plan.steps if step.revision == revision)

    @property
    def _resume(self) -> str:
        return f"orchestrate resume {self._setting.run_id}"
