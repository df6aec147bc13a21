"""The verbs `promote` and `rollout`: from what a person asked for to a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.core import planner
from orchestrator.core.plan import Plan
from orchestrator.errors import UsageError
from orchestrator.operations.prepared import Prepared
from orchestrator.operations.survey import Clock, Survey, survey
from orchestrator.project.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked for: `source` is only a promotion's; `to` names revisions other than the newest."""

    through: str
    source: str | None = None
    to: str | None = None


def prepare(
    configuration: Configuration, wish: Wish, now: Clock, confirmed: frozenset[str] = frozenset()
) -> Prepared:
    """Look, and derive the plan; raises what the survey and the planner raise, with nothing changed."""
    for name in (wish.source, wish.through, *confirmed):
        if name is not None:
            configuration.environment(name)
    if wish.source == wish.through:
        raise UsageError(
            f"{wish.through} cannot be promoted to itself", mend="orchestrate promote SOURCE DESTINATION"
        )
    seen = survey(configuration, _environments(configuration, wish), now)
    return Prepared(_planned(seen, wish), seen, lambda: prepare(configuration, wish, now), confirmed)


def _environments(configuration: Configuration, wish: Wish) -> Sequence[str]:
    names = configuration.pipeline.names
    if wish.source is not None:
        return tuple(name for name in names if name in (wish.source, wish.through))
    return names[: names.index(wish.through) + 1]


def _planned(seen: Survey, wish: Wish) -> Plan:
    if wish.source is not None:
        return planner.promote(seen.world, wish.source, wish.through, wish.to)
    return planner.rollout(seen.world, wish.through, wish.to)
