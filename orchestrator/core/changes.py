"""What differs between two plans of one wish, the one that was shown and the one made anew. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.core.plan import Plan, at

_TOLD = 5
"""Targets that a sentence names before it says how many more there are."""


def changes(old: Plan, new: Plan) -> str:
    """What differs, target by target, for a sentence; for plans that are known to differ."""
    told = [*_listed(old, new), *_moved(old, new), *_rescripted(old, new), *_others(old, new)]
    more = f"; and {len(told) - _TOLD:,} more" if len(told) > _TOLD else ""
    return "; ".join(told[:_TOLD]) + more or "another database answers now, or a transaction mode changed"


def _listed(old: Plan, new: Plan) -> Iterator[str]:
    """Targets that came or are gone: tenants, mostly."""
    before, after = (
        dict.fromkeys([*(target for target, _ in plan.seen), *(one.target for one in plan.left_out)])
        for plan in (old, new)
    )
    yield from (f"{target} came" for target in after if target not in before)
    yield from (f"{target} is gone" for target in before if target not in after)


def _moved(old: Plan, new: Plan) -> Iterator[str]:
    after = dict(new.seen)
    for target, heads in old.seen:
        if target in after and heads != after[target]:
            yield f"{target} was at {at(heads)} and is at {at(after[target])}"


def _rescripted(old: Plan, new: Plan) -> Iterator[str]:
    for target, plan in old.by_target.items():
        again = new.by_target.get(target)
        if again is not None and plan.start == again.start and plan.steps != again.steps:
            yield f"the scripts for {target} changed"


def _others(old: Plan, new: Plan) -> Iterator[str]:
    out_before, out_after = ({one.target: one for one in plan.left_out} for plan in (old, new))
    for target in out_before.keys() - out_after.keys():
        yield f"{target} can take part now"
    for target in out_after.keys() - out_before.keys():
        yield f"{target} cannot take part any more: {out_after[target].reason}"
