"""Which databases can be put under control, and as what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.core.adoption import Claimed, adopt
from orchestrator.core.observations import Reading
from orchestrator.core.plan import Action, PlanKind
from orchestrator.core.targets import Target
from orchestrator.core.world import World
from orchestrator.errors import (
    DivergenceError,
    InDoubtError,
    OrchestrateError,
    RefusedError,
    UnavailableError,
    UsageError,
)
from tests.core.worlds import Seen, graph, world

#     a ── b ── c   #expand
#      └─ x         #contract
TREE = graph("a; b a #expand; c b; x a #contract")
DEV, PROD = Target("dev"), Target("prod")


def seen(prod: Seen = Reading.UNVERSIONED, doubts: dict[str, str] | None = None) -> World:
    return world(TREE, {"dev": "c", "prod": prod}, doubts=doubts)


@pytest.mark.parametrize(
    ("name", "heads"),
    [("c", ("c",)), ("expand@head", ("c",)), ("b", ("b",)), ("heads", ("c", "x"))],
)
def test_each_head_that_is_named_becomes_a_row(name: str, heads: tuple[str, ...]) -> None:
    """An id, a label or all heads: several heads are several stamps, and nothing is run."""
    plan = adopt(seen(), Claimed(PROD, name, populated=True))
    (one,) = plan.targets
    assert (plan.kind, plan.to, plan.wanted, one.start, one.end) == (PlanKind.ADOPT, name, heads, (), heads)
    assert [(step.revision, step.action, step.atomic) for step in one.steps] == [
        (head, Action.STAMP, True) for head in heads
    ]
    assert plan.again == f"orchestrate adopt prod {name} --reason '…'"
    assert plan.command == f"orchestrate adopt prod {name}"


def test_an_empty_version_table_is_no_row() -> None:
    """Tables and a version table without a row: as unversioned as without one."""
    assert adopt(seen(""), Claimed(PROD, "c", populated=True)).steps == 1


def test_the_plan_is_stale_when_its_reference_moves() -> None:
    """What it was compared with is part of what was assumed."""
    claimed = Claimed(PROD, "c", populated=True)
    plain, held = adopt(seen(), claimed), adopt(seen(), claimed, DEV)
    assert held.seen == ((PROD, ()), (DEV, ("c",)))
    assert held.fingerprint != plain.fingerprint


@pytest.mark.parametrize(
    ("found", "populated", "kind", "message"),
    [
        (seen("b"), True, DivergenceError, "prod: is under control already: its version table says b"),
        (seen("zzz"), True, DivergenceError, "prod: is under control already: its version table says zzz"),
        (seen(""), False, RefusedError, "prod: has no tables: there is nothing to adopt"),
        (seen(Reading.EMPTY), False, RefusedError, "prod: has no tables: there is nothing to adopt"),
        (seen(Reading.UNREACHABLE), False, UnavailableError, "prod: cannot be read"),
        (seen(Reading.HIDDEN), False, UnavailableError, "prod: cannot be read"),
        (seen(doubts={"prod": "revision b may be half applied"}), True, InDoubtError, "revision b"),
    ],
)
def test_what_cannot_be_adopted_is_refused(
    found: World, populated: bool, kind: type[OrchestrateError], message: str
) -> None:
    """What is under control, empty, in doubt or unread is no database to adopt."""
    with pytest.raises(kind, match=message):
        adopt(found, Claimed(PROD, "c", populated))


def test_a_table_that_only_has_the_version_tables_name_is_not_adopted() -> None:
    """It is somebody's own table: nothing is written into it."""
    found = seen()
    own = replace(found.observations[PROD], detail="table alembic_version is not Alembic's", mend="name another")
    with pytest.raises(DivergenceError, match="is not Alembic's"):
        adopt(replace(found, observations={**found.observations, PROD: own}), Claimed(PROD, "c", populated=True))


def test_a_name_that_means_nothing_is_refused() -> None:
    """Before anything is compared."""
    with pytest.raises(UsageError, match="'nope'"):
        adopt(seen(), Claimed(PROD, "nope", populated=True))
