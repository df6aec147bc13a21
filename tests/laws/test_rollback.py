"""Laws of going back: on random graphs, with Alembic's own bookkeeping of the version table beside ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from alembic.runtime.migration import HeadMaintainer, MigrationContext
from hypothesis import given, reject
from hypothesis import strategies as st

from orchestrator.core import plan_json as plans
from orchestrator.core.downgrade import Downgrade
from orchestrator.core.events import Event, EventKind
from orchestrator.core.plan import Action, Step, TargetPlan
from orchestrator.core.planner import rollout
from orchestrator.core.revisions import Graph
from orchestrator.core.rollback import Undoing, brought, rollback
from orchestrator.core.run import Facts, fold, reconcile
from orchestrator.core.targets import Target
from orchestrator.core.world import World
from orchestrator.worker.steps import step_of
from tests.laws.databases import ENVIRONMENTS, NOW, heads, world
from tests.laws.graphs import graphs

DEV = Target("dev")
ENGINE = sa.create_engine("sqlite://")


def event(
    kind: EventKind, run: str, target: Target | None = None, revision: str | None = None, **body: Any
) -> Event:
    return Event(kind, NOW, run, "me", target, revision, body)


@st.composite
def in_order(draw: st.DrawFn, graph: Graph) -> World:
    """Three environments, none ahead of the one before it."""
    rows: dict[Target, tuple[str, ...]] = {}
    within: frozenset[str] | None = None
    for name in ENVIRONMENTS:
        rows[Target(name)] = draw(heads(graph, within))
        within = graph.ancestors(rows[Target(name)])
    return world(graph, rows)


@given(graphs().flatmap(in_order), st.data())
def test_a_rollback_walks_back_to_the_heads_before_the_run(found: World, data: st.DataObject) -> None:
    """Each target's steps, walked from where the run left it, end with what it had before; children come first."""
    plan = rollout(found, "prod")
    events = [event(EventKind.RUN_STARTED, "r1", plan=plans.to_json(plan), command="x")]
    rows = {}
    left = data.draw(st.integers(0, plan.steps))
    for one in plan.targets:
        done = one.steps[:left]
        left -= len(done)
        events += [event(EventKind.STEP_APPLIED, "r1", one.target, step.revision) for step in done]
        graph = found.graphs[one.target]
        rows[one.target] = graph.top(found.applied(one.target) | {step.revision for step in done})
    run = fold(events)
    assert run is not None
    (graph,) = {id(graph): graph for graph in found.graphs.values()}.values()
    downgrades = {script.digest: Downgrade(script.path) for script in graph.scripts.values()}
    back = rollback(world(graph, rows), Undoing(run, events, downgrades))
    for one in back.targets:
        has = graph.ancestors(one.start)
        for step in one.steps:
            assert step.revision in graph.top(has)
            assert not step.done(has)
            has = step.after(has, graph)
            assert step.done(has)
        assert has == found.applied(one.target) == graph.ancestors(one.end)
    assert [one.target for one in back.targets] == [one.target for one in reversed(plan.targets)]
    assert plans.from_json(plans.to_json(back)) == back


def steps_of_any_kind(graph: Graph, data: st.DataObject) -> TargetPlan:
    """A plan upwards, downwards, or of stamps, from a random place on."""
    action = data.draw(st.sampled_from(Action))
    below = data.draw(heads(graph))
    above = graph.top(graph.ancestors((*below, *data.draw(heads(graph)))))
    between = graph.order(graph.ancestors(above) - graph.ancestors(below), below)
    revisions, start = between, below
    if action is Action.DOWNGRADE:
        revisions, start = between[::-1], above
    elif action is Action.STAMP:
        revisions, start = above, ()
    end = below if action is Action.DOWNGRADE else above
    return TargetPlan(DEV, start, end, tuple(Step(revision, "", action=action) for revision in revisions))


@given(graphs(), st.data())
def test_what_is_left_after_any_part_is_exactly_the_rest(graph: Graph, data: st.DataObject) -> None:
    """Whatever the steps do: after the first n of them reconcile leaves the others, in their order."""
    plan = steps_of_any_kind(graph, data)
    count = data.draw(st.integers(0, len(plan.steps)))
    has = graph.ancestors(plan.start)
    for step in plan.steps[:count]:
        has = step.after(has, graph)
    left = reconcile(plan, None, Facts(has, transactional=True), graph)
    assert (left.remaining, left.conflict, left.doubt) == (plan.steps[count:], None, None)
    assert all(step.done(has) is (number < count) for number, step in enumerate(plan.steps))
    if count == len(plan.steps):
        assert has == graph.ancestors(plan.end)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.sampled_from(("r1", "r2", "r3")))))
def test_a_revision_belongs_to_the_run_that_brought_it_last(told: list[tuple[str, bool, str]]) -> None:
    """Each revision is the latest run's that applied it, unless a downgrade came after that."""
    events = [
        event(EventKind.STEP_APPLIED, run, DEV, revision, **({} if up else {"action": "downgrade"}))
        for revision, up, run in told
    ]
    latest = {revision: (up, run) for revision, up, run in told}
    assert brought(events, DEV) == {revision: run for revision, (up, run) in latest.items() if up}
    assert brought(events, Target("elsewhere")) == {}


@contextmanager
def version_table(graph: Graph) -> Iterator[Any]:
    """Takes a revision up or down by Alembic's own bookkeeping in a real table; gives the rows afterwards."""
    revisions = graph.revision_map
    script: Any = SimpleNamespace(revision_map=revisions, get_revision=revisions.get_revision)
    for name in graph.scripts:
        loaded: Any = revisions.get_revision(name)
        loaded.module = SimpleNamespace(upgrade=None, downgrade=None)
    with ENGINE.connect() as connection:
        context: Any = MigrationContext.configure(connection)
        context._ensure_version_table(purge=True)
        maintainer = HeadMaintainer(context, ())

        def take(revision: str, action: Action) -> tuple[str, ...]:
            maintainer.update_to_step(step_of(script, revision, str(action)))
            rows: tuple[str, ...] = context.get_current_heads()
            return rows

        yield take


@given(graphs(), st.data())
def test_the_rows_that_alembic_leaves_say_what_is_applied(graph: Graph, data: st.DataObject) -> None:
    """After each step down the version table means the set we expect, and holds no row beside its own ancestor."""
    below = data.draw(heads(graph))
    above = graph.top(graph.ancestors((*below, *data.draw(heads(graph)))))
    between = graph.order(graph.ancestors(above) - graph.ancestors(below), below)
    with version_table(graph) as take:
        try:
            for revision in (*graph.order(graph.ancestors(below)), *between):
                take(revision, Action.UPGRADE)
        except KeyError:  # a merge that depends on an ancestor of what it merges: Alembic cannot apply it either
            reject()
        has = graph.ancestors(above)
        for revision in reversed(between):
            rows = take(revision, Action.DOWNGRADE)
            has = Step(revision, "", action=Action.DOWNGRADE).after(has, graph)
            assert graph.ancestors(rows) == has
            assert graph.overlaps(rows) == ()


@given(graphs(), st.data())
def test_the_rows_of_a_stamped_database_are_the_heads_that_were_named(graph: Graph, data: st.DataObject) -> None:
    """Several heads are several stamps, each a row."""
    wanted = data.draw(heads(graph))
    with version_table(graph) as take:
        rows: tuple[str, ...] = ()
        for revision in wanted:
            rows = take(revision, Action.STAMP)
    assert tuple(sorted(rows)) == wanted
