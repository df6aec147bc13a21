"""A release as it is lived: planned, reviewed, approved, held up, let pass with a reason, applied, proved."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.core.events import NO_RUN, Event, EventKind
from orchestrator.core.secrets import Secret
from orchestrator.journal.journal import Journal
from tests.crash.scene import wait_until
from tests.stories.pipeline import Pipeline, told

PLAN = "release.plan.json"
FREEZE = {"from": "2020-01-01", "to": "2999-01-01", "reason": "the tills are open"}
DEMANDS: dict[str, Any] = {
    "approval": {"required": 2, "of": ["alice", "bob", "carol"], "expires": "24h"},
    "age": "7d",
    "window": {"timezone": "Europe/Berlin", "freezes": [FREEZE]},
    "waivable": ["window"],
}
WAIVED = ("--waive", "window", "--reason", "orders are lost without it")


@pytest.fixture
def shop(make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """staging has both revisions; a protected prod demands two approvals of a young plan, and is frozen."""
    shop = make_pipeline("sqlite", "staging", "prod", protected=["prod"])
    shop.project.tables("a1", "a2")
    _demand(shop, **DEMANDS)
    shop.stamp(staging="a2")
    return shop


def _demand(shop: Pipeline, **gates: Any) -> None:
    path = shop.project.root / "environments.yaml"
    written = yaml.safe_load(path.read_text())
    written["environments"]["prod"]["gates"] = gates
    path.write_text(yaml.safe_dump(written, sort_keys=False))


def _approved(shop: Pipeline, *names: str) -> Path:
    """A plan that alice made and these people approved."""
    shop("plan", "staging", "prod", "--out", PLAN, "--as", "alice", check=True)
    for name in names:
        shop("approve", PLAN, "--as", name, check=True)
    return shop.project.root / PLAN


def test_a_release_from_plan_to_report(shop: Pipeline) -> None:
    """The plan that was reviewed and approved by two is what runs, through a closed window only with a reason that
    is recorded; the report says who, which bytes, which gates; and the same plan is not applied again.
    """
    said = told(
        shop("plan", "staging", "prod", "--out", PLAN, "--as", "alice"), 0, "prod: 2 revisions, from base to a2"
    )
    assert "gate approval: 0 of 2 approvals for prod; may approve: bob, carol" in said
    file = (shop.project.root / PLAN).read_text()
    assert shop.urls["prod"] not in file
    (wave,) = json.loads(file)["plan"]["waves"]
    assert [step["revision"] for step in wave[0]["steps"]] == ["a1", "a2"]
    assert json.loads(file)["scripts"] == {
        f"migrations/versions/{path.name}": step["digest"]
        for path, step in zip(sorted(shop.project.versions.glob("a*.py")), wave[0]["steps"], strict=True)
    }

    told(shop("apply", PLAN, "--confirm", "prod"), 5, "0 of 2 approvals", "orchestrate approve", "gate window")
    told(shop("approve", PLAN, "--as", "bob"), 0, "prod: 2 revisions", "bob approves the plan of alice", "1 of 2")
    told(
        shop("approve", PLAN, "--as", "carol"),
        0,
        "2 of 2 approvals for prod",
        f"orchestrate apply {PLAN} --confirm prod",
    )
    refused = shop("apply", PLAN, "--confirm", "prod", "--format", "json").json
    (shut,) = [gate for gate in refused["gates"] if gate["verdict"] != "pass"]
    assert (refused["exit_code"], shut["gate"], shut["opens_at"][:4]) == (5, "window", "2999")
    assert "the tills are open" in shut["reason"]
    assert shop.tables("prod") == set()

    done = shop("apply", PLAN, "--confirm", "prod", *WAIVED, "--format", "json", check=True).json
    assert (done["command"], done["outcome"], shop.heads("prod")) == ("apply", "succeeded", {"a2"})
    report = told(shop("report", done["run_id"], "--format", "markdown"), 0, "alice", "bob", "carol")
    assert "orders are lost without it" in report
    assert json.loads(file)["seal"][:19] in report
    told(shop("status"), 0, "window", "orders are lost without it")
    told(shop("apply", PLAN, "--confirm", "prod"), 0, "nothing to do", done["run_id"])
    told(shop("approve", PLAN, "--as", "bob"), 5, "began this plan already")
    late = f"run {done['run_id']} of"
    told(shop("approve", PLAN, "--as", "bob", "--withdraw"), 5, late, "has nothing left to apply", "rollback")
    told(shop("plan", "staging", "prod", "--out", PLAN), 0, f"nothing to seal, so {PLAN} was not written")
    assert (shop.project.root / PLAN).read_text() == file


def test_what_is_not_as_it_was_approved_is_refused(shop: Pipeline) -> None:
    """Each reason against a plan is told with what to type, prod stays as it was, and there was no other."""
    shop.stamp(prod="a1")
    script = next(shop.project.versions.glob("a2_*"))
    sound = script.read_bytes()
    apply = ("apply", PLAN, "--confirm", "prod", *WAIVED)
    again = f"orchestrate plan staging prod --out {PLAN}"
    plan = _approved(shop, "bob")
    told(shop("approve", PLAN, "--as", "alice"), 5, "the author of a plan does not approve it", "bob or carol")
    told(shop("approve", PLAN, "--as", "dave"), 5, "dave is not one of those who may approve it")
    told(shop(*apply), 5, "1 of 2 approvals for prod: bob", "--as carol")
    shop("approve", PLAN, "--as", "carol", check=True)

    sealed = plan.read_text()
    plan.write_text(sealed.replace('"author": "alice"', '"author": "eve"'))
    told(shop(*apply), 5, "it is not what was sealed")
    plan.write_text(sealed)

    shop.stamp(prod="a2")
    told(shop(*apply), 5, "prod: planned from a1, now a2, by hand: no run recorded it", again)
    shop.stamp(prod="a1")

    script.write_bytes(sound + b"\n# a last change\n")
    told(shop(*apply), 5, "the script of revision a2 changed since it was planned", again)
    script.write_bytes(sound)

    shop("veto", "a2", "--reason", "it locks orders", check=True)
    told(shop(*apply), 5, "gate veto", "it locks orders")
    shop("veto", "a2", "--lift", "--reason", "the table is small now", check=True)

    shop("approve", PLAN, "--as", "carol", "--withdraw", check=True)
    told(shop(*apply), 5, "1 of 2 approvals")
    shop("approve", PLAN, "--as", "carol", check=True)
    assert (shop.heads("prod"), shop.tables("prod")) == ({"a1"}, {"alembic_version"})
    typed = f"next: orchestrate apply {PLAN}"
    passing = f"{typed} --confirm prod --waive window --reason '{WAIVED[-1]}'"
    told(shop(*apply, "--dry-run"), 0, passing)
    told(shop("apply", PLAN, *WAIVED, "--dry-run"), 0, "gate protected", passing)
    assert typed not in told(shop("apply", PLAN, "--dry-run"), 0, "gate window")
    assert typed not in told(shop(*apply), 0, "prod applied 1 of 1 a2", "sealed by alice")


def test_an_approval_in_the_wrong_place_is_not_taken_for_one(shop: Pipeline, tmp_path: Path) -> None:
    """Which journal it went into is told, and where approvals of a journal that knows no run are counted; where
    the plan's bytes and variables are others, they are told with whose word it is not, as `apply` tells them.
    """
    path = shop.project.root / "environments.yaml"
    plan = _approved(shop)
    other = tmp_path / "copy" / path.name
    shutil.copytree(path.parent, other.parent, ignore=shutil.ignore_patterns(".orchestrator"))
    elsewhere = ("approve", str(plan), "--as", "bob", "--config", str(other))
    journal = other.parent / ".orchestrator" / "journal.db"
    told(shop(*elsewhere), 0, f"bob approves the plan of alice, in {journal}, a journal that knows no run")
    told(shop("approve", PLAN, "--as", "bob", "--withdraw"), 2, "nobody approved it in", "journal.db")
    counted = f"may approve: bob, carol; counted in {path.parent / '.orchestrator' / 'journal.db'}, a journal that"
    told(shop("apply", PLAN, "--dry-run"), 0, counted)
    script = next((other.parent / "migrations" / "versions").glob("a2_*"))
    for file in (other, other.parent / "alembic.ini", other.parent / "migrations" / "env.py", script):
        file.write_text(f"{file.read_text()}# another\n")
    variables = {name: f"ORCHESTRATE_ENVIRONMENTS__{name.upper()}__URL" for name in shop.urls}
    override = {variables[name]: url for name, url in shop.urls.items()}
    reasons = (
        f"{variables['prod']}: it is set here, and was not where the plan was made → unset {variables['prod']}",
        f"{variables['staging']}: it is set here",
        "environments.yaml: it changed since the plan was made",
        "alembic.ini: it changed since",
        "migrations/env.py: it changed since",
        "the script of revision a2 changed since it was planned",
    )
    applied = ("apply", str(plan), "--confirm", "prod", "--config", str(other))
    told(shop(*applied, env=override), 5, "6 things changed since the plan was made", *reasons)
    mine = ("approve", str(plan), "--as", "alice", "--config", str(other))
    author = "the author of a plan does not approve it"
    told(shop(*mine, env=override), 5, "7 things are against approving it", "the same commit", *reasons, author)
    assert shop.tables("prod") == set()


def test_variables_that_stand_in_for_the_file_are_sealed_by_name(shop: Pipeline) -> None:
    """What a variable says of prod holds for the plan while it is set, and never stands in the plan's file."""
    _demand(shop)
    url = f"{shop.urls['prod']}?timeout=7"
    variable = "ORCHESTRATE_ENVIRONMENTS__PROD__URL"
    override = {variable: url, "PROD_DATABASE_URL": None}
    shop("plan", "staging", "prod", "--out", PLAN, env=override, check=True)
    file = (shop.project.root / PLAN).read_text()
    assert json.loads(file)["overrides"] == [variable]
    assert url not in file
    for command in (("approve", PLAN, "--as", "bob"), ("apply", PLAN, "--confirm", "prod")):
        told(shop(*command), 5, f"{variable}: it was set where the plan was made, and is not here")
    shown = shop("apply", PLAN, "--dry-run", "--format", "json", env=override, check=True).json
    assert shown["sealed"]["overrides"] == [variable]


def test_approvals_and_plans_expire(shop: Pipeline) -> None:
    """An approval that is too old by now does not count, and neither does the plan itself after its time."""
    _demand(shop, approval={"required": 1, "expires": "24h"})
    seal = json.loads(_approved(shop).read_text())["seal"]
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    with Journal(Secret(f"sqlite:///{shop.project.root}/.orchestrator/journal.db"), writing=True) as journal:
        journal.record(
            [Event(EventKind.PLAN_APPROVED, long_ago, NO_RUN, "bob@desk", body={"seal": seal, "by": "bob"})]
        )
    told(
        shop("apply", PLAN, "--confirm", "prod"),
        5,
        "0 of 1 approvals for prod; bob's does not count: it expired 2020-01-02",
    )
    _demand(shop)
    shop("plan", "staging", "prod", "--out", PLAN, "--expires", "1ms", check=True)
    told(
        shop("apply", PLAN, "--confirm", "prod"), 5, "gate age: the plan expired", "orchestrate plan staging prod"
    )
    told(shop("approve", PLAN, "--as", "bob"), 5, "the plan expired")
    assert shop.tables("prod") == set()


def test_a_plan_goes_on_with_its_source_and_with_its_own_run(shop: Pipeline) -> None:
    """That staging has more by now is only told; a run of the plan that failed is resumed, not begun again; what
    was rolled back is not applied again.
    """
    _demand(shop)
    shop("plan", "staging", "prod", "--out", PLAN, check=True)
    shop.project.tables("a3", down="a2")
    shop.stamp(staging="a3")
    note = "staging: at a2 when this was planned, at a3 now, and has all that is promoted"
    shown = shop("apply", PLAN, "--dry-run", "--format", "json", check=True).json
    assert (shown["notes"], shown["sealed"]["file"]) == ([note], PLAN)
    shop.execute(
        "prod", "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)", "CREATE TABLE t_a2 (x)"
    )
    told(shop("apply", PLAN, "--confirm", "prod"), 6, note)
    run = shop.latest_run()
    told(shop("apply", PLAN, "--confirm", "prod"), 5, f"run {run} of", "failed", f"orchestrate resume {run}")
    late = shop("approve", PLAN, "--as", "bob", "--withdraw")
    told(late, 5, "can still be taken up again; withdrawn now, it changes nothing", "orchestrate veto a2 --reason")
    shop.execute("prod", "DROP TABLE t_a2")
    told(shop("resume", run, "--confirm", "prod"), 0)
    assert shop.heads("prod") == {"a2"}
    shop("rollback", run, "--confirm", "prod", check=True)
    gone = f"run {run} ended well, and revisions a1, a2 are gone: taken back by run "
    told(shop("apply", PLAN, "--confirm", "prod"), 5, gone, "--out")


def test_a_plan_is_applied_once_also_by_two_at_once(shop: Pipeline) -> None:
    """Of two processes that found it fit to be applied one runs it; the other says which run that is, and leaves
    nothing behind.
    """
    _demand(shop)
    shop("plan", "staging", "prod", "--out", PLAN, check=True)
    shop("veto", "a1", "--reason", "so that there is a journal", check=True)
    shop("veto", "a1", "--lift", "--reason", "so that there is a journal", check=True)
    folder = shop.project.root / ".orchestrator"
    shop.environ["PYTHONHASHSEED"] = "0"  # processes of their own: a fork takes the test's lock for its own
    with closing(sqlite3.connect(folder / "journal.db", isolation_level=None)) as journal:
        journal.execute("BEGIN IMMEDIATE")  # nobody begins a run before both have looked at all
        both = [shop.start("apply", PLAN, "--confirm", "prod") for _ in range(2)]
        wait_until(lambda: len([*folder.glob("*.lock")]) == 2, "both to come to their run's beginning", both[0])
        journal.execute("ROLLBACK")
    said = {process.returncode: text for process in both for text in [process.communicate(timeout=60)[1]]}
    assert {*said} == {0, 5}, said
    (run,) = shop("runs", "--format", "json", check=True).json["runs"]
    assert run["outcome"] == "succeeded"
    assert f"run {run['run_id']} of " in " ".join(said[5].split())
    assert (len([*folder.glob("logs/*")]), [*folder.glob("*.lock")]) == (1, [])


def test_what_is_no_plan_is_told_as_misuse(shop: Pipeline) -> None:
    """A file that is not there or is no plan, and what only a sealed plan has, end with exit code 2."""
    before = shop.files()
    for arguments, text in (
        (("plan", "staging", "prod", "--as", "alice"), "--as is about a sealed plan"),
        (("plan", "staging", "prod", "--out", "alembic.ini"), "something there that is no plan"),
        (("apply", "nowhere.json"), "no such file"),
        (("approve", "alembic.ini"), "not JSON"),
    ):
        told(shop(*arguments), 2, text)
    assert shop.files() == before


def test_a_sealed_plan_holds_no_secret(shop: Pipeline) -> None:
    """What a server said of a target that is left out is masked in the file as it is on the screen."""
    written = yaml.safe_load((shop.project.root / "environments.yaml").read_text())
    shop.environ["BILLING_URL"] = "postgresql://bob:s3cretpw@127.0.0.1:1/xs3cretpw"
    for name, url in (("staging", f"{shop.urls['staging']}2"), ("prod", "${BILLING_URL}")):
        first = written["environments"][name].pop("url")
        written["environments"][name]["databases"] = {"app": {"url": first}, "billing": {"url": url}}
    written["projects"] = {"app": {}, "billing": {}}
    (shop.project.root / "environments.yaml").write_text(yaml.safe_dump(written, sort_keys=False))
    told(
        shop("plan", "staging", "prod", "--skip-unfit", "--out", PLAN),
        0,
        "left out: prod/billing: 127.0.0.1:1/x***",
    )
    (left,) = json.loads((shop.project.root / PLAN).read_text())["plan"]["left_out"]
    assert left["reason"] == "127.0.0.1:1/x***: no server listens there"
    assert "s3cret" not in (shop.project.root / PLAN).read_text()
