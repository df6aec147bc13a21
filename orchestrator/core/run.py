"""What a run has done, from its events; and what is left of it, given the facts.

`reconcile` is the only place where the journal (the intent) and an observation (the fact) meet. When they
disagree the fact wins. Pure.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from orchestrator.core import plan_json as plans
from orchestrator.core import step_record
from orchestrator.core.events import Event, EventKind
from orchestrator.core.gates.decisions import Waiver
from orchestrator.core.observations import Observation, another
from orchestrator.core.plan import Action, Plan, Step, TargetPlan, at
from orchestrator.core.revisions import Graph
from orchestrator.core.step_record import StepRecord, StepState
from orchestrator.core.targets import Target


class Outcome(StrEnum):
    """How a run ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"
    IN_DOUBT = "in_doubt"
    NOTHING_TO_DO = "nothing_to_do"
    TAKEN_BACK = "taken_back"
    """A person gave up what was left of it."""


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of one plan, as far as the journal tells. `outcome` is None while it is open."""

    id: str
    plan: Plan
    command: str
    actor: str
    started_at: datetime
    last_event_at: datetime
    finished_at: datetime | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    """Why, as a person wrote it; a rollback and an adoption have one."""
    steps: Mapping[tuple[Target, str], StepRecord] = field(default_factory=dict)
    last_sequence: int = 0
    """The journal's number of the last event that is in this."""
    verified: frozenset[tuple[str, int]] = frozenset()
    """The waves whose `verify` passed, and has not failed since, by environment and number."""
    checked: frozenset[str] = frozenset()
    """The environments whose `verify` passed, and has not failed since."""
    hooks: frozenset[tuple[str, str, int]] = frozenset()
    """The programs that passed: the environment, whether `before` or `after` it, and the number among those."""
    stopped_by: str | None = None
    """Why it went no further, beside what its targets say: a wave's `verify`, a spent failure budget."""
    waivers: tuple[Waiver, ...] = ()
    """The gates that a person let it pass, when it began or when it was taken up again."""

    @property
    def open(self) -> bool:
        """Whether it has not ended: it runs now, or it was cut off."""
        return self.outcome is None

    def started_step(self, target: Target) -> StepRecord | None:
        """The record of the target's step that was started and has no outcome, if there is one."""
        records = (self.record(target, step.revision) for step in self.steps_of(target))
        return next((record for record in records if record.state is StepState.STARTED), None)

    def steps_of(self, target: Target) -> tuple[Step, ...]:
        """The steps planned for the target; none for a target that is not in the plan."""
        plan = self.plan.by_target.get(target)
        return plan.steps if plan else ()

    def elsewhere(self, target: Target, identity: str | None) -> bool:
        """Whether the run knew the target as another database than the one of that identity."""
        plan = self.plan.by_target.get(target)
        return plan is not None and another(plan.identity, identity)

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do: it ended well, or what was left was given up."""
        return self.outcome in (Outcome.SUCCEEDED, Outcome.NOTHING_TO_DO, Outcome.TAKEN_BACK)

    def finished(self, target: Target) -> bool:
        """Whether every step planned for the target is recorded as applied."""
        return all(self.record(target, step.revision).state is StepState.APPLIED for step in self.steps_of(target))

    def with_finished(self, targets: Mapping[Target, datetime]) -> Run:
        """The same with every step of these targets as applied, by the end that was recorded of each."""
        records = {target: StepRecord(StepState.APPLIED, at) for target, at in targets.items()}
        done = {(t, step.revision): record for t, record in records.items() for step in self.steps_of(t)}
        return replace(self, steps={**self.steps, **done})

    def record(self, target: Target, revision: str) -> StepRecord:
        """What is recorded of a step; PLANNED where nothing is."""
        return self.steps.get((target, revision), StepRecord(StepState.PLANNED, self.started_at))


def fold(events: Iterable[Event]) -> Run | None:
    """The run that its events tell of, in order; None for no events.

    Raises ValueError where the first event is not the start of a run; KeyError, TypeError or ValueError where a
    body is not what was recorded.
    """
    run: Run | None = None
    event: Event | None = None
    steps: dict[tuple[Target, str], StepRecord] = {}
    for event in events:
        if not isinstance(event.body, Mapping):
            raise TypeError(f"the body of a {event.kind} is no object")
        run = _begun(event, steps) if run is None else _continued(run, event)
        if event.target is not None and event.revision is not None:
            key = event.target, event.revision
            if (record := step_record.after(event, steps.get(key))) is not None:
                steps[key] = record
    if run is None or event is None:
        return None
    return replace(run, last_event_at=event.at, last_sequence=event.sequence or 0)


def _begun(event: Event, steps: Mapping[tuple[Target, str], StepRecord]) -> Run:
    baseline = event.kind is EventKind.JOURNAL_REBUILT
    if event.kind is not EventKind.RUN_STARTED and not baseline:
        raise ValueError(f"run {event.run} does not begin with its start but with {event.kind}")
    return Run(
        id=event.run,
        plan=plans.from_json(event.body["plan"]),
        command=event.body["command"],
        actor=event.actor,
        started_at=event.at,
        last_event_at=event.at,
        finished_at=event.at if baseline else None,
        outcome=Outcome.SUCCEEDED if baseline else None,
        reason=event.body.get("reason"),
        waivers=_waivers(event),
        steps=steps,
        last_sequence=event.sequence or 0,
    )


def _continued(run: Run, event: Event) -> Run:
    match event.kind:
        case EventKind.RUN_FINISHED:
            outcome, why = Outcome(event.body["outcome"]), event.body.get("reason")
            return replace(run, outcome=outcome, finished_at=event.at, stopped_by=why)
        case EventKind.RUN_RESUMED:
            waivers = (*run.waivers, *_waivers(event))
            return replace(run, outcome=None, finished_at=None, stopped_by=None, waivers=waivers)
        case EventKind.WAVE_FINISHED if (verify := event.body["verify"]) is not None:
            wave = {(str(event.body["environment"]), int(event.body["number"]))}
            return replace(run, verified=run.verified | wave if verify == "passed" else run.verified - wave)
        case EventKind.ENVIRONMENT_VERIFIED:
            name = {str(event.body["environment"])}
            return replace(run, checked=run.checked | name if event.body["passed"] else run.checked - name)
        case EventKind.HOOK_FINISHED if event.body["passed"]:
            hook = str(event.body["environment"]), str(event.body["when"]), int(event.body["number"])
            return replace(run, hooks=run.hooks | {hook})
        case _:
            return run


def _waivers(event: Event) -> tuple[Waiver, ...]:
    return tuple(map(Waiver.parse, event.body.get("waivers", ())))


@dataclass(frozen=True, slots=True)
class Lost:
    """What a run did on a target and what is not there any more: revisions, and the run that recorded them."""

    run: str
    revisions: tuple[str, ...]
    elsewhere: bool = False
    """Whether the run worked in another database than the URL leads to now."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was observed of one target now.

    `applied` are all revisions it has. `transactional` says whether its database undoes a failed revision.
    `untouched` is whether its schema is as it was when the open step's intent was recorded, and that this
    proves that a step which commits only at its end left nothing behind; None where that cannot be told.
    """

    applied: frozenset[str]
    transactional: bool
    untouched: bool | None = None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What is left of one target's plan.

    `recovered` are done but were not recorded so; `remaining` are still to run, in order. `doubt` names a
    step that may be half applied, `conflict` why the facts do not fit the plan; either forbids to go on.
    """

    recovered: tuple[str, ...] = ()
    remaining: tuple[Step, ...] = ()
    doubt: str | None = None
    conflict: str | None = None


def reconcile(plan: TargetPlan, run: Run | None, facts: Facts, graph: Graph) -> Reconciliation:
    """What is left of `plan` for a target that is as `facts` say, after what `run` recorded (None: nothing).

    The facts fit the plan only if the target has exactly what it had at first and the first n steps.
    """
    count = _steps_done(plan, facts.applied, graph)
    if count is None:
        return Reconciliation(conflict=_conflict(plan, facts.applied, graph))
    done, remaining = plan.steps[:count], plan.steps[count:]
    if run is None:
        return Reconciliation(remaining=remaining)
    recovered = tuple(
        step.revision for step in done if run.record(plan.target, step.revision).state is not StepState.APPLIED
    )
    doubtful = [step for step in remaining if _in_doubt(step, run.record(plan.target, step.revision), facts)]
    return Reconciliation(recovered, remaining, doubt=doubtful[0].revision if doubtful else None)


def doubtful_step(run: Run, target: Target, facts: Facts) -> str | None:
    """The revision that `run` left in doubt on the target, if the facts do not settle it."""
    for step in run.steps_of(target):
        if not step.done(facts.applied) and _in_doubt(step, run.record(target, step.revision), facts):
            return step.revision
    return None


def first_left(plans: Iterable[TargetPlan], done: Container[Target]) -> Target | None:
    """The first target that is to change and is not done; the first of them where all are, None where none is.

    Its run lock is held by a run that works beside its targets, so that is where to look for one.
    """
    moving = [plan.target for plan in plans if plan.steps]
    return next((target for target in moving if target not in done), moving[0] if moving else None)


def lost(run: Run, target: Target, has: frozenset[str]) -> tuple[str, ...]:
    """The steps that `run` recorded as done on the target and that it does not show any more, by their revisions.

    A backup was restored, or somebody reverted them by hand; the database is right all the same.
    """
    done = (s for s in run.steps_of(target) if run.record(target, s.revision).state is StepState.APPLIED)
    return tuple(step.revision for step in done if not step.done(has))


def gone(observation: Observation, run: Run | None, graph: Graph) -> Observation:
    """What was observed of a target that is not there, with what `run` recorded of it: it was there once."""
    had = left(run, observation.target, graph) if run is not None and observation.absent else frozenset()
    if run is None or not had:
        return observation
    what = f"{observation.detail}: it is gone since run {run.id} left it at {at(graph.top(had))}"
    mend = "was it dropped, renamed or moved? restore it from a backup, or take it out of environments.yaml"
    return replace(observation, detail=what, mend=f"{mend}; only to begin it anew, empty: {observation.mend}")


def left(run: Run, target: Target, graph: Graph) -> frozenset[str]:
    """The revisions that the target had after what `run` recorded; those in no script any more are left out."""
    plan = run.plan.by_target.get(target)
    has = graph.ancestors(head for head in plan.start if head in graph) if plan else frozenset()
    for step in run.steps_of(target):
        if step.revision in graph and run.record(target, step.revision).state is StepState.APPLIED:
            has = step.after(has, graph)
    return has


def _in_doubt(step: Step, record: StepRecord, facts: Facts) -> bool:
    """Whether a step that the version table does not show may have left something behind; a stamp is a row."""
    if step.action is Action.STAMP:
        return False
    match record.state:
        case StepState.IN_DOUBT:
            return True
        case StepState.STARTED:
            undone = facts.transactional or facts.untouched is True
            return not (undone and step.atomic and not record.body.get("autocommit"))
        case _:
            return False


def _steps_done(plan: TargetPlan, applied: frozenset[str], graph: Graph) -> int | None:
    expected = graph.ancestors(plan.start)
    for count, step in enumerate(plan.steps):
        if expected == applied:
            return count
        expected = step.after(expected, graph)
    return len(plan.steps) if expected == applied else None


def _conflict(plan: TargetPlan, applied: frozenset[str], graph: Graph) -> str:
    planned = f"the plan goes from {at(plan.start)} to {at(plan.end)}"
    return f"{planned}, but the database is at {at(graph.top(applied))}"
