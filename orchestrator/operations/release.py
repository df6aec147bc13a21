"""The verbs `promote` and `rollout`: from what a person asked for to a plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from orchestrator.core import planner
from orchestrator.core.gates.lint import demanding
from orchestrator.core.plan import Plan
from orchestrator.core.selection import NOTHING_TYPED, Selection
from orchestrator.errors import UsageError
from orchestrator.journal.journal import Journal
from orchestrator.operations import narrowing, tenants
from orchestrator.operations.evidence import gather
from orchestrator.operations.prepared import Prepared
from orchestrator.operations.survey import Clock, Survey, remembered, survey
from orchestrator.project.configuration import Configuration

if TYPE_CHECKING:
    from orchestrator.operations.squawked import SqlOf


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
    configuration: Configuration,
    wish: Wish,
    now: Clock,
    confirmed: frozenset[str] = frozenset(),
    *,
    sql: bool = False,
) -> Prepared:
    """Look, and derive the plan; raises what the survey and the planner raise, with nothing changed.

    With `sql` it tells what its revisions execute too.
    Raises UsageError too for a selection that fits nothing or would pass an environment by.
    """
    for name in confirmed:
        configuration.environment(name)

    def look(*, again: bool) -> Prepared:
        narrowed, names, through = _scope(configuration, wish)
        changing = names if wish.source is None else (through,)
        with Journal(configuration.journal) as journal:
            seen = survey(narrowed, names, now, remembered(journal, narrowed.pipeline.names), changing=changing)
            plan, at = _planned(seen, wish, through), now()
            anew = partial(look, again=True)
            found = Prepared(plan, seen, anew, confirmed, at=at, evidence=gather(journal, seen, plan))
            return found if again else reviewed(found, journal, sql=sql)

    return look(again=False)


def reviewed(prepared: Prepared, journal: Journal, *, sql: bool) -> Prepared:
    """The same with what its scripts tell: with `sql` what they execute, and where it is demanded what is found.

    That follows from their bytes, so a second look at the databases does not ask it again. Raises as `sql_of`.
    """
    plan, seen = prepared.plan, prepared.seen
    linting = demanding(plan, seen.world.pipeline)
    if not (sql or linting):
        return prepared
    from orchestrator.operations.preview import sql_of

    executed: SqlOf = partial(sql_of, journal, seen, source=plan.source)
    if sql:
        wanted = {one.target: [step.revision for step in one.steps] for one in plan.of_changing.targets}
        shown = tuple(executed(wanted))
        prepared, executed = replace(prepared, sql=shown), lambda _: shown
    if not linting:
        return prepared
    from orchestrator.operations.lint import findings_of

    findings, unlinted = findings_of(seen, plan, prepared.at, sql=executed)
    return replace(prepared, findings=findings, unlinted=unlinted)


def _scope(configuration: Configuration, wish: Wish) -> tuple[Configuration, tuple[str, ...], str]:
    """The configuration with all that is to be looked at, the environments to look at, and the last to change."""
    pipeline = configuration.pipeline
    if wish.source is None:
        configuration.environment(wish.through)
        names = pipeline.names[: pipeline.names.index(wish.through) + 1]
        narrowed = narrowing.of_rollout(tenants.expanded(configuration, names), names, wish.selection)
        return narrowed, names, wish.through
    narrowing.refuse_part(wish.source, wish.through)
    through = narrowing.destination(configuration, wish.through)
    for name in (wish.source, through):
        configuration.environment(name)
    if wish.source == through:
        raise UsageError(f"{through} cannot be promoted to itself", mend="orchestrate promote SOURCE DESTINATION")
    names = tuple(name for name in pipeline.names if name in (wish.source, through))
    return narrowing.of_promotion(tenants.expanded(configuration, names), through, wish.typed), names, through


def _planned(seen: Survey, wish: Wish, through: str) -> Plan:
    if wish.source is None:
        plan = planner.rollout(seen.world, through, wish.to, skip_unfit=wish.skip_unfit)
    else:
        plan = planner.promote(seen.world, wish.source, through, wish.to, skip_unfit=wish.skip_unfit)
    typed = wish.selection if wish.through == through else wish.typed
    return replace(plan.of_changing if typed.behind else plan, selection=typed)
