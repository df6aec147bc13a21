"""A sealed plan held against the world as it is now: what keeps it out, what is only told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.core import plan_json as plans
from orchestrator.core.events import Event, EventKind
from orchestrator.core.observations import Reading
from orchestrator.core.plan import Plan
from orchestrator.core.planner import promote, rollout
from orchestrator.core.revisions import Graph
from orchestrator.core.run import Run, fold
from orchestrator.core.staleness import Basis, Now, notes, stale
from orchestrator.core.targets import Target
from orchestrator.core.world import World
from orchestrator.errors import InDoubtError, StalePlanError, UnavailableError
from tests.core.seals import FILES, TOOLS, sealed
from tests.core.worlds import Seen, graph, world

LINE = graph("a; b a; c b; d c")
SEEN: dict[str, Seen] = {"staging": "c", "prod": "a"}
PROMOTION = promote(world(LINE, SEEN), "staging", "prod")
BESIDE = {"files", "former", "overrides", "tools"}
STAGING, PROD = Target("staging"), Target("prod")


GIT = "git checkout 0123456789ab -- "


def beside(found: World, **fields: Any) -> Basis:
    """What the plan relies on beside the databases, as when it was sealed, unless `fields` say otherwise."""
    as_sealed: dict[str, Any] = {"files": FILES, "overrides": (), "tools": TOOLS}
    return Basis(found.graphs, **{**as_sealed, **fields})


def now(seen: Mapping[str, Seen], revisions: Graph = LINE, **fields: Any) -> Now:
    found = world(revisions, seen)
    basis = beside(found, **{name: fields.pop(name) for name in BESIDE & fields.keys()})
    return Now(found, basis, **{"targets": found.pipeline.targets, **fields})


def told(plan: Plan, against: Now) -> list[str]:
    """Every reason against the plan, as a person reads it."""
    return [str(problem) for _, problem in stale(sealed(plan), against)]


def ran(plan: Plan, target: Target, *, done: int) -> Run:
    """A run of the plan that recorded so many of the target's steps."""
    at = sealed(plan).created_at
    events = [
        Event(EventKind.RUN_STARTED, at, "r7", "bob@desk", body={"plan": plans.to_json(plan), "command": "x"})
    ]
    steps = plan.by_target[target].steps[:done]
    events += [Event(EventKind.STEP_APPLIED, at, "r7", "bob@desk", target, step.revision) for step in steps]
    run = fold(events)
    assert run is not None
    return run


def test_in_the_world_it_was_made_for_a_plan_is_as_good_as_new() -> None:
    """Nothing is told where nothing changed."""
    assert told(PROMOTION, now(SEEN)) == []
    assert list(notes(sealed(PROMOTION), now(SEEN))) == []


TO_B = promote(world(LINE, SEEN), "staging", "prod", "b")
TO_C = promote(world(LINE, SEEN), "staging", "prod", "c")


@pytest.mark.parametrize(
    ("run", "who"),
    [
        (None, "by hand: no run recorded it"),
        (ran(TO_B, PROD, done=1), "by run r7 of bob@desk, 2026-07-01 12:00 UTC"),
        (ran(TO_C, PROD, done=2), "by hand: no run recorded it"),
        (ran(TO_C, PROD, done=0), "where run r7 of bob@desk, 2026-07-01 12:00 UTC, is unfinished"),
        (ran(TO_C, PROD, done=1), "by run r7 of bob@desk, 2026-07-01 12:00 UTC"),
    ],
)
def test_a_target_that_moved_is_told_with_who_moved_it(run: Run | None, who: str) -> None:
    """From where it was planned, where it is now, and the run that left it there, or that none did."""
    runs = {} if run is None else {PROD: run}
    against = now({**SEEN, "prod": "b"}, last_runs=runs)
    assert told(PROMOTION, against) == [f"prod: planned from a, now b, {who}"]
    (_, problem), *_ = stale(sealed(PROMOTION), against)
    assert problem.mend == "orchestrate plan staging prod --out release.plan.json"


def test_what_a_run_left_in_another_database_is_not_laid_to_anybody() -> None:
    """Where the URL leads elsewhere, nobody worked by hand, and the run did not bring it where it is."""
    found = world(LINE, {**SEEN, "prod": "b"})
    elsewhere = {**found.observations, PROD: replace(found.observations[PROD], identity="other")}
    for done in (1, 2):
        runs = {PROD: ran(TO_C, PROD, done=done)}
        _, moved = told(PROMOTION, Now(replace(found, observations=elsewhere), beside(found), runs))
        who = "in another database than run r7 of bob@desk, 2026-07-01 12:00 UTC, left"
        assert moved == f"prod: planned from a, now b, {who}"


@pytest.mark.parametrize(
    ("staging", "problem", "note"),
    [
        ("d", None, "staging: at c when this was planned, at d now, and has all that is promoted"),
        ("b", "staging: it had c, which is promoted, and is at b now, by hand: no run recorded it", None),
    ],
)
def test_the_source_may_go_on_and_not_back(staging: str, problem: str | None, note: str | None) -> None:
    """What is promoted must still be there; more than that is only told."""
    against = now({**SEEN, "staging": staging})
    assert told(PROMOTION, against) == ([problem] if problem else [])
    if note:
        assert list(notes(sealed(PROMOTION), against)) == [note]


def test_what_the_plan_promotes_is_the_whole_of_what_its_source_must_have() -> None:
    """A source that lost a revision which this plan does not bring anywhere does not keep it out."""
    assert told(TO_B, now({**SEEN, "staging": "b"})) == []


def test_scripts_and_files_are_told_once_each() -> None:
    """A script that changed or is gone is told once for all targets that get it, and so is each file."""
    tenants: dict[str, Seen] = {"staging": "c", **{f"prod@t{number}": "a" for number in range(30)}}
    plan = promote(world(LINE, tenants), "staging", "prod")
    changed = Graph(replace(one, digest="new") if one.revision == "b" else one for one in LINE.scripts.values())
    files = {**FILES, "alembic.ini": "sha256:9", "billing.ini": "sha256:8"}
    del files["migrations/env.py"]
    since = "since the plan was made, 2026-07-01 12:00 UTC"
    assert told(plan, now(tenants, changed, files=files)) == [
        f"alembic.ini: it changed {since}",
        f"billing.ini: it came {since}",
        f"migrations/env.py: it is not there any more {since}",
        "versions/b.py: the script of revision b changed since it was planned",
    ]
    without = graph("a; b a")
    assert told(PROMOTION, now({"staging": "b", "prod": "a"}, without))[0] == (
        "the script of revision c is gone since it was planned"
    )


def test_bytes_that_git_has_are_put_back_before_a_plan_is_made_anew() -> None:
    """For each script and file that changed: to plan anew puts another plan in the place of the approved one."""
    changed = Graph(replace(one, digest="new") if one.revision == "b" else one for one in LINE.scripts.values())
    files = {**FILES, "alembic.ini": "sha256:9"}
    former = {"digest of b": f"{GIT}b.py", FILES["alembic.ini"]: f"{GIT}alembic.ini"}
    mends = [
        problem.mend for _, problem in stale(sealed(PROMOTION), now(SEEN, changed, files=files, former=former))
    ]
    anew = "\nor, if the change is meant, plan anew: orchestrate plan staging prod --out release.plan.json"
    assert mends == [f"{GIT}alembic.ini{anew}", f"{GIT}b.py{anew}"]


def test_another_version_of_this_tool_does_not_take_it_and_other_tools_are_told() -> None:
    """What planned it is what runs it; of what the project brings along the difference is a note."""
    against = now(SEEN, tools={**TOOLS, "orchestrate": "1.1", "alembic": "2.0"})
    (_, problem), *others = stale(sealed(PROMOTION), against)
    assert (str(problem), others) == ("orchestrate: this is version 1.1, and the plan was made with 1.0", [])
    assert problem.mend is not None
    assert "install orchestrate 1.0 as you installed this one; or plan anew: orchestrate plan" in problem.mend
    assert list(notes(sealed(PROMOTION), against)) == ["alembic is 2.0 here, and was 1.14 where this was planned"]
    assert list(notes(sealed(PROMOTION), now(SEEN, tools={"orchestrate": "1.0"}))) == []


@pytest.mark.parametrize(
    ("then", "here", "reasons"),
    [
        (("A", "B"), ("B", "A"), []),
        (("A",), (), [("A: it was set where the plan was made, and is not here", "set A as it was there; or ")]),
        ((), ("A",), [("A: it is set here, and was not where the plan was made", "unset A; or plan anew: ")]),
        (("A",), ("B",), [("A: it was set", "set A"), ("B: it is set", "unset B")]),
    ],
)
def test_a_variable_that_changes_what_the_file_means_is_told_by_name(
    then: tuple[str, ...], here: tuple[str, ...], reasons: list[tuple[str, str]]
) -> None:
    """Set on one side alone it keeps the plan out, each with what to type; in which order does not matter."""
    told = list(stale(sealed(PROMOTION, overrides=then), now(SEEN, overrides=here)))
    assert len(told) == len(reasons)
    for (kind, problem), (what, mend) in zip(told, reasons, strict=True):
        assert kind is StalePlanError
        assert str(problem).startswith(what)
        assert (problem.mend or "").startswith(mend)


def test_another_database_and_one_that_is_gone() -> None:
    """A URL that leads elsewhere, a tenant that left, a target that was taken out: each is told for itself."""
    plan = promote(world(LINE, {"staging": "c", "prod@x": "a", "prod@y": "a"}), "staging", "prod")
    found = world(LINE, {"staging": "c", "prod@x": "a"})
    x = Target("prod", tenant="x")
    elsewhere = {**found.observations, x: replace(found.observations[x], identity="other")}
    against = Now(replace(found, observations=elsewhere), beside(found))
    assert told(plan, against) == [
        "prod/app@x: the URL leads to another database than when it was planned",
        "prod/app@y: it is no tenant any more",
    ]
    (_, problem), *_ = stale(sealed(plan), against)
    assert (problem.mend or "").startswith(
        "see where the url of prod/app@x leads: orchestrate doctor prod/app@x\n"
    )
    assert told(PROMOTION, now({"staging": "c"})) == ["prod: the target was taken out of environments.yaml"]


@pytest.mark.parametrize(
    ("where", "kind"), [("prod", UnavailableError), ("staging", UnavailableError), ("doubt", InDoubtError)]
)
def test_what_cannot_be_told_keeps_it_out(where: str, kind: type[Exception]) -> None:
    """A target of the plan, or of its source, that does not answer or is in doubt is no target for any plan."""
    seen = {**SEEN, **({where: Reading.UNREACHABLE} if where in SEEN else {})}
    found: World = world(LINE, seen, doubts={"prod": "b may be half applied"} if where == "doubt" else None)
    assert [found_kind for found_kind, _ in stale(sealed(PROMOTION), Now(found, beside(found)))] == [kind]


def test_two_that_are_one_database_by_now() -> None:
    """Two targets of the plan whose URLs came to lead to one database are told."""
    seen: dict[str, Seen] = {"staging": "c", "prod@x": "a", "prod@y": "a"}
    plan = promote(world(LINE, seen), "staging", "prod")
    twins = world(LINE, seen, twins={"prod@y": "prod/app@x"})
    assert told(plan, Now(twins, beside(twins))) == [
        "prod/app@x and prod/app@y are the same database, seen through two URLs"
    ]


def test_a_target_that_came_since_is_left_as_it_is() -> None:
    """A new tenant is in no plan that was made before it; where the plan was narrowed nobody misses it."""
    plan = promote(world(LINE, {"staging": "c", "prod@x": "a"}), "staging", "prod")
    against = now(
        {"staging": "c", "prod@x": "a"}, targets=(Target("prod", tenant="x"), Target("prod", tenant="n"))
    )
    assert told(plan, against) == []
    assert list(notes(sealed(plan), against)) == ["prod/app@n: came after this was planned, and is left as it is"]
    narrowed = replace(plan, selection=replace(plan.selection, only=("x",)))
    assert list(notes(sealed(narrowed), against)) == []


def test_a_rollouts_first_environments_are_its_source() -> None:
    """What a rollout leaves as it is, since it has everything, must still have what later ones get."""
    plan = rollout(world(LINE, {"dev": "d", "staging": "b", "prod": "b"}), "prod")
    assert told(plan, now({"dev": "d", "staging": "b", "prod": "b"})) == []
    assert told(plan, now({"dev": "c", "staging": "b", "prod": "b"})) == [
        "dev: it had d, which is promoted, and is at c now, by hand: no run recorded it"
    ]


def test_kinds_of_staleness_are_one() -> None:
    """What changed is a stale plan, which is refused with exit code 5."""
    against = now({**SEEN, "prod": "b"}, files={})
    assert {kind for kind, _ in stale(sealed(PROMOTION), against)} == {StalePlanError}
