"""What changed since a sealed plan was made, target by target, and by whom: whether it may still be applied. Pure.

The source may have gone on meanwhile, as long as it still has all that is promoted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from orchestrator.core.observations import another
from orchestrator.core.phrases import few
from orchestrator.core.plan import TargetPlan, at
from orchestrator.core.revisions import Graph
from orchestrator.core.run import Run, left
from orchestrator.core.sealed import Sealed, utc
from orchestrator.core.targets import Target
from orchestrator.core.world import Refusal, World, twice, unplaced
from orchestrator.errors import Problem, StalePlanError, install

_TOOL = "orchestrate"
Promised = dict[tuple[str, str], set[tuple[str, ...]]]
"""Heads that targets will have, by their environment and database."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a sealed plan relies on beside the databases, as it is read now, by the same names as the plan has.

    `graphs` are those of the plan's targets, `files` digests, `overrides` the variables that stand in for
    what environments.yaml says, `tools` versions. `former` are commands that put changed bytes back, by the digest
    that was planned: of what git has.
    """

    graphs: Mapping[Target, Graph]
    files: Mapping[str, str]
    overrides: Collection[str]
    tools: Mapping[str, str]
    former: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Now:
    """What a sealed plan is held against: the world as it was looked at, with all that the plan saw of it.

    `last_runs` hold for each target the latest run that touched it. `targets` are all of the environments looked
    at, also those of no plan.
    """

    world: World
    basis: Basis
    last_runs: Mapping[Target, Run] = field(default_factory=dict)
    targets: Collection[Target] = ()


def changed(sealed: Sealed, basis: Basis) -> Iterator[Refusal]:
    """Everything that can be told without a database and because of which the plan may not be applied any more."""
    for asked in (_tool, _overrides, _files, _scripts):
        yield from ((StalePlanError, problem) for problem in asked(sealed, basis))


def stale(sealed: Sealed, now: Now) -> Iterator[Refusal]:
    """Everything because of which the plan may not be applied any more, each with its kind of error."""
    yield from changed(sealed, now.basis)
    relied_on = [target for target, _ in sealed.plan.seen if target in now.world.observations]
    unfit = unplaced(now.world, relied_on)
    moving = {planned.target: planned for planned in sealed.plan.targets if planned.steps}
    promised = _promised(sealed)
    for target, heads in sealed.plan.seen:
        if target in unfit:
            yield unfit[target]
            continue
        planned = moving.get(target)
        yield from ((StalePlanError, problem) for problem in _elsewhere(planned, sealed, now))
        told = _moved(planned, now) if planned is not None else _lacking(target, heads, promised, now)
        yield from ((StalePlanError, Problem(what, str(target), sealed.again)) for what in told)
    yield from twice(now.world, [target for target in relied_on if target in moving])


def notes(sealed: Sealed, now: Now) -> Iterator[str]:
    """What differs from when the plan was made and does not keep it from being applied."""
    moving = {planned.target for planned in sealed.plan.targets if planned.steps}
    moved: dict[str, list[str]] = {}
    for target, heads in sealed.plan.seen:
        seen = now.world.observations.get(target)
        if target not in moving and seen is not None and set(seen.heads) != set(heads):
            where = f"at {at(heads)} when this was planned, at {at(seen.heads)} now"
            moved.setdefault(where, []).append(str(target))
    for where, names in moved.items():
        yield f"{few(names)}: {where}, and has all that is promoted"
    if not (sealed.plan.selection.options or sealed.plan.selection.names):
        known = {*(target for target, _ in sealed.plan.seen), *(one.target for one in sealed.plan.left_out)}
        if new := [str(target) for target in now.targets if target not in known]:
            yield f"{few(new)}: came after this was planned, and is left as it is"
    for name, version in sealed.tools.items():
        if name != _TOOL and (here := now.basis.tools.get(name, version)) != version:
            yield f"{name} is {here} here, and was {version} where this was planned"


def _restored(sealed: Sealed, basis: Basis, digest: str | None) -> str:
    """What to type where bytes are not what was planned: what puts them back comes first, where that is known."""
    back = basis.former.get(digest or "")
    return f"{back}\nor, if the change is meant, plan anew: {sealed.again}" if back else sealed.again


def _tool(sealed: Sealed, basis: Basis) -> Iterator[Problem]:
    """That another version of this very tool made the plan: what one reads as done the other may do otherwise."""
    before, here = sealed.tools.get(_TOOL), basis.tools.get(_TOOL)
    if before != here:
        mend = f"{install(f'orchestrate {before}')}; or plan anew: {sealed.again}"
        yield Problem(f"this is version {here}, and the plan was made with {before}", _TOOL, mend)


def _overrides(sealed: Sealed, basis: Basis) -> Iterator[Problem]:
    """Each variable that stands in for what environments.yaml says only here, or only where the plan was made."""
    for name in sorted({*sealed.overrides} ^ {*basis.overrides}):
        if name in sealed.overrides:
            what, mend = "was set where the plan was made, and is not here", f"set {name} as it was there"
        else:
            what, mend = "is set here, and was not where the plan was made", f"unset {name}"
        yield Problem(f"it {what}", name, f"{mend}; or plan anew: {sealed.again}")


def _files(sealed: Sealed, basis: Basis) -> Iterator[Problem]:
    for path in sorted({*sealed.files, *basis.files}):
        before, after = sealed.files.get(path), basis.files.get(path)
        if before != after:
            since = f"since the plan was made, {utc(sealed.created_at)}"
            what = "is not there any more" if after is None else "came" if before is None else "changed"
            yield Problem(f"it {what} {since}", path, _restored(sealed, basis, before))


def _scripts(sealed: Sealed, basis: Basis) -> Iterator[Problem]:
    """Each script that is not what was planned, once for all of its targets."""
    there = (one for one in sealed.plan.targets if one.target in basis.graphs)
    # Thousands of targets share one list of steps: it is looked through once.
    ways = {(id(graph := basis.graphs[one.target]), id(one.steps)): (graph, one.steps) for one in there}
    for graph, step in dict.fromkeys((graph, step) for graph, steps in ways.values() for step in steps):
        script = graph.scripts.get(step.revision)
        if script is None or script.digest != step.digest:
            what = "is gone" if script is None else "changed"
            where = script.path if script is not None else None
            told = f"the script of revision {step.revision} {what} since it was planned"
            yield Problem(told, where, _restored(sealed, basis, step.digest))


def _elsewhere(planned: TargetPlan | None, sealed: Sealed, now: Now) -> Iterator[Problem]:
    """That the URL of a target to change leads to another database than the plan was made for."""
    seen = now.world.observations.get(planned.target) if planned is not None else None
    if planned is not None and seen is not None and another(planned.identity, seen.identity):
        what = "the URL leads to another database than when it was planned"
        look = f"see where the url of {planned.target} leads: orchestrate doctor {planned.target}"
        yield Problem(what, str(planned.target), f"{look}\nor, if that is meant, plan anew: {sealed.again}")


def _moved(planned: TargetPlan, now: Now) -> Iterator[str]:
    """Why a target is not what the plan was made for."""
    seen = now.world.observations.get(planned.target)
    if seen is None:
        tenant = planned.target.tenant is not None
        yield "it is no tenant any more" if tenant else "the target was taken out of environments.yaml"
        return
    if set(seen.heads) != set(planned.start):
        yield f"planned from {at(planned.start)}, now {at(seen.heads)}, {_by(planned.target, now)}"


def _by(target: Target, now: Now) -> str:
    """Who brought a target where it is: the latest run on it, if that is where the run left it."""
    run, graph = now.last_runs.get(target), now.world.graphs[target]
    if run is None or not run.steps_of(target):
        return "by hand: no run recorded it"
    who = f"run {run.id} of {run.actor}, {utc(run.last_event_at)}"
    if run.elsewhere(target, now.world.observations[target].identity):
        return f"in another database than {who}, left"
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
