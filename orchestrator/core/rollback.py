"""The plan that takes a run back: what it brought is reverted, in the opposite order, where nothing forbids it.

What a run brought to a target is told by the journal, and whether it is still there by an observation; a target
that is elsewhere than the run left it is not touched. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.core.divergence import State, stand
from orchestrator.core.downgrade import Downgrade
from orchestrator.core.events import Event, EventKind
from orchestrator.core.plan import Action, Plan, PlanKind, Step, TargetPlan, Wave, at
from orchestrator.core.run import Outcome, Run
from orchestrator.core.targets import Target
from orchestrator.core.world import Refusal, World, named, refuse, unfit
from orchestrator.errors import Problem, RefusedError


@dataclass(frozen=True, slots=True)
class Undoing:
    """What a rollback is derived from, beside the world.

    `since` is everything recorded from the run's start on, of all runs. `downgrades` holds each script's downgrade
    by the script's digest. `only` are the targets it is limited to; none for all of the run's.
    """

    run: Run
    since: Sequence[Event]
    downgrades: Mapping[str, Downgrade]
    only: tuple[Target, ...] = ()

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets to bring back, in the order in which the run came to them."""
        return tuple(plan.target for plan in self.run.plan.targets if not self.only or plan.target in self.only)


def rollback(world: World, undoing: Undoing) -> Plan:
    """The plan that brings each target back to the heads it had before the run, the last wave first.

    A target from which others took everything back already gets no steps. Raises RefusedError, DivergenceError,
    UnavailableError or InDoubtError, the most severe that applies, with all problems.
    """
    plans = {target: _target_plan(world, undoing, target) for target in undoing.targets}
    peers = {target: _downstream(world, target) for target in undoing.targets}
    looked_at = tuple(dict.fromkeys((*plans, *(peer for found in peers.values() for peer in found))))
    known = [target for target in looked_at if target in plans or not _unversioned(world, target)]
    refuse(
        (
            *unfit(world, known),
            *(reason for plan in plans.values() for reason in _irreversible(world, undoing, plan)),
            *(reason for plan in plans.values() for reason in _left_ahead(world, undoing, plans, plan)),
        ),
        "{n} things forbid to roll back run " + undoing.run.id,
    )
    waves = [
        Wave(tuple(plans[one.target] for one in wave.targets if one.target in plans))
        for wave in reversed(undoing.run.plan.waves)
    ]
    waves = [wave for wave in waves if wave.targets]
    return Plan(
        kind=PlanKind.ROLLBACK,
        source=None,
        through=waves[-1].targets[-1].target.environment,
        wanted=tuple(sorted({head for plan in waves[-1].targets for head in plan.end})),
        waves=tuple(waves),
        seen=tuple((target, world.observations[target].heads) for target in looked_at),
        modes=tuple(sorted(world.modes.items())),
        undoes=undoing.run.id,
        only=undoing.only,
    )


def brought(events: Iterable[Event], target: Target) -> dict[str, str]:
    """Which run brought each revision to the target, of those that nobody took back; the latest comes last."""
    found: dict[str, str] = {}
    for event in events:
        if event.target == target and event.revision and event.kind in _DONE:
            found.pop(event.revision, None)
            if event.body.get("action") != Action.DOWNGRADE:
                found[event.revision] = event.run
    return found


_DONE = (EventKind.STEP_APPLIED, EventKind.STEP_RECOVERED)


def _target_plan(world: World, undoing: Undoing, target: Target) -> TargetPlan:
    graph, seen, has = world.graphs[target], world.observations[target], world.applied(target)
    run, by = undoing.run, brought(undoing.since, target)
    here = [s for s in run.steps_of(target) if s.revision in has and by.get(s.revision, run.id) == run.id]
    steps = tuple(
        Step(s.revision, s.digest, s.message, graph.scripts[s.revision].atomic, Action.DOWNGRADE)
        for s in reversed(here)
    )
    end = run.plan.by_target[target].start if steps else seen.heads
    return TargetPlan(target, seen.heads, end, steps, seen.identity)


def _irreversible(world: World, undoing: Undoing, plan: TargetPlan) -> Iterator[Refusal]:
    """Everything that forbids to take back what the run brought to a target that can be read."""
    if not stand(world.graphs[plan.target], world.observations[plan.target]).state.placed:
        return
    yield from _elsewhere(world, undoing, plan)
    for step in plan.steps:
        script = world.graphs[plan.target].scripts[step.revision]
        if script.digest != step.digest:
            what = f"was changed after run {undoing.run.id} applied it: its downgrade may not fit"
            mend = f"check out the scripts as they were when run {undoing.run.id} applied them"
            yield RefusedError, Problem(what, script.path, mend)
        elif (found := undoing.downgrades[step.digest]).impossible:
            what = f"revision {step.revision} cannot be reverted: {found.impossible}"
            mend = f"write a revision that undoes {step.revision}, and roll it out"
            yield RefusedError, Problem(what, found.where, mend)


def _elsewhere(world: World, undoing: Undoing, plan: TargetPlan) -> Iterator[Refusal]:
    target, run = plan.target, undoing.run
    by = brought(undoing.since, target)
    if later := [name for name in by.values() if name != run.id]:
        mend = f"orchestrate rollback {later[-1]}   # first"
        yield RefusedError, Problem(f"was changed since by run {later[-1]}", str(target), mend)
        return
    graph, has = world.graphs[target], world.applied(target)
    mine = {revision for revision in by if by[revision] == run.id} | {step.revision for step in plan.steps}
    if mine and has != graph.ancestors(run.plan.by_target[target].start) | mine:
        left = graph.top(graph.ancestors(run.plan.by_target[target].start) | mine)
        what = f"is not where run {run.id} left it: that was at {at(left)}, and now it is at {at(plan.start)}"
        ended = {event.run for event in undoing.since if event.body.get("outcome") == Outcome.SUCCEEDED}
        begun = [e.run for e in undoing.since if _undoes(e, run.id) and e.run not in ended]
        look = f"look at how it came there: orchestrate status {target.environment}"
        yield RefusedError, Problem(what, str(target), f"orchestrate resume {begun[-1]}" if begun else look)


def _undoes(event: Event, run_id: str) -> bool:
    """Whether this is the start of an earlier rollback of the run."""
    return event.kind is EventKind.RUN_STARTED and event.body["plan"].get("undoes") == run_id


def _downstream(world: World, target: Target) -> tuple[Target, ...]:
    """The same database in the next environment that has it."""
    names = world.pipeline.names
    for environment in world.pipeline.environments[names.index(target.environment) + 1 :]:
        if peers := tuple(peer for peer in environment.targets if peer.database == target.database):
            return peers
    return ()


def _unversioned(world: World, target: Target) -> bool:
    return stand(world.graphs[target], world.observations[target]).state is State.UNVERSIONED


def _left_ahead(
    world: World, undoing: Undoing, plans: Mapping[Target, TargetPlan], plan: TargetPlan
) -> Iterator[Refusal]:
    """Every downstream target that would then have what its upstream has no more."""
    going = {step.revision for step in plan.steps}
    for peer in _downstream(world, plan.target):
        gone = {step.revision for step in plans[peer].steps} if peer in plans else set()
        if still := going & (world.applied(peer) - gone):
            what = f"{peer} still has {named(world.graphs[plan.target], still)}, and would be ahead"
            by = [run for revision, run in brought(undoing.since, peer).items() if revision in still]
            mend = (
                f"orchestrate rollback {by[-1]} --target {peer}   # first" if by else f"revert it in {peer} first"
            )
            yield RefusedError, Problem(what, str(plan.target), mend)
