"""Many targets: what is said of them fits a screen, and each thing is said once."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.failure import Failure
from orchestrator.core.plan import PlanKind
from orchestrator.core.run import Outcome
from orchestrator.core.targets import Target
from orchestrator.errors import Exit, Problem
from orchestrator.views import json as view
from orchestrator.views.text import many, words
from orchestrator.views.text.draw import draw
from orchestrator.views.text.exceptions import _last_failure
from tests.views.drawing import text
from tests.views.fleet_samples import FLEETS, planned, results, status
from tests.views.samples import NOW
from tests.views.test_golden import compare

if TYPE_CHECKING:
    from orchestrator.core.reports import Report

GOLDEN = Path(__file__).with_name("golden_fleet")
LARGE = {name: report(1000) for name, report in FLEETS.items()}


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("name", LARGE)
def test_a_large_report_as_text_is_as_it_was(name: str, width: int) -> None:
    """What people read of a thousand targets changes only on purpose."""
    lines = re.sub("sha256:[0-9a-f]+", "sha256:…", text(draw(LARGE[name], NOW), width=width)).splitlines()
    compare(f"{name}_{width}.txt", "\n".join(line.rstrip() for line in lines) + "\n", GOLDEN)


@pytest.mark.parametrize("report", LARGE.values(), ids=LARGE)
def test_a_thousand_targets_are_told_in_a_screenful(report: Report) -> None:
    """No list grows with the number of targets."""
    assert len(text(draw(report, NOW), width=80).splitlines()) < 60


@pytest.mark.parametrize("name", ["status", "run", "locks", "doctor"])
def test_details_tell_every_target(name: str) -> None:
    """Whoever asks for them has a line for each target, of hundreds too."""
    shown = text(draw(FLEETS[name](300), NOW, details=True), width=80)
    assert [n for n in range(300) if f"prod/app@t{n:04}" not in shown] == []


def test_the_details_of_a_plan_are_all_names() -> None:
    """Each target that gets a revision is named."""
    shown = text(draw(FLEETS["plan"](300), NOW, details=True), width=200)
    assert [n for n in range(300) if f"prod/app@t{n:04}" not in shown] == []


def test_twenty_targets_have_a_line_each_and_one_more_a_summary() -> None:
    """What is many is one number."""
    few, more = (text(draw(FLEETS["status"](count), NOW)) for count in (20, 21))
    assert ("prod/app@t0019" in few, "20 targets" in few, "prod: 21 targets" in more) == (True, False, True)


def test_a_rollback_has_no_canary_and_asks_nothing() -> None:
    """Its waves go the other way round, and it neither pauses nor verifies."""
    found = planned(1000)
    canary = "first the canary"
    back = replace(found.plan, kind=PlanKind.ROLLBACK, waves=found.plan.waves[:0:-1], undoes="run")
    policies = {"prod": replace(found.policies["prod"], pause=60, verify=("sh", "-c", "true && true"))}
    forth = text(draw(replace(found, policies=policies), NOW))
    assert (canary in forth, "sh -c 'true && true' must succeed" in forth) == (True, True)
    shown = text(draw(replace(found, plan=back, policies=policies), NOW))
    assert [word for word in (canary, "pause", "must succeed") if word in shown] == []


@pytest.mark.parametrize("mend", ["resume", "rollout"])
def test_resume_is_suggested_only_where_it_helps(mend: str) -> None:
    """Not beside a failure whose mend is another command, which keeps the run from being resumed."""
    report = results(1000, doubtful=False)
    stuck = report.plan.again if mend == "rollout" else f"orchestrate resume {report.run_id}"
    targets = tuple(
        replace(one, failure=replace(one.failure, mend=stuck)) if one.failure else one for one in report.targets
    )
    shown = text(draw(replace(report, failure=None, outcome=Outcome.FAILED, targets=targets), NOW))
    assert (f"next: orchestrate resume {report.run_id}" in shown) is (mend == "resume")
    assert "b2, last seen" in shown


def test_failures_that_differ_by_the_target_alone_are_told_without_it() -> None:
    """The targets stand before the reason, and their names are not in it a second time."""
    failed = [
        replace(one, last_failure=f"{one.target}: revision c3 failed") for one in status(30, well=True).targets
    ]
    shown = [what for _, what, _ in many.told_once(many.parts(failed), _last_failure)]
    assert set(shown) == {"revision c3 failed"}


def test_problems_that_differ_by_a_name_are_one() -> None:
    """Of many that are written the same the first is told, and how many more there are."""
    problems = tuple(
        Problem(f"line {n}: the tenant 't{n}' is there twice", "x.yaml:6", "remove") for n in range(50)
    )
    shown = words.told(Failure("usage", "50 problems", None, Exit.USAGE, problems)).plain
    assert shown.splitlines() == [
        "50 problems:",
        "  x.yaml:6: line 0: the tenant 't0' is there twice; and 49 more like it",
        "    → remove",
    ]


class One:
    """Something said of one target."""

    def __init__(self, target: str) -> None:
        self.target = Target.parse(target)


def names(*found: str) -> list[tuple[str | None, int]]:
    """The parts that these targets make."""
    return [(part.name, len(part.items)) for part in many.parts(One(target) for target in found)]


def test_each_database_of_many_is_a_part_of_its_own() -> None:
    """Small ones beside it keep their lines, in one table with those of the neighbouring environments."""
    app, billing = ([f"prod/{name}@t{n}" for n in range(21)] for name in ("app", "billing"))
    assert names("dev", *app, "prod/audit", "drill") == [(None, 1), ("prod", 21), (None, 2)]
    assert names(*app, *billing) == [("prod", 21), ("prod/billing", 21)]


def test_many_databases_of_few_tenants_are_one_part() -> None:
    """An environment is large also where none of its databases is."""
    found = [f"prod/d{n}@t{tenant}" for n in range(8) for tenant in range(3)]
    assert names(*found) == [("prod", 24)]
    assert names(*(f"prod/app@t{n}" for n in range(21)), *found) == [("prod", 21), ("prod, other databases", 24)]


def test_what_many_share_is_told_once() -> None:
    """Also where it differs in nothing but the tenant's name; what only one has keeps its words."""
    said = [
        *((One(f"prod@t{n:02}"), f'no database "t{n:02}"') for n in range(3)),
        *((One(f"prod@u{n:02}"), "refused at port 5432") for n in range(4)),
        (One("prod@5432"), "refused at port 5432"),
        (One("prod@alone"), "alone is locked"),
    ]
    assert [(text, len(alike)) for text, alike in many.shared(said)] == [
        ("refused at port 5432", 5),
        ('no database "…"', 3),
        ("alone is locked", 1),
    ]


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, ""), (2, "0, 1"), (4, "0, 1, 2, 3"), (5, "0, 1, 2 and 2 more"), (2003, "0, 1, 2 and 2,000 more")],
)
def test_few_names_stand_for_many(count: int, told: str) -> None:
    """The first three and how many more, never `and 1 more`."""
    assert many.few([str(number) for number in range(count)]) == told


def test_ten_thousand_problems_are_told_by_their_kinds() -> None:
    """A refusal that names every target says each thing once, and of things of their own the first twenty."""
    shared = [Problem("no version table", f"prod/app@t{n}", "adopt it") for n in range(10_000)]
    own = [Problem(f"has what staging lacks: r{n}", f"prod/app@u{n}") for n in range(300)]
    shown = text(
        words.told(Failure("x", "10300 targets are not as they must be", None, Exit.DIVERGENCE, (*shared, *own)))
    )
    assert "10,000 times (prod/app@t0, prod/app@t1, prod/app@t2 and 9,997 more): no version table" in shown
    assert "… and 281 more: --format json has them" in shown
    assert len(shown.splitlines()) < 30


def test_json_counts_the_states_of_each_environment() -> None:
    """A program need not read a thousand targets to know how many are behind."""
    status, run = (view.fields(LARGE[name]) for name in ("status", "run"))
    assert status["summary"]["prod"]["targets"] == 1000
    assert status["summary"]["prod"]["states"]["unversioned"] == 25
    assert sum(run["summary"]["prod"]["results"].values()) == 1000
    assert len(view.fields(LARGE["plan"])["left_out"]) == 1000


def test_json_lines_have_each_target_before_the_document() -> None:
    """Of a look; what a run did was told as it happened."""
    report = FLEETS["status"](30)
    body = view.fields(report)
    lines = list(view.lines(report, body))
    assert [line["target"] for line in lines] == [
        target["target"] for target in json.loads(json.dumps(body["targets"]))
    ]
    assert {line["event"] for line in lines} == {"target"}
    assert list(view.lines(FLEETS["run"](30), {})) == []
