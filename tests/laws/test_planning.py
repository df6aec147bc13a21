"""Laws of planning, on random graphs and random states of databases."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core import plan_json as plans
from orchestrator.core.divergence import Relation, State, applied, compare, stand
from orchestrator.core.plan import Plan, Step, TargetPlan, Wave
from orchestrator.core.planner import promote, rollout
from orchestrator.core.revisions import Graph
from orchestrator.core.targets import Target
from orchestrator.core.world import World
from orchestrator.errors import OrchestrateError
from tests.laws.databases import ENVIRONMENTS, heads, pipelines, promotable, seen, world
from tests.laws.graphs import graphs

worlds_to_promote = graphs().flatmap(promotable)
worlds_to_roll_out = graphs().flatmap(pipelines)


def held_by_dev(found: World, database: str) -> frozenset[str]:
    """What every tenant of a database in dev has."""
    return frozenset.intersection(
        *(found.applied(t) for t in found.pipeline.environment("dev").targets if t.database == database)
    )


def after(found: World, plan: TargetPlan) -> set[str]:
    """What a target has when its steps were applied to what was observed."""
    return {*found.applied(plan.target), *(step.revision for step in plan.steps)}


def check_steps(found: World, plan: Plan) -> None:
    """Each step's parents are there before it, and the last step leaves the heads that the plan promises."""
    for one in plan.targets:
        graph, has = found.graphs[one.target], set(found.applied(one.target))
        assert one.start == found.observations[one.target].heads
        for step in one.steps:
            script = graph.scripts[step.revision]
            assert step.revision not in has
            assert {*script.down_revisions, *script.depends_on} <= has
            assert (step.digest, step.atomic) == (script.digest, script.atomic)
            has.add(step.revision)
        assert graph.top(has) == one.end
        assert graph.ancestors(one.end) == has


@given(worlds_to_promote)
def test_promotion_moves_exactly_what_the_source_has_and_the_destination_lacks(found: World) -> None:
    """The steps are ancestors(source) less ancestors(destination), for every database and tenant."""
    plan = promote(found, "dev", "test")
    check_steps(found, plan)
    for one in plan.targets:
        held = held_by_dev(found, one.target.database)
        assert {step.revision for step in one.steps} == held - found.applied(one.target)
        assert after(found, one) == held


@given(worlds_to_promote)
def test_each_target_is_in_exactly_one_wave(found: World) -> None:
    """None is forgotten and none runs twice, promoted or rolled out."""
    planned = [one.target for one in promote(found, "dev", "test").targets]
    assert sorted(map(str, planned)) == sorted(map(str, found.pipeline.environment("test").targets))
    try:
        rolled = [one.target for one in rollout(found, "test").targets]
    except OrchestrateError:
        return
    assert rolled == list(found.pipeline.targets)


@given(worlds_to_promote)
def test_an_empty_promotion_is_in_sync_and_the_other_way_round(found: World) -> None:
    """A plan without steps ⇔ every target has exactly what its source has."""
    plan = promote(found, "dev", "test")
    same = all(held_by_dev(found, one.target.database) == found.applied(one.target) for one in plan.targets)
    assert (plan.steps == 0) is same


@given(graphs(), st.data())
def test_a_plan_without_steps_means_no_relation_but_in_sync(graph: Graph, data: st.DataObject) -> None:
    """What status calls in sync, promote has nothing to do for, and for nothing else."""
    rows = {Target(name): data.draw(heads(graph)) for name in ("dev", "test")}
    found = world(graph, rows)
    divergence = compare(graph, *(found.applied(target) for target in rows))
    if divergence.relation in (Relation.IN_SYNC, Relation.BEHIND):
        plan = promote(found, "dev", "test")
        assert (plan.steps == 0) is (divergence.relation is Relation.IN_SYNC)
        assert tuple(step.revision for step in plan.targets[0].steps) == divergence.missing
    else:
        with pytest.raises(OrchestrateError):
            promote(found, "dev", "test")


@given(worlds_to_roll_out)
def test_a_rollout_leaves_every_environment_with_the_same_revisions(found: World) -> None:
    """Wherever they were before, all end with all of the scripts."""
    plan = rollout(found, "prod")
    check_steps(found, plan)
    (graph,) = {id(graph): graph for graph in found.graphs.values()}.values()
    for one in plan.targets:
        assert after(found, one) == set(graph.scripts)
    assert len(plan.waves) == len(ENVIRONMENTS)


@given(graphs(), st.data())
def test_a_limited_rollout_goes_no_further_and_never_ahead(graph: Graph, data: st.DataObject) -> None:
    """With `--to`, no step is beyond the limit, and no environment ends ahead of the one before it."""
    found = data.draw(pipelines(graph))
    to = data.draw(st.sampled_from(sorted(graph.scripts)))
    try:
        plan = rollout(found, "prod", to)
    except OrchestrateError:
        return
    check_steps(found, plan)
    ends = [after(found, one) for one in plan.targets]
    for one in plan.targets:
        assert {step.revision for step in one.steps} <= graph.ancestors([to])
    for upstream, downstream in itertools.pairwise(ends):
        assert downstream <= upstream


@given(worlds_to_promote, st.data())
def test_a_limited_promotion_is_part_of_the_whole_one(found: World, data: st.DataObject) -> None:
    """`--to` takes away steps, and adds none; what the source lacks is refused."""
    graph = found.graphs[Target("dev")]
    to = data.draw(st.sampled_from(sorted(graph.scripts)))
    lacking = any(graph.ancestors([to]) - held_by_dev(found, database) for database in ("app", "billing"))
    if lacking:
        with pytest.raises(OrchestrateError):
            promote(found, "dev", "test", to)
        return
    limited, whole = promote(found, "dev", "test", to), promote(found, "dev", "test")
    check_steps(found, limited)
    for one in limited.targets:
        allowed = {step.revision for step in whole.by_target[one.target].steps}
        assert {step.revision for step in one.steps} == allowed & graph.ancestors([to])


@given(worlds_to_promote)
def test_a_plan_survives_json(found: World) -> None:
    """Written to a file or the journal and read back, it is the same plan with the same fingerprint."""
    plan = promote(found, "dev", "test")
    again = plans.from_json(json.loads(json.dumps(plans.to_json(plan))))
    assert again == plan
    assert again.fingerprint == plan.fingerprint


@given(worlds_to_promote, st.randoms(use_true_random=False))
def test_the_fingerprint_does_not_depend_on_who_answered_first(found: World, random: object) -> None:
    """Any order of what was seen and of the modes gives one fingerprint."""
    plan = promote(found, "dev", "test")
    mixed = list(plan.seen)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert replace(plan, seen=tuple(mixed)).fingerprint == plan.fingerprint
    answers = list(found.observations.items())
    random.shuffle(answers)  # type: ignore[attr-defined]
    assert promote(replace(found, observations=dict(answers)), "dev", "test").fingerprint == plan.fingerprint


def changed_somewhere(plan: Plan) -> list[Plan]:
    """Every plan that differs from this one in one assumption."""
    found = [replace(plan, modes=(*plan.modes, ("more", "as_env"))), replace(plan, wanted=(*plan.wanted, "more"))]
    found += [replace(plan, seen=plan.seen[:n] + plan.seen[n + 1 :]) for n in range(len(plan.seen))]
    found += [
        replace(plan, seen=(*plan.seen[:n], (target, (*at, "more")), *plan.seen[n + 1 :]))
        for n, (target, at) in enumerate(plan.seen)
    ]
    for number, one in enumerate(plan.targets):
        variants = [
            replace(one, identity="another"),
            replace(one, start=(*one.start, "more")),
            replace(one, end=()),
        ]
        variants += [
            replace(one, steps=(*one.steps[:n], replace(step, **change), *one.steps[n + 1 :]))
            for n, step in enumerate(one.steps)
            for change in ({"digest": "edited"}, {"atomic": False}, {"revision": "other"})
        ]
        variants += [replace(one, steps=one.steps[:-1]), replace(one, steps=one.steps[::-1])]
        variants += [replace(one, steps=(*one.steps, Step("more", "")))]
        found += [
            replace(plan, waves=(Wave((*plan.targets[:number], variant, *plan.targets[number + 1 :])),))
            for variant in variants
            if variant != one
        ]
    return found


@given(worlds_to_promote)
def test_the_fingerprint_notices_any_change(found: World) -> None:
    """Heads, script digests, the order of steps, identity and mode: whatever changes, the plan is another."""
    plan = promote(found, "dev", "test")
    assert all(other.fingerprint != plan.fingerprint for other in changed_somewhere(plan))


@given(graphs(), st.data())
def test_behind_and_ahead_mirror_each_other(graph: Graph, data: st.DataObject) -> None:
    """Seen from the other side, what was missing is extra, and diverged stays diverged."""
    one, other = (graph.ancestors(data.draw(heads(graph))) for _ in range(2))
    there, back = compare(graph, one, other), compare(graph, other, one)
    mirrored = {Relation.BEHIND: Relation.AHEAD, Relation.AHEAD: Relation.BEHIND}
    assert back.relation is mirrored.get(there.relation, there.relation)
    assert (back.missing, back.extra, back.common) == (there.extra, there.missing, there.common)
    assert set(there.missing) == one - other
    assert set(there.extra) == other - one
    if there.relation is Relation.DIVERGED:
        assert graph.ancestors(there.common) == one & other


@given(graphs(), st.data())
def test_a_standing_and_what_is_applied_agree(graph: Graph, data: st.DataObject) -> None:
    """What is missing and what is applied are all of the scripts, each exactly once."""
    found = seen(Target("dev"), data.draw(heads(graph)))
    has, standing = applied(graph, found), stand(graph, found)
    assert has is not None
    assert standing.state.placed
    assert (standing.state is State.AT_HEAD) is (not standing.missing and bool(found.heads))
    assert {*standing.missing, *has} == set(graph.scripts)
    assert len(standing.missing) + len(has) == len(graph.scripts)


@given(graphs(), st.data())
def test_rows_overlap_only_where_one_descends_from_the_other(graph: Graph, data: st.DataObject) -> None:
    """True lineage pairs alone, each once; a dependency between two rows is none."""
    rows = data.draw(st.sets(st.sampled_from(sorted(graph.scripts))))
    expected = set()
    for above in rows:
        below, waiting = set(), [above]
        while waiting:
            parents = graph.scripts[waiting.pop()].down_revisions
            waiting += [parent for parent in parents if parent not in below]
            below |= set(parents)
        expected |= {(under, above) for under in below & rows}
    assert set(graph.overlaps(rows)) == expected
    assert len(graph.overlaps(rows)) == len(expected)
