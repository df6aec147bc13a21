"""What changed since a sealed plan was made, target by target, and by whom: whether it may still be applied. Pure.

The source may have gone on meanwhile, as long as it still has all that is promoted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from orchestrator.core.phrases import few
from orchestrator.core.plan import TargetPlan, at
from orchestrator.core.run import Run, left
from orchestrator.core.sealed import Sealed, utc
from orchestrator.core.targets import Target
from orchestrator.core.world import Refusal, World, twice, unplaced
from orchestrator.errors import Problem, StalePlanError

Promised = dict[tuple[str, str], set[tuple[str, ...]]]
"""Heads that targets will have, by their environment and database."""


@dataclass(frozen=True, slots=True)
class Now:
    """What a sealed plan is held against: the world as it was looked at, with all that the plan saw of it.

    `last_runs` hold for each target the latest run that touched it. `files` are the digests of what is read now,
    by the same paths as the plan has them. `targets` are all of the environments looked at, also those of no plan.
    """

    world: World
    last_runs: Mapping[Target, Run] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    targets: Collection[Target] = ()


def stale(sealed: Sealed, now: Now) -> Iterator[Refusal]:
    """Everything because of which the plan may not be applied any more, each with its kind of error."""
    for problem in (*_files(sealed, now), *_scripts(sealed, now)):
        yield StalePlanError, problem
    relied_on = [target for target, _ in sealed.plan.seen if target in now.world.observations]
    unfit = unplaced(now.world, relied_on)
    changed = {planned.target: planned for planned in sealed.plan.targets if planned.steps}
    promised = _promised(sealed)
    for target, heads in sealed.plan.seen:
        if target in unfit:
            yield unfit[target]
        elif (planned := changed.get(target)) is not None:
            yield from (
                (StalePlanError, Problem(what, str(target), sealed.again)) for what in _moved(planned, now)
            )
        else:
            lost = _lacking(target, heads, promised, now)
            yield from ((StalePlanError, Problem(what, str(target), sealed.again)) for what in lost)
    yield from twice(now.world, [target for target in relied_on if target in changed])


def notes(sealed: Sealed, now: Now) -> Iterator[str]:
    """What differs from when the plan was made and does not keep it from being applied."""
    changed = {planned.target for planned in sealed.plan.targets if planned.steps}
    moved: dict[str, list[str]] = {}
    for target, heads in sealed.plan.seen:
        seen = now.world.observations.get(target)
        if target not in changed and seen is not None and set(seen.heads) != set(heads):
            moved.setdefault(f"at {at(heads)} when this was planned, at {at(seen.heads)} now", []).append(
                str(target)
            )
    for where, names in moved.items():
        yield f"{few(names)}: {where}, and has all that is promoted"
    if not (sealed.plan.selection.options or sealed.plan.selection.names):
        known = {*(target for target, _ in sealed.plan.seen), *(one.target for one in sealed.plan.left_out)}
        if new := [str(target) for target in now.targets if target not in known]:
            yield f"{few(new)}: came after this was planned, and is left as it is"


def _files(sealed: Sealed, now: Now) -> Iterator[Problem]:
    for path in sorted({*sealed.files, *now.files}):
        before, after = sealed.files.get(path), now.files.get(path)
        if before != after:
            since = f"since the plan was made, {utc(sealed.created_at)}"
            what = "is not there any more" if after is None else "came" if before is None else "changed"
            yield Problem(f"it {what} {since}", path, sealed.again)


def _scripts(sealed: Sealed, now: Now) -> Iterator[Problem]:
    """Each script that is not what was planned, once for all of its targets."""
    there = (one for one in sealed.plan.targets if one.target in now.world.graphs)
    # Thousands of targets share one list of steps: it is looked through once.
    ways = {(id(graph := now.world.graphs[one.target]), id(one.steps)): (graph, one.steps) for one in there}
    for graph, step in dict.fromkeys((graph, step) for graph, steps in ways.values() for step in steps):
        script = graph.scripts.get(step.revision)
        if script is None or script.digest != step.digest:
            what = "is gone" if script is None else "changed"
            where = script.path if script is not None else None
            yield Problem(
                f"the script of revision {step.revision} {what} since it was planned", where, sealed.again
            )


def _moved(planned: TargetPlan, now: Now) -> Iterator[str]:
    """Why a target is not what the plan was made for."""
    seen = now.world.observations.get(planned.target)
    if seen is None:
        tenant = planned.target.tenant is not None
        yield "it is no tenant any more" if tenant else "the target was taken out of environments.yaml"
        return
    if None not in (planned.identity, seen.identity) and planned.identity != seen.identity:
        yield "the URL leads to another database than when it was planned"
    if set(seen.heads) != set(planned.start):
        yield f"planned from {at(planned.start)}, now {at(seen.heads)}, {_by(planned.target, now)}"


def _by(target: Target, now: Now) -> str:
    """Who brought a target where it is: the latest run on it, if that is where the run left it."""
    run, graph = now.last_runs.get(target), now.world.graphs[target]
    if run is None or not run.steps_of(target):
        return "by hand: no run recorded it"
    who = f"run {run.id} of {run.actor}, {utc(run.last_event_at)}"
    if left(run, target, graph) == now.world.applied(target):
        return f"by {who}"
    return "by hand: no run recorded it" if run.finished(target) else f"where {who}, is unfinished"


def _promised(sealed: Sealed) -> Promised:
    """Where the targets will be that the plan changes, by environment and database."""
    ends: Promised = {}
    for planned in (one for one in sealed.plan.targets if one.steps):
        ends.setdefault((planned.target.environment, planned.target.database), set()).add(planned.end)
    return ends


def _lacking(target: Target, heads: tuple[str, ...], promised: Promised, now: Now) -> Iterator[str]:
    """That a target which the plan does not change has lost what others are to get because it had it."""
    names = now.world.pipeline.names
    if target not in now.world.observations:
        return
    graph, later = now.world.graphs[target], names[names.index(target.environment) + 1 :]
    ends = set[tuple[str, ...]]().union(*(promised.get((name, target.database), ()) for name in later))
    needed = graph.ancestors({head for end in ends for head in end if head in graph})
    had = graph.ancestors(head for head in heads if head in graph)
    if lost := (needed & had) - now.world.applied(target):
        where = at(now.world.observations[target].heads)
        yield f"it had {few(sorted(lost))}, which is promoted, and is at {where} now, {_by(target, now)}"
