"""The verbs `promote` and `rollout`: from what a person asked for to a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from orchestrator.core import planner
from orchestrator.core.gates.lint import demanding
from orchestrator.core.lint import LintFinding
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
    if wish.source is None:
        seen, plan = _rollout(configuration, wish, now, confirmed)
    else:
        seen, plan = _promotion(configuration, wish, wish.source, now, confirmed)
    return ready(plan, seen, lambda: prepare(configuration, wish, now), now=now, confirmed=confirmed)


def ready(
    plan: Plan,
    seen: Survey,
    anew: Callable[[], Prepared],
    *,
    now: Clock,
    confirmed: frozenset[str] = frozenset(),
) -> Prepared:
    """A release's plan, made just now or read from a file, with all that its gates are told; JournalError."""
    at = now()
    findings: tuple[LintFinding, ...] = ()
    unlinted: tuple[str, ...] = ()
    if demanding(plan, seen.world.pipeline):
        from orchestrator.operations.lint import findings_of

        findings, unlinted = findings_of(seen, plan, at)
    told = Prepared(plan, seen, anew, confirmed, at=at, evidence=gather(seen, plan))
    return replace(told, findings=findings, unlinted=unlinted)


def _promotion(
    configuration: Configuration, wish: Wish, source: str, now: Clock, confirmed: Iterable[str]
) -> tuple[Survey, Plan]:
    narrowing.refuse_part(source, wish.through)
    through = narrowing.destination(configuration, wish.through)
    for name in (source, through, *confirmed):
        configuration.environment(name)
    if source == through:
        raise UsageError(f"{through} cannot be promoted to itself", mend="orchestrate promote SOURCE DESTINATION")
    names = tuple(name for name in configuration.pipeline.names if name in (source, through))
    narrowed = narrowing.of_promotion(tenants.expanded(configuration, names), through, wish.typed)
    seen = survey(narrowed, names, now, changing=(through,))
    plan = planner.promote(seen.world, source, through, wish.to, skip_unfit=wish.skip_unfit)
    return seen, _as_typed(plan, wish.typed if wish.through != through else wish.selection)


def _rollout(
    configuration: Configuration, wish: Wish, now: Clock, confirmed: Iterable[str]
) -> tuple[Survey, Plan]:
    for name in (wish.through, *confirmed):
        configuration.environment(name)
    names = configuration.pipeline.names
    names = names[: names.index(wish.through) + 1]
    narrowed = narrowing.of_rollout(tenants.expanded(configuration, names), names, wish.selection)
    seen = survey(narrowed, names, now, changing=names)
    plan = planner.rollout(seen.world, wish.through, wish.to, skip_unfit=wish.skip_unfit)
    return seen, _as_typed(plan, wish.selection)


def _as_typed(plan: Plan, typed: Selection) -> Plan:
    return replace(plan.of_changing if typed.behind else plan, selection=typed)
