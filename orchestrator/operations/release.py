"""The verbs `promote` and `rollout`: from what a person asked for to a plan."""

from __future__ import annotations

from dataclasses import dataclass, replace

from orchestrator.core import planner
from orchestrator.core.plan import Plan
from orchestrator.core.selection import NOTHING_TYPED, Selection
from orchestrator.errors import UsageError
from orchestrator.operations import narrowing, tenants
from orchestrator.operations.evidence import gather
from orchestrator.operations.prepared import Prepared
from orchestrator.operations.survey import Clock, Survey, survey
from orchestrator.project.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked for: `source` is only a promotion's; `to` names revisions other than the newest.

    `through` is the last environment to change; a promotion's may be a target or a pattern. `selection` narrows
    what is changed further, and names nothing. `skip_unfit` leaves out what cannot take part.
    """

    through: str
    source: str | None = None
    to: str | None = None
    selection: Selection = NOTHING_TYPED
    skip_unfit: bool = False

    @property
    def typed(self) -> Selection:
        """The selection with a promotion's destination in it."""
        return replace(self.selection, names=(self.through,)) if self.source is not None else self.selection


def prepare(
    configuration: Configuration, wish: Wish, now: Clock, confirmed: frozenset[str] = frozenset()
) -> Prepared:
    """Look, and derive the plan; raises what the survey and the planner raise, with nothing changed.

    Raises UsageError too for a selection that fits nothing or would pass an environment by.
    """
    through = wish.through
    if wish.source is not None:
        narrowing.refuse_part(wish.source, wish.through)
        through = narrowing.destination(configuration, wish.through)
    for name in (wish.source, through, *confirmed):
        if name is not None:
            configuration.environment(name)
    if wish.source == through:
        raise UsageError(f"{through} cannot be promoted to itself", mend="orchestrate promote SOURCE DESTINATION")
    names = configuration.pipeline.names
    if wish.source is not None:
        names = tuple(name for name in names if name in (wish.source, through))
        narrowed = narrowing.of_promotion(tenants.expanded(configuration, names), through, wish.typed)
    else:
        names = names[: names.index(through) + 1]
        narrowed = narrowing.of_rollout(tenants.expanded(configuration, names), names, wish.typed)
    seen = survey(narrowed, names, now, changing=names if wish.source is None else (through,))
    plan = _planned(seen, wish, through)
    anew = lambda: prepare(configuration, wish, now)  # noqa: E731
    return Prepared(plan, seen, anew, confirmed, at=now(), evidence=gather(seen, plan))


def _planned(seen: Survey, wish: Wish, through: str) -> Plan:
    if wish.source is not None:
        plan = planner.promote(seen.world, wish.source, through, wish.to, skip_unfit=wish.skip_unfit)
    else:
        plan = planner.rollout(seen.world, through, wish.to, skip_unfit=wish.skip_unfit)
    typed = wish.typed if wish.typed.names != (through,) else wish.selection
    return replace(plan if not typed.behind else plan.of_changing, selection=typed)
