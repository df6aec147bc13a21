"""Taking a run up again while others may be at it: nobody's marks on somebody else's run, nothing assumed."""

from __future__ import annotations

import pytest

from orchestrator.core import plan_json as plans
from orchestrator.core.doubt import Doubt
from orchestrator.core.events import EventKind
from orchestrator.core.run import Outcome
from orchestrator.core.targets import Target
from orchestrator.databases.catalog import catalog
from orchestrator.databases.locks import acquire
from orchestrator.errors import Exit, StalePlanError, UsageError
from orchestrator.operations import runs
from orchestrator.operations.release import Wish
from orchestrator.operations.resolve import Word, not_applied
from tests.databases.builders import run as execute
from tests.operations.conftest import Shop
from tests.servers.postgresql import PostgreSQL


def cut_off(shop: Shop, name: str, through: str = "dev") -> str:
    """A run that was killed after the intent of the first revision and before it touched anything."""
    prepared = shop.prepare(Wish(through))
    shop.record(EventKind.RUN_STARTED, name, plan=plans.to_json(prepared.plan), command=prepared.plan.again)
    shop.record(EventKind.STEP_INTENT, name, "dev", prepared.plan.targets[0].steps[0].revision, catalog={})
    return name


def unasked(doubts: tuple[Doubt, ...]) -> None:
    """Nobody is asked for consent where the word is refused."""
    raise AssertionError(doubts)


def test_an_attempt_that_is_turned_away_leaves_the_run_as_it_was(shop: Shop) -> None:
    """A second resume while the first works is told who works, and the run stays open for that one."""
    run = cut_off(shop, "working")
    (endpoint,) = shop.configuration.endpoints(["dev"]).values()
    with acquire(endpoint, run):
        assert shop.resume(run).exit is Exit.LOCKED
        (seen,) = shop.status("dev").targets
        assert (seen.state, seen.holder is not None) == ("empty", True)
    assert runs.find(shop.configuration, run).open
    assert [e.kind for e in runs.show(shop.configuration, run).events][-1] is EventKind.STEP_INTENT


def test_what_is_settled_by_the_schema_is_settled_for_every_command(shop: Shop) -> None:
    """A step that was cut off before it touched anything does not stop a new command either."""
    shop.execute("dev", "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    (endpoint,) = shop.configuration.endpoints(["dev"]).values()
    prepared = shop.prepare(Wish("dev"))
    shop.record(EventKind.RUN_STARTED, "cut", plan=plans.to_json(prepared.plan), command="orchestrate rollout")
    shop.record(EventKind.STEP_INTENT, "cut", "dev", "a", catalog=catalog(endpoint))
    assert shop.states()["dev"] == "empty"
    assert shop.rollout("dev").outcome is Outcome.SUCCEEDED


def test_a_finished_target_must_still_be_where_it_was_brought(shop: Shop) -> None:
    """Where dev lost what the run gave it, resume does not go on to the next environment on its word."""
    shop.execute("test", "CREATE TABLE t_b (id INTEGER)", "CREATE TABLE alembic_version (version_num VARCHAR(32))")
    failed = shop.rollout("test")
    assert failed.outcome in (Outcome.FAILED, Outcome.IN_DOUBT)
    shop.file("dev").unlink()
    again = shop.resume(failed.run_id)
    assert (again.exit, again.targets[0].target, again.targets[0].end) == (Exit.REFUSED, Target("dev"), ())
    assert again.targets[1].steps[-1].outcome == "not_started"


def test_a_doubt_is_resolved_in_the_run_that_left_it(shop: Shop) -> None:
    """An older run has no say on a target that a later run came to: its word would hide the later doubt."""
    older, newer = cut_off(shop, "older"), cut_off(shop, "newer")
    with pytest.raises(UsageError, match=f"run {newer} came to dev after run {older}"):
        not_applied(shop.configuration, Word(older, Target("dev"), "x"), shop.actor, unasked)


def test_an_applied_revision_is_not_resolved_as_not_applied(shop: Shop) -> None:
    """Where the database has the revision after all, the person is told that resume records it."""
    run = cut_off(shop, "cut")
    shop.project.alembic("upgrade", "a", url=f"sqlite:///{shop.file('dev')}")
    with pytest.raises(UsageError, match="dev has revision a after all") as refused:
        not_applied(shop.configuration, Word(run, Target("dev"), "x"), shop.actor, unasked)
    assert refused.value.mend == f"orchestrate resume {run}   # records it"


@pytest.mark.postgresql
def test_tenants_whose_schemas_are_gone_do_not_hold_up_the_others(
    shop: Shop, postgresql_server: PostgreSQL
) -> None:
    """Each is told to be gone, since which run, in SQL that can be typed; and the command told goes on without."""
    _, url = postgresql_server.new_database()
    odd = 'x"; drop table t; --'
    quoted = '"x""; drop table t; --"'
    for schema in ("acme", quoted, "globex"):
        table = f"{schema}.alembic_version"
        execute(url, f"CREATE SCHEMA {schema}", f"CREATE TABLE {table} (version_num text)")
        execute(url, f"INSERT INTO {table} VALUES ('a')")
    shop.project.environments({"prod": {"url": url, "tenants": {"schemas": ["acme", odd, "globex", "nobody"]}}})
    plan = shop.prepare(Wish("prod", skip_unfit=True)).plan
    assert [one.reason for one in plan.left_out] == ["there is no schema nobody"]
    shop.record(EventKind.RUN_STARTED, "cut", plan=plans.to_json(plan), command=plan.again)
    execute(url, "DROP SCHEMA acme CASCADE", f"DROP SCHEMA {quoted} CASCADE")
    with pytest.raises(StalePlanError) as stale:
        shop.resume()
    told = {problem.where: (problem.what, problem.mend or "") for problem in stale.value.problems}
    assert told.keys() == {"prod/app@acme", f"prod/app@{odd}"}
    what, mend = told[f"prod/app@{odd}"]
    assert what == f"there is no schema {odd}: it is gone since run cut left it at a"
    assert "restore it from a backup" in mend
    assert f"CREATE SCHEMA {quoted}\n" in mend
    assert mend.endswith("orchestrate rollout --through prod --skip-unfit")
    again = shop.prepare(Wish("prod", skip_unfit=True)).plan
    assert [str(one.target) for one in again.targets if one.steps] == ["prod/app@globex"]
