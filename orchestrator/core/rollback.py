"""The plan that takes a run back: what it brought is reverted, in the opposite order, where nothing forbids it.

What a run brought to a target is told by the journal, and whether it is still there by an observation; a target
that is elsewhere than the run left it is not touched. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from orchestrator.core.divergence import State, stand
from orchestrator.core.downgrade import Downgrade
from orchestrator.core.events import Event, EventKind
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.plan import Action, Plan, PlanKind, Step, TargetPlan, Wave, at
from orchestrator.core.run import Outcome, Run
from orchestrator.core.targets import Target
from orchestrator.core.world import Refusal, World, named, refuse, unfit
from orchestrator.errors import Problem, RefusedError


@dataclass(frozen=True)
class Undoing:
    """What a rollback is derived from, beside the world.

    `since` is everything recorded from the run's start on, of all runs. `downgrades` holds each script's downgrade
    by the script's digest. `only` are the targets it is limited to; none for all of the run's. `pipeline` has all
    targets, where the world has not.
    """

    run: Run
    since: Sequence[Event]
    downgrades: Mapping[str, Downgrade]
    only: tuple[Target, ...] = ()
    pipeline: Pipeline | None = None

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """The targets to bring back, in the order in which the run came to them."""
        return limited(self.run.plan, self.only)

    def brought(self, target: Target) -> dict[str, str]:
        """As `brought`, of everything recorded since the run's start."""
        return brought(self._told.get(target, ()), target)

    @cached_property
    def _told(self) -> Mapping[Target, Sequence[Event]]:
        told: dict[Target, list[Event]] = {}
        for event in self.since:
            if event.target is not None:
                told.setdefault(event.target, []).append(event)
        return told

    @cached_property
    def begun_before(self) -> tuple[str, ...]:
        """The earlier rollbacks of the run that did not end well."""
        ended = {event.run for event in self.since if event.body.get("outcome") == Outcome.SUCCEEDED}
        return tuple(e.run for e in self.since if _undoes(e, self.run.id) and e.run not in ended)


def limited(plan: Plan, only: Iterable[Target]) -> tuple[Target, ...]:
    """The plan's targets, in its order, of those to which it is limited; all of them where it is not."""
    wanted = frozenset(only)
    return tuple(planned.target for planned in plan.targets if not wanted or planned.target in wanted)


def downstream(pipeline: Pipeline, targets: Iterable[Target]) -> dict[Target, tuple[Target, ...]]:
    """Each target that is promoted to from some of these, with those.

    That is the same tenant of the next environment with that database; and of a tenant that there is upstream not,
    all that are of its database, since it gets what all of them have.
    """
    given: dict[Target, list[Target]] = {}
    for target in targets:
        given.setdefault(target.untenanted, []).append(target)
    of = {environment.name: environment.targets for environment in pipeline.environments}
    found: dict[Target, tuple[Target, ...]] = {}
    for database, here in given.items():
        every, chosen, together = frozenset(of[database.environment]), frozenset(here), tuple(here)
        for name in pipeline.names[pipeline.names.index(database.environment) + 1 :]:
            if peers := [peer for peer in of[name] if peer.database == database.database]:
                for peer in peers:
                    twin = replace(peer, environment=database.environment)
                    upstream = together if twin not in every else (twin,) if twin in chosen else ()
                    found |= {peer: upstream} if upstream else {}
                break
    return found


def rollback(world: World, undoing: Undoing) -> Plan:
    """The plan that brings each target back to the heads it had before the run, the last wave first.

    A target from which others took everything back already gets no steps. Raises RefusedError, DivergenceError,
    UnavailableError or InDoubtError, the most severe that applies, with all problems.
    """
    plans = {target: _target_plan(world, undoing, target) for target in undoing.targets}
    peers = downstream(undoing.pipeline or world.pipeline, plans)
    looked_at = tuple(dict.fromkeys((*plans, *peers)))
    known = [target for target in looked_at if target in plans or not _unversioned(world, target)]
    refuse(
        (
            *unfit(world, known),
            *(reason for plan in plans.values() for reason in _irreversible(world, undoing, plan)),
            *_left_ahead(world, undoing, plans, peers),
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
    run, by = undoing.run, undoing.brought(target)
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
    by = undoing.brought(target)
    if later := [name for name in by.values() if name != run.id]:
        mend = f"orchestrate rollback {later[-1]}   # first"
        yield RefusedError, Problem(f"was changed since by run {later[-1]}", str(target), mend)
        return
    graph, has = world.graphs[target], world.applied(target)
    mine = {revision for revision in by if by[revision] == run.id} | {step.revision for step in plan.steps}
    if mine and has != graph.ancestors(run.plan.by_target[target].start) | mine:
        left = graph.top(graph.ancestors(run.plan.by_target[target].start) | mine)
        what = f"is not where run {run.id} left it: that was at {at(left)}, and now it is at {at(plan.start)}"
        begun = undoing.begun_before
        look = f"look at how it came there: orchestrate status {target}"
        yield RefusedError, Problem(what, str(target), f"orchestrate resume {begun[-1]}" if begun else look)


def _undoes(event: Event, run_id: str) -> bool:
    """Whether this is the start of an earlier rollback of the run."""
    return event.kind is EventKind.RUN_STARTED and event.body["plan"].get("undoes") == run_id


def _unversioned(world: World, target: Target) -> bool:
    return stand(world.graphs[target], world.observations[target]).state is State.UNVERSIONED


def _left_ahead(
    world: World,
    undoing: Undoing,
    plans: Mapping[Target, TargetPlan],
    peers: Mapping[Target, tuple[Target, ...]],
) -> Iterator[Refusal]:
    """Every downstream target that would then have what its upstream has no more."""
    going: dict[tuple[Target, ...], frozenset[str]] = {}
    for peer, upstream in peers.items():
        if upstream not in going:
            going[upstream] = frozenset(step.revision for one in upstream for step in plans[one].steps)
        gone = {step.revision for step in plans[peer].steps} if peer in plans else set()
        if still := going[upstream] & (world.applied(peer) - gone):
            where = upstream[0] if len(upstream) == 1 else upstream[0].untenanted
            what = f"{peer} still has {named(world.graphs[upstream[0]], still)}, and would be ahead"
            by = [run for revision, run in undoing.brought(peer).items() if revision in still]
            mend = (
                f"orchestrate rollback {by[-1]} --target {peer}   # first" if by else f"revert it in {peer} first"
            )
            yield RefusedError, Problem(what, str(where), mend)
