"""Why a promotion has nothing to bring although its destination lacks something. Pure."""

from __future__ import annotations

from orchestrator.core.plan import Plan
from orchestrator.core.reports import Lagging
from orchestrator.core.world import World


def lagging(plan: Plan, world: World) -> Lagging | None:
    """The targets of a promotion's source that keep back what others of it have and the destination lacks.

    None where the plan has a step, is no promotion, or nothing is kept back.
    """
    if plan.source is None or plan.steps:
        return None
    source = {target: world.applied(target) for target, _ in plan.seen if target.environment == plan.source}
    some: dict[str, frozenset[str]] = {}
    for target, has in source.items():
        some[target.database] = some.get(target.database, frozenset()) | has
    lacked: dict[str, frozenset[str]] = {}
    for planned in plan.targets:
        name = planned.target.database
        lacks = some.get(name, frozenset()) - world.applied(planned.target)
        lacked[name] = lacked.get(name, frozenset()) | lacks
    missing = {target: lacked.get(target.database, frozenset()) - has for target, has in source.items()}
    behind = tuple(target for target, revisions in missing.items() if revisions)
    if not behind:
        return None
    return Lagging(plan.source, behind, world.graphs[behind[0]].order(missing[behind[0]]))
