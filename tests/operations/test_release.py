"""prepare, perform, resume and resolve on real databases, one real worker at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.core.doubt import Doubt
from orchestrator.core.events import EventKind
from orchestrator.core.reports import Result
from orchestrator.core.run import Outcome
from orchestrator.core.targets import Target
from orchestrator.errors import (
    DivergenceError,
    Exit,
    InDoubtError,
    LockedError,
    RefusedError,
    StalePlanError,
    UsageError,
)
from orchestrator.journal.journal import Journal
from orchestrator.operations import performing, runs
from orchestrator.operations.prepared import Prepared
from orchestrator.operations.release import Wish
from orchestrator.operations.resolve import Word, not_applied
from tests.operations.conftest import Shop

FAILING = 'op.create_table("half", sa.Column("id", sa.Integer))\nop.execute("INSERT INTO nowhere VALUES (1)")'


def test_a_rollout_takes_every_environment_along_and_says_so_in_order(shop: Shop) -> None:
    """Each step: intent, then applied; each environment after the one before it."""
    report = shop.rollout("test")
    assert (report.outcome, report.exit) == (Outcome.SUCCEEDED, Exit.DONE)
    assert [(str(t.target), t.result, t.end) for t in report.targets] == [
        ("dev", Result.APPLIED, ("b",)),
        ("test", Result.APPLIED, ("b",)),
    ]
    assert shop.heads("dev") == shop.heads("test") == ["b"]
    assert not shop.file("prod").exists()
    steps = [(str(e.target), e.revision, str(e.kind)) for e in shop.heard if e.kind.startswith("step")]
    assert steps == [
        (name, revision, kind)
        for name in ("dev", "test")
        for revision in ("a", "b")
        for kind in ("step_intent", "step_statement", "step_applied")
    ]


def test_promotion_moves_what_the_source_has(shop: Shop) -> None:
    """Not the scripts' head."""
    shop.rollout("dev", to="a")
    report = shop.promote("dev", "test")
    assert report.outcome is Outcome.SUCCEEDED
    assert shop.heads("test") == ["a"]


def test_what_is_in_sync_needs_no_run(shop: Shop) -> None:
    """No id, no event, no worker."""
    shop.rollout("test")
    heard = len(shop.heard)
    report = shop.promote("dev", "test")
    assert (report.outcome, report.run_id, report.exit) == (Outcome.NOTHING_TO_DO, None, Exit.DONE)
    assert len(shop.heard) == heard
    assert len(shop.runs()) == 1


def test_preparing_changes_nothing(shop: Shop) -> None:
    """Neither databases nor journal."""
    prepared = shop.prepare(Wish("prod"))
    assert prepared.plan.steps == 6
    assert not shop.file("dev").exists()
    assert not (shop.project.root / ".orchestrator").exists()


@pytest.mark.parametrize(
    ("wish", "confirmed", "told"),
    [
        (Wish("dev", "dev"), (), "dev cannot be promoted to itself"),
        (Wish("prd", "dev"), (), "there is no environment 'prd'"),
        (Wish("dev", "tset"), (), "there is no environment 'tset'"),
        (Wish("prod"), ("prd",), "there is no environment 'prd'"),
        (Wish("prod", to="-1"), (), "no revision is meant by '-1'"),
        (Wish("prod", to=""), (), "no revision is meant by ''"),
    ],
)
def test_a_wish_that_means_nothing_is_a_usage_error(
    shop: Shop, wish: Wish, confirmed: tuple[str, ...], told: str
) -> None:
    """Names are checked before anything is looked at for them, a mistyped confirmation too."""
    with pytest.raises(UsageError, match=told):
        shop.prepare(wish, *confirmed)


def test_a_gate_that_is_shut_stops_it_with_nothing_changed(shop: Shop) -> None:
    """The report says which, why and what to type; with the confirmation it runs."""
    shop.environments("dev", "test", "prod", protected=("test",))
    shop.rollout("dev")
    report = shop.promote("dev", "test")
    assert (report.outcome, report.exit, report.run_id) == (Outcome.REFUSED, Exit.REFUSED, None)
    assert report.failure is not None
    assert report.failure.message == "gate protected: test is protected and not confirmed"
    assert report.failure.mend == "add --confirm test"
    assert [target.result for target in report.targets] == [Result.NOT_STARTED]
    assert not shop.file("test").exists()
    assert shop.promote("dev", "test", "test").outcome is Outcome.SUCCEEDED


def test_a_plan_that_no_longer_holds_is_refused_with_what_changed(shop: Shop) -> None:
    """Somebody ran Alembic between the plan and the consent."""
    shop.rollout("dev")
    prepared = shop.prepare(Wish("test", "dev"))
    shop.project.alembic("upgrade", "a", url=f"sqlite:///{shop.file('test')}")
    report = shop.perform(prepared)
    assert (report.outcome, report.run_id) == (Outcome.REFUSED, None)
    assert report.failure is not None
    assert report.failure.code == "stale_plan"
    assert "test was at base and is at a" in report.failure.message
    assert report.failure.mend == "orchestrate promote dev test"
    assert shop.heads("test") == ["a"]


def test_a_script_that_was_edited_after_the_plan_makes_it_stale(shop: Shop) -> None:
    """What was shown is what is run, or nothing."""
    prepared = shop.prepare(Wish("dev"))
    shop.project.tables("a", "b", "c")
    report = shop.perform(prepared)
    assert report.failure is not None
    assert "the scripts for dev changed" in report.failure.message
    assert not shop.file("dev").exists()


def test_gates_are_asked_again_when_it_is_to_run(shop: Shop) -> None:
    """A run that broke off in the source between the plan and the consent shuts the gate."""
    shop.rollout("dev", to="a")
    prepared = shop.prepare(Wish("test", "dev"))
    run = shop.runs()[0].id
    shop.record(EventKind.STEP_FAILED, run, "dev", "a")
    shop.record(EventKind.RUN_FINISHED, run, outcome="failed")
    report = shop.perform(prepared)
    assert report.outcome is Outcome.REFUSED
    assert report.failure is not None
    assert report.failure.message.startswith(f"gate source_run: run {run} of ann@work left dev unfinished: failed")
    assert not shop.file("test").exists()


def test_an_environment_that_is_ahead_refuses_everything(shop: Shop) -> None:
    """Nothing is planned past it, and every target that is in the way is told."""
    shop.project.alembic("upgrade", "b", url=f"sqlite:///{shop.file('test')}")
    with pytest.raises(DivergenceError, match=r"test: has what dev lacks: a .*, b "):
        shop.promote("dev", "test")


def test_two_databases_of_an_environment_go_together(shop: Shop) -> None:
    """Each from its own counterpart, both in one run."""
    shop.project.environments(
        {
            name: {
                "databases": {
                    "app": {"url": f"sqlite:///{name}.db"},
                    "billing": {"url": f"sqlite:///{name}_billing.db"},
                }
            }
            for name in ("dev", "test")
        }
    )
    shop.project.alembic("upgrade", "b", url=f"sqlite:///{shop.file('dev')}")
    shop.project.alembic("upgrade", "a", url=f"sqlite:///{shop.file('dev_billing')}")
    report = shop.promote("dev", "test")
    assert report.outcome is Outcome.SUCCEEDED
    assert shop.heads("test") == ["b"]
    assert shop.heads("test_billing") == ["a"]


def test_a_failure_stops_the_pipeline_and_resume_goes_on_there(shop: Shop) -> None:
    """The revision that failed cleanly, then the environments that were not come to."""
    failing = shop.project.revision("c", "b", 'op.execute("INSERT INTO nowhere VALUES (1)")')
    report = shop.rollout("test")
    assert (report.outcome, report.exit) == (Outcome.FAILED, Exit.FAILED)
    assert [target.result for target in report.targets] == [Result.FAILED, Result.NOT_STARTED]
    assert shop.heads("dev") == ["b"]
    assert not shop.file("test").exists()

    failing.write_text(failing.read_text().replace("INSERT INTO nowhere VALUES (1)", "SELECT 1"))
    with pytest.raises(StalePlanError) as stale:
        shop.resume()
    assert [str(problem) for problem in stale.value.problems] == [
        f"{name}: the script of revision c changed since run {report.run_id} planned it"
        for name in ("dev", "test")
    ]
    assert stale.value.mend == "orchestrate rollout --through test"
    again = shop.rollout("test")
    assert again.outcome is Outcome.SUCCEEDED
    assert shop.heads("test") == ["c"]


def test_what_failed_for_a_reason_outside_is_resumed_under_the_same_run(shop: Shop) -> None:
    """Once the cause is gone, the run ends as it was planned."""
    shop.project.revision("c", "b", 'op.execute("INSERT INTO settings VALUES (1)")')
    first = shop.rollout("dev")
    assert first.outcome is Outcome.FAILED
    shop.execute("dev", "CREATE TABLE settings (id INTEGER)")
    second = shop.resume()
    assert (second.outcome, second.run_id) == (Outcome.SUCCEEDED, first.run_id)
    assert [step.outcome for step in second.targets[0].steps] == ["applied", "applied", "applied"]
    assert shop.runs()[0].complete
    assert shop.resume(first.run_id).outcome is Outcome.NOTHING_TO_DO


def test_resume_without_a_name_is_about_the_latest_run(shop: Shop) -> None:
    """Where that ended well there is nothing to do; where there is none, or none of that name, it says so."""
    with pytest.raises(UsageError, match="no run is recorded yet"):
        shop.resume()
    run = shop.rollout("dev").run_id
    report = shop.resume()
    assert (report.outcome, report.run_id) == (Outcome.NOTHING_TO_DO, run)
    with pytest.raises(UsageError, match="there is no run 'nope'"):
        shop.resume("nope")


def agreed(_doubts: tuple[Doubt, ...]) -> None:
    """Whatever differs is consented to."""


def cut_off(shop: Shop) -> str:
    """A run of dev that was killed within revision c, after c had made its first table."""
    shop.project.revision("c", "b", FAILING)
    report = shop.rollout("dev")
    assert report.outcome is Outcome.IN_DOUBT
    assert "half" in shop.tables("dev")
    assert report.run_id is not None
    return report.run_id


def test_what_may_be_half_applied_stops_everything_until_a_person_says(shop: Shop) -> None:
    """Plans, promotion and resume refuse; status shows it; `resolve` after cleaning up opens the way."""
    run = cut_off(shop)
    assert shop.states()["dev"] == "in_doubt"
    with pytest.raises(InDoubtError, match=f"revision c may be half applied, by run {run}"):
        shop.rollout("dev")
    again = shop.resume(run)
    assert (again.outcome, again.exit) == (Outcome.IN_DOUBT, Exit.IN_DOUBT)
    assert again.targets[0].failure is not None
    assert "table half appeared" in again.targets[0].failure.message

    shop.execute("dev", "DROP TABLE half", "CREATE TABLE nowhere (id INTEGER)")
    bob = replace(shop.actor, name="bob@desk")
    (resolved,) = not_applied(shop.configuration, Word(run, Target("dev"), "dropped it"), bob, agreed)
    assert resolved.revision == "c"
    assert shop.states()["dev"] == "behind"
    done = shop.resume(run)
    assert (done.outcome, done.run_id) == (Outcome.SUCCEEDED, run)
    assert shop.heads("dev") == ["c"]
    told = [event for event in runs.show(shop.configuration, run).events if event.kind is EventKind.STEP_RESOLVED]
    assert [(event.actor, event.revision, event.body["reason"]) for event in told] == [
        ("bob@desk", "c", "dropped it")
    ]


def test_what_a_person_completed_by_hand_needs_no_word(shop: Shop) -> None:
    """The version table is the fact: resume finds it applied and records that."""
    run = cut_off(shop)
    shop.execute("dev", "UPDATE alembic_version SET version_num = 'c'")
    assert shop.states()["dev"] == "at_head"
    done = shop.resume(run)
    assert done.outcome is Outcome.SUCCEEDED
    assert done.targets[0].steps[-1].outcome == "recovered"
    assert runs.find(shop.configuration, run).finished(Target("dev"))


def test_only_a_step_in_doubt_is_resolved(shop: Shop) -> None:
    """Not one that is applied, nor on another target, nor in a run that does not exist."""
    report = shop.rollout("dev")
    for run, target in ((str(report.run_id), "dev"), (str(report.run_id), "prod")):
        with pytest.raises(UsageError, match=f"no revision is in doubt on {target} in run"):
            not_applied(shop.configuration, Word(run, Target(target), "x"), shop.actor, agreed)
    with pytest.raises(UsageError, match="there is no run"):
        not_applied(shop.configuration, Word("nope", Target("dev"), "x"), shop.actor, agreed)


def test_what_cannot_be_read_is_not_resolved(shop: Shop) -> None:
    """Rows that no script explains say nothing of the step in doubt: no verdict on it is recorded."""
    run = cut_off(shop)
    shop.execute("dev", "UPDATE alembic_version SET version_num = 'elsewhere'")
    with pytest.raises(DivergenceError, match="holds revision elsewhere, which is in no script"):
        not_applied(shop.configuration, Word(run, Target("dev"), "x"), shop.actor, agreed)
    shop.execute("dev", "UPDATE alembic_version SET version_num = 'b'")
    assert shop.states()["dev"] == "in_doubt"


def test_what_a_run_is_working_on_is_not_resolved_under_it(shop: Shop) -> None:
    """Its step has no outcome yet because it is running, not because it was cut off."""
    from orchestrator.databases.locks import acquire

    run = cut_off(shop)
    (endpoint,) = shop.configuration.endpoints(["dev"]).values()
    with acquire(endpoint, run), pytest.raises(LockedError, match=f"driven by run {run}"):
        not_applied(shop.configuration, Word(run, Target("dev"), "x"), shop.actor, agreed)
    assert not_applied(shop.configuration, Word(run, Target("dev"), "x"), shop.actor, agreed)[0].revision == "c"


def test_a_run_that_was_killed_between_commit_and_record_is_recovered(shop: Shop) -> None:
    """Intent recorded, revision applied, no outcome: resume finds it, records it with its bytes, and goes on."""
    shop.rollout("dev", to="a")
    prepared: Prepared = shop.prepare(Wish("dev"))
    from orchestrator.core import plan_json as plans

    shop.record(EventKind.RUN_STARTED, "killed", plan=plans.to_json(prepared.plan), command="orchestrate rollout")
    shop.record(EventKind.STEP_INTENT, "killed", "dev", "b", catalog={})
    shop.project.alembic("upgrade", "b", url=f"sqlite:///{shop.file('dev')}")
    done = shop.resume("killed")
    assert done.outcome is Outcome.SUCCEEDED
    assert [step.outcome for step in done.targets[0].steps] == ["recovered"]
    (step,) = prepared.plan.targets[0].steps
    with Journal(shop.configuration.journal) as journal:
        assert journal.digests()[Target("dev"), "b"] == {step.digest}


def started(shop: Shop, wish: Wish, *confirmed: str) -> str:
    """A run that was killed as soon as its start was recorded."""
    from orchestrator.core import plan_json as plans

    prepared = shop.prepare(wish, *confirmed)
    shop.record(EventKind.RUN_STARTED, "killed", plan=plans.to_json(prepared.plan), command="orchestrate rollout")
    return "killed"


def test_a_run_that_did_nothing_yet_is_resumed_whole(shop: Shop) -> None:
    """Killed right after its start was recorded."""
    started(shop, Wish("test"))
    report = shop.resume()
    assert (report.outcome, report.run_id) == (Outcome.SUCCEEDED, "killed")
    assert shop.heads("test") == ["b"]


def test_resuming_asks_the_gates_again(shop: Shop) -> None:
    """A confirmation is given for one attempt."""
    shop.environments("dev", "test", protected=("dev",))
    started(shop, Wish("dev"), "dev")
    assert shop.resume().outcome is Outcome.REFUSED
    with pytest.raises(UsageError, match="there is no environment 'dve'"):
        shop.resume("killed", "dve")
    assert shop.resume("killed", "dev").outcome is Outcome.SUCCEEDED


def test_a_target_that_was_taken_out_of_the_file_makes_the_run_stale(shop: Shop) -> None:
    """An environment or a database that the run was to change is no longer there to be changed."""
    both = {"app": {"url": "sqlite:///dev.db"}, "billing": {"url": "sqlite:///dev_billing.db"}}
    shop.project.environments({"dev": {"databases": both}})
    started(shop, Wish("dev"))
    shop.project.environments({"dev": {"databases": {"app": both["app"]}}})
    with pytest.raises(
        StalePlanError, match=r"dev/billing: the target was taken out of environments\.yaml since run"
    ):
        shop.resume()
    shop.project.environments({"qa": "sqlite:///qa.db"})
    with pytest.raises(UsageError, match="there is no environment 'dev'"):
        shop.resume()


def test_a_url_that_leads_elsewhere_makes_the_run_stale(shop: Shop) -> None:
    """What was planned for one database is not done in another that happens to be at the same revision."""
    started(shop, Wish("dev"))
    shop.project.environments({"dev": "sqlite:///elsewhere.db"})
    with pytest.raises(StalePlanError, match="dev: the URL came to lead to another database since run killed"):
        shop.resume()
    assert not shop.file("elsewhere").exists()


def test_a_start_whose_script_is_gone_makes_the_run_stale(shop: Shop) -> None:
    """The history was squashed in between: said as it is, without a traceback."""
    shop.project.alembic("upgrade", "a", url=f"sqlite:///{shop.file('dev')}")
    started(shop, Wish("dev"))
    for path in shop.project.versions.glob("*.py"):
        path.unlink()
    shop.project.tables("z")
    with pytest.raises(StalePlanError) as stale:
        shop.resume()
    assert [problem.what.partition(" since ")[0] for problem in stale.value.problems] == [
        "the script of revision a is gone",
        "the script of revision b is gone",
    ]


def test_an_unfinished_run_shuts_the_way_on_from_its_environment(shop: Shop) -> None:
    """What is in dev by a run that failed there is not promoted."""
    shop.project.revision("c", "b", 'op.execute("INSERT INTO nowhere VALUES (1)")')
    run = shop.rollout("dev").run_id
    report = shop.promote("dev", "test")
    assert report.outcome is Outcome.REFUSED
    assert report.failure is not None
    assert report.failure.mend == f"orchestrate resume {run}\norchestrate rollback {run}   # takes it back"


def test_what_the_journal_tells_is_listed_and_shown(shop: Shop) -> None:
    """`runs` newest first, `show` with every durable event."""
    first, second = shop.rollout("dev").run_id, shop.promote("dev", "test").run_id
    assert [run.id for run in shop.runs()] == [second, first]
    kinds = [str(event.kind) for event in runs.show(shop.configuration, str(first)).events]
    assert kinds[0] == "run_started"
    assert kinds[-1] == "run_finished"
    assert all(EventKind(kind).durable for kind in kinds)


def test_init_writes_a_file_that_loads(shop: Shop) -> None:
    """And never replaces one."""
    from orchestrator.operations.init import ENVIRONMENTS, init

    output = shop.project.root / "environments.yaml"
    with pytest.raises(RefusedError, match="exists already"):
        init(shop.project.ini, output)
    output.unlink()
    assert init(shop.project.ini, output).config == shop.project.ini
    assert shop.configuration.pipeline.names == ENVIRONMENTS


def test_without_a_second_look_a_target_that_moved_is_refused_under_its_lock(shop: Shop) -> None:
    """Where nobody was asked the plan is just made; what changed all the same is found before anything is done."""
    shop.rollout("dev", to="a")
    prepared = shop.prepare(Wish("test", "dev"))
    shop.project.alembic("upgrade", "b", url=f"sqlite:///{shop.file('test')}")
    report = performing.perform(shop.configuration, prepared, shop.actor, look_again=False)
    (target,) = report.targets
    assert (report.outcome, report.exit, target.result) == (Outcome.FAILED, Exit.REFUSED, Result.FAILED)
    assert target.failure is not None
    assert target.failure.code == "stale_plan"
    assert "the plan goes from base to a, but the database is at b" in target.failure.message
    assert shop.heads("test") == ["b"]


def test_a_run_of_an_older_journal_is_resumed_in_the_waves_it_was_planned_in(shop: Shop) -> None:
    """One wave for the environment, whatever environments.yaml says of waves now."""
    databases = {name: {"url": f"sqlite:///{name}.db"} for name in ("app", "billing")}
    shop.project.environments({"dev": {"databases": databases}})
    run = started(shop, Wish("dev"))
    shop.project.environments({"dev": {"databases": databases, "waves": {"canary": 1, "size": 1}}})
    report = shop.resume(run)
    assert [target.result for target in report.targets] == [Result.APPLIED, Result.APPLIED]
    assert EventKind.WAVE_STARTED not in {event.kind for event in shop.heard}
