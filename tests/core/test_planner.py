"""From what was seen to what will be done, and every way of refusing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.core.divergence import stand
from orchestrator.core.observations import Reading
from orchestrator.core.plan import Plan, PlanKind
from orchestrator.core.planner import promote, rollout
from orchestrator.core.world import World, refusal, twins
from orchestrator.errors import (
    ConfigurationError,
    DivergenceError,
    Exit,
    InDoubtError,
    OrchestrateError,
    RefusedError,
    UnavailableError,
    UsageError,
)
from tests.core.worlds import graph, observation, world

LINE = graph("a; b a; c b; d c")
FORK = graph("a; b a; c a; d b c")


def drawn(plan: Plan) -> dict[str, str]:
    """Each target with its steps, in the order of the plan."""
    return {str(target.target): " ".join(step.revision for step in target.steps) for target in plan.targets}


def told(error: OrchestrateError) -> list[str]:
    """All that an error says, with the mends."""
    return [f"{problem} | {problem.mend}" for problem in error.problems] or [f"{error} | {error.mend}"]


def test_promotion_gives_what_the_source_has_and_no_more() -> None:
    """
    a ── b ── c ── d      dev: c      test: a
    """
    plan = promote(world(LINE, {"dev": "c", "test": "a", "prod": ""}), "dev", "test")
    assert drawn(plan) == {"test": "b c"}
    assert (plan.kind, plan.source, plan.through, plan.wanted) == (PlanKind.PROMOTE, "dev", "test", ("c",))
    assert (plan.targets[0].start, plan.targets[0].end) == (("a",), ("c",))


def test_promotion_moves_one_side_of_a_fork_alone() -> None:
    """
    a ── b ── d      dev: c, test: a. Neither b nor the merge d is there to promote.
     └── c ──┘
    """
    assert drawn(promote(world(FORK, {"dev": "c", "test": "a"}), "dev", "test")) == {"test": "c"}


def test_promotion_up_to_a_revision() -> None:
    """`--to b` takes part of what the source has."""
    plan = promote(world(LINE, {"dev": "d", "test": "a"}), "dev", "test", "b")
    assert drawn(plan) == {"test": "b"}
    assert plan.wanted == ("b",)


def test_each_database_gets_what_its_own_counterpart_has() -> None:
    """Two databases of one environment are two promotions in one plan."""
    seen = {"dev": "d", "dev/billing": "b", "test": "a", "test/billing": "a"}
    plan = promote(world(LINE, seen), "dev", "test")
    assert drawn(plan) == {"test": "b c d", "test/billing": "b"}
    assert len(plan.waves) == 1


def test_what_counts_is_what_every_tenant_of_the_source_has() -> None:
    """One tenant that lags behind holds the promotion back."""
    seen = {"dev/app@one": "d", "dev/app@two": "b", "test/app@one": "a", "test/app@three": ""}
    assert drawn(promote(world(LINE, seen), "dev", "test")) == {"test/app@one": "b", "test/app@three": "a b"}


def test_nothing_to_promote_is_a_plan_without_steps() -> None:
    """In sync is no refusal."""
    plan = promote(world(LINE, {"dev": "b", "test": "b"}), "dev", "test")
    assert plan.steps == 0
    assert plan.environments == ()


def test_rollout_takes_the_scripts_through_every_environment() -> None:
    """Each environment is a wave, and gets what it lacks."""
    plan = rollout(world(LINE, {"dev": "c", "test": "a", "prod": ""}), "prod")
    assert drawn(plan) == {"dev": "d", "test": "b c d", "prod": "a b c d"}
    assert len(plan.waves) == 3
    assert (plan.kind, plan.source, plan.through) == (PlanKind.ROLLOUT, None, "prod")


def test_rollout_ends_where_it_was_told_to() -> None:
    """`--through test` leaves prod out, even unseen; `--to c` leaves d out."""
    plan = rollout(world(LINE, {"dev": "c", "test": "a", "prod": Reading.UNREACHABLE}), "test", "c")
    assert drawn(plan) == {"dev": "", "test": "b c"}


def test_a_database_that_an_environment_lacks_is_rolled_out_from_the_one_before() -> None:
    """Billing is in dev and prod alone."""
    seen = {"dev": "d", "dev/billing": "b", "test": "d", "prod": "d", "prod/billing": ""}
    assert drawn(rollout(world(LINE, seen), "prod"))["prod/billing"] == "a b c d"


def test_rollout_never_gives_an_environment_more_than_the_one_before_will_have() -> None:
    """
    a ── b ── d      dev: c with --to c, so test gets c alone although b is older than d
     └── c ──┘
    """
    assert drawn(rollout(world(FORK, {"dev": "a", "test": "a"}), "test", "c")) == {"dev": "c", "test": "c"}


@pytest.mark.parametrize(
    ("seen", "kind", "problem"),
    [
        (
            {"dev": Reading.UNREACHABLE, "test": "a"},
            UnavailableError,
            "dev: cannot be read | None",
        ),
        ({"dev": Reading.DENIED, "test": "a"}, UnavailableError, "dev: cannot be read | None"),
        (
            {"dev": "b", "test": Reading.UNVERSIONED},
            DivergenceError,
            (
                "test: the schema has tables but no version table"
                " | if they are a revision's already: orchestrate adopt test REVISION --reason '…'"
            ),
        ),
        (
            {"dev": "b", "test": "a zzz"},
            DivergenceError,
            (
                "test: holds revision zzz, which is in no script"
                " | check out the scripts that contain it (a newer branch, or another project?)"
            ),
        ),
        (
            {"dev": "a b", "test": "a"},
            DivergenceError,
            (
                "dev: the version table holds a and b, which follows it: one of the rows is too many"
                " | look at how it came about, then:"
                """ DELETE FROM "a"."alembic_version" WHERE version_num IN ('a')"""
            ),
        ),
        (
            {"dev": "a", "test": "c"},
            DivergenceError,
            (
                "test: has what dev lacks: b (Make b), c (Make c)"
                " | orchestrate rollout --through dev --to c   # then again"
            ),
        ),
        (
            {"dev": "a", "test/billing": ""},
            UsageError,
            "test/billing: dev has no database 'billing' to promote from | add it to dev in environments.yaml",
        ),
    ],
)
def test_promotion_refuses_and_says_what_to_do(
    seen: dict[str, str | Reading], kind: type[OrchestrateError], problem: str
) -> None:
    """Each refusal names its target, the reason and the mend."""
    with pytest.raises(OrchestrateError) as refused:
        promote(world(LINE, seen), "dev", "test")
    assert type(refused.value) is kind
    assert told(refused.value) == [problem]


def test_promotion_to_what_the_source_lacks_is_refused() -> None:
    """`--to d` where dev is at b."""
    with pytest.raises(RefusedError) as refused:
        promote(world(LINE, {"dev": "b", "test": "a"}), "dev", "test", "d")
    assert told(refused.value) == [
        "test: dev does not have d yet; it lacks c (Make c), d (Make d) | orchestrate rollout --through dev --to d"
    ]


def test_a_target_in_doubt_takes_part_in_no_plan() -> None:
    """A revision may be half applied there: neither from it nor to it is anything promoted."""
    doubt = "revision b may be half applied, by run 1 of me"
    for seen in ({"dev": "a", "test": ""}, {"test": "a", "dev": ""}):
        with pytest.raises(InDoubtError) as refused:
            rollout(world(LINE, seen, doubts={"dev": doubt}), "dev")
        assert told(refused.value) == [f"dev: {doubt} | orchestrate status dev"]


def test_two_urls_of_one_database_are_refused() -> None:
    """Promotion from a database to itself would prove nothing."""
    with pytest.raises(ConfigurationError) as refused:
        promote(world(LINE, {"dev": "b", "test": "b"}, twins={"test": "dev"}), "dev", "test")
    assert told(refused.value) == [
        "dev and test are the same database, seen through two URLs | give each environment a database of its own"
    ]


def test_all_reasons_are_told_with_the_exit_code_of_the_worst() -> None:
    """In doubt beats unreachable beats diverged; none is left out."""
    seen = {"dev": Reading.UNREACHABLE, "test": "zzz", "prod": "a"}
    with pytest.raises(InDoubtError) as refused:
        rollout(world(LINE, seen, doubts={"prod": "half applied"}), "prod")
    assert str(refused.value) == "3 targets are not as they must be"
    assert [problem.where for problem in refused.value.problems] == ["dev", "test", "prod"]


def test_rollout_refuses_an_environment_that_is_ahead() -> None:
    """
    a ── b ── d      dev will end at c, and test has b already
     └── c ──┘
    """
    with pytest.raises(DivergenceError) as refused:
        rollout(world(FORK, {"dev": "c", "test": "b"}), "test", "c")
    assert told(refused.value) == [
        "test: has what dev lacks: b (Make b) | orchestrate rollout --through dev --to b   # then again"
    ]


def test_an_environment_that_is_ahead_is_compared_with_the_one_that_has_its_database() -> None:
    """Test has no billing, so it is dev that prod's billing is ahead of."""
    seen = {"dev": "", "dev/billing": "c", "test": "", "prod": "", "prod/billing": "b"}
    with pytest.raises(DivergenceError, match="prod/billing: has what dev lacks: b"):
        rollout(world(FORK, seen), "prod", "c")


def test_a_name_that_one_databases_scripts_lack_is_refused_with_the_target() -> None:
    """Databases of two projects have no revision in common: `--to` must mean something in each."""
    one = world(LINE, {"dev": "a", "dev/billing": ""})
    other = {target: graph("x") if target.database == "billing" else LINE for target in one.graphs}
    with pytest.raises(UsageError, match="dev/billing: no single revision is meant by 'b'"):
        rollout(World(one.pipeline, other, one.observations), "dev", "b")


@pytest.mark.parametrize("name", ["", "base", "-1", "nope"])
def test_a_limit_that_means_nothing_never_becomes_a_plan(name: str) -> None:
    """An empty `--to` (an unset variable of a shell) is a mistake, not a wish for everything."""
    seen = world(LINE, {"dev": "d", "test": "a"})
    with pytest.raises(UsageError):
        rollout(seen, "test", name)
    with pytest.raises(UsageError):
        promote(seen, "dev", "test", name)


def test_twins_are_found_among_many() -> None:
    """The first of the same database is named with each of the others; what has no instance is nobody's twin."""
    one, two, three = (observation(name, "a") for name in ("dev", "test", "prod"))
    same = replace(observation("qa", "a"), instance=one.instance)
    unknown = replace(observation("x", Reading.UNREACHABLE), instance=None)
    assert twins([one, two, same, three, unknown, unknown]) == ((one.target, same.target),)


def test_a_probe_that_knows_more_is_quoted() -> None:
    """Where the database itself said why, that is what is told."""
    denied = observation("dev", Reading.DENIED)
    seen = replace(denied, detail="password authentication failed", mend="check the password")
    error = refusal(seen, stand(LINE, seen))
    assert error is not None
    assert (error.what, error.mend, error.exit) == (
        "password authentication failed",
        "check the password",
        Exit.UNAVAILABLE,
    )


def test_hundreds_of_tenants_on_a_thousand_revisions_are_planned() -> None:
    """Every question that tenants share is worked out once (this took a minute and a half when it was not)."""
    found = graph("\n".join(f"r{n:04} " + (f"r{n - 1:04}" if n else "") for n in range(1000)))
    heads = {"dev": "r0990", "test": "r0980"}
    seen = {f"{name}/app@t{n}": head for name, head in heads.items() for n in range(400)}
    plan = promote(world(found, seen), "dev", "test")
    assert plan.steps == 10 * 400
