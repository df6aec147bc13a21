"""What heads mean: a target against the scripts, two environments against each other."""

from __future__ import annotations

import pytest

from orchestrator.core.divergence import Divergence, Relation, Standing, State, applied, compare, stand
from orchestrator.core.observations import Reading
from tests.core.worlds import Seen, graph, observation

LINE = graph("a; b a; c b")
FORK = graph("a; b a; c a; d b c")


@pytest.mark.parametrize(
    ("seen", "standing"),
    [
        ("c", Standing(State.AT_HEAD)),
        ("a", Standing(State.BEHIND, missing=("b", "c"))),
        ("", Standing(State.EMPTY, missing=("a", "b", "c"))),
        (Reading.EMPTY, Standing(State.EMPTY, missing=("a", "b", "c"))),
        ("c zzz", Standing(State.UNKNOWN_REVISION, unknown=("zzz",))),
        ("a c", Standing(State.OVERLAPPING, overlaps=(("a", "c"),))),
        (Reading.UNVERSIONED, Standing(State.UNVERSIONED)),
        (Reading.HIDDEN, Standing(State.DENIED)),
        (Reading.DENIED, Standing(State.DENIED)),
        (Reading.UNREACHABLE, Standing(State.UNREACHABLE)),
    ],
)
def test_where_a_target_stands(seen: Seen, standing: Standing) -> None:
    """
        a ── b ── c

    Every reading has one state, and what is missing is in order.
    """
    assert stand(LINE, observation("dev", seen)) == standing


@pytest.mark.parametrize(
    ("seen", "standing"),
    [
        ("", Standing(State.EMPTY, missing=("a", "b"))),
        ("b", Standing(State.AT_HEAD)),
        ("b c", Standing(State.UNKNOWN_REVISION, unknown=("c",), unfollowed=("two",))),
        ("d", Standing(State.UNKNOWN_REVISION, unknown=("d",), unfollowed=("d",))),
        ("c zzz", Standing(State.UNKNOWN_REVISION, unknown=("zzz",))),
    ],
)
def test_where_a_target_that_follows_one_branch_stands(seen: Seen, standing: Standing) -> None:
    """
    a ── b      one, which it follows
     ├── c      two
     └── d

    It lacks nothing of the others; holding some of them is told with the label, or the id where there is none.
    """
    part = graph("a; b a #one; c a #two; d a").only(["one"])
    assert stand(part, observation("dev", seen)) == standing


@pytest.mark.parametrize("reading", [r for r in Reading if not r.readable])
def test_what_cannot_be_read_has_no_known_revisions(reading: Reading) -> None:
    """Not even the empty set: nobody may conclude that all is missing."""
    assert applied(LINE, observation("dev", reading)) is None


@pytest.mark.parametrize("seen", ["zzz", "a zzz", "a b"])
def test_heads_that_do_not_fit_the_scripts_have_no_known_revisions(seen: str) -> None:
    """An unknown revision or overlapping rows: what is applied cannot be told."""
    assert applied(LINE, observation("dev", seen)) is None


@pytest.mark.parametrize("state", list(State))
def test_only_a_placed_target_is_placed(state: State) -> None:
    """At head, behind and empty are places on the graph; everything else is a question."""
    assert state.placed is (state in (State.AT_HEAD, State.BEHIND, State.EMPTY))


@pytest.mark.parametrize(
    ("upstream", "downstream", "divergence"),
    [
        ("d", "d", Divergence(Relation.IN_SYNC)),
        ("", "", Divergence(Relation.IN_SYNC)),
        ("d", "b", Divergence(Relation.BEHIND, missing=("c", "d"))),
        ("b", "d", Divergence(Relation.AHEAD, extra=("c", "d"))),
        ("b", "c", Divergence(Relation.DIVERGED, missing=("b",), extra=("c",), common=("a",))),
        ("zzz", "c", Divergence(Relation.UNKNOWN)),
        ("c", Reading.DENIED, Divergence(Relation.UNKNOWN)),
    ],
)
def test_how_a_downstream_stands_to_its_upstream(upstream: Seen, downstream: Seen, divergence: Divergence) -> None:
    """
    a ── b ── d
     └── c ──┘
    """
    sides = (applied(FORK, observation("test", upstream)), applied(FORK, observation("prod", downstream)))
    assert compare(FORK, *sides) == divergence


def test_databases_without_a_common_revision_have_nothing_in_common() -> None:
    """
    a        two bases
    x
    """
    two = graph("a; x")
    found = compare(two, frozenset("a"), frozenset("x"))
    assert found == Divergence(Relation.DIVERGED, missing=("a",), extra=("x",), common=())


def test_a_downstream_does_not_lack_what_it_does_not_follow() -> None:
    """
    a ── b      one, which downstream follows
     └── c      two
    """
    part = graph("a; b a #one; c a #two").only(["one"])
    both, one = frozenset("abc"), frozenset("ab")
    assert compare(part, both, one) == Divergence(Relation.IN_SYNC)
    assert compare(part, both, frozenset("a")) == Divergence(Relation.BEHIND, missing=("b",))
    assert compare(part.whole, one, both) == Divergence(Relation.AHEAD, extra=("c",))
