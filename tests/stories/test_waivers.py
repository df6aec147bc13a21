"""A window that is closed, a revision that was vetoed, and what a person lets pass: refused, waived, recorded."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.stories.pipeline import Pipeline, told

GATES = {
    "window": {"timezone": "UTC", "freezes": [{"from": "2000-01-01", "to": "2999-12-31", "reason": "audit"}]},
    "waivable": ["window"],
}
WAIVED = ("--waive", "window", "--reason", "mends the\noutage")


@pytest.fixture
def shop(make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """staging with both revisions, and a protected prod; the second one fails until a file is there."""
    shop = make_pipeline("sqlite", protected=["prod"])
    shop.project.tables("a1")
    shop.project.revision(
        "a2", "a1", f"assert __import__('pathlib').Path({str(shop.project.root / 'go')!r}).exists()"
    )
    shop.stamp(staging="a2")
    return shop


def test_a_closed_window_is_passed_with_a_reason_and_a_veto_is_not(shop: Pipeline) -> None:
    """It says when it opens; a waiver opens it where the file lets it, and stays to be seen afterwards."""
    shop.write(defaults={"gates": GATES}, protected=["prod"])
    promote = ("promote", "staging", "prod", "--confirm", "prod")
    refused = shop(*promote, "--format", "json").json
    window = next(gate for gate in refused["gates"] if gate["gate"] == "window")
    assert (refused["exit_code"], window["verdict"], window["environments"]) == (5, "wait", ["prod"])
    assert window["opens_at"] == "3000-01-01T00:00:00Z"
    assert "it is frozen until Wed 3000-01-01 00:00: audit" in window["reason"]
    told(shop(*promote, "--waive", "window"), 2, "a waiver needs a reason")
    told(shop(*promote, "--waive", "tls", "--reason", "x y"), 2, "'tls' is no gate that can be waived")

    told(shop("veto", "a2", "--reason", "locks\norders"), 0, "revision a2 is vetoed and goes nowhere any more")
    said = told(
        shop(*promote, *WAIVED, "--waive", "veto"), 5, "gate veto: revision a2 is vetoed by", ": locks orders"
    )
    assert "it cannot be waived: gates.waivable of prod in environments.yaml does not have veto" in said
    assert shop.heads("prod") is None
    said = told(shop(*promote, *WAIVED, "--to", "a1"), 0, "waived by", ": mends the outage")
    assert shop.heads("prod") == {"a1"}
    run = shop.latest_run()
    told(
        shop("status"),
        0,
        ": locks orders; staging has it",
        f"run {run} passed the gate window to prod, waived by",
        "promotion to prod is refused while a2 is vetoed",
    )
    status = shop("status", "--format", "json").json
    assert [(one["revision"], one["targets"]) for one in status["vetoes"]] == [("a2", ["staging"])]
    assert [(one["gate"], one["run_id"], one["environments"]) for one in status["waivers"]] == [
        ("window", run, ["prod"])
    ]
    told(shop("veto", "a2", "--lift", "--reason", "small now"), 0, "the veto of revision a2 is lifted")
    told(shop("veto", "a2", "--lift", "--reason", "small now"), 2, "revision 'a2' is not vetoed")


def test_a_run_that_is_resumed_meets_window_and_veto_anew(shop: Pipeline) -> None:
    """What was closed or vetoed since it began keeps it back, whatever was waived for it before."""
    told(shop("promote", "staging", "prod", "--confirm", "prod"), 6, "revision a2 failed")
    run = shop.latest_run()
    shop.write(defaults={"gates": GATES}, protected=["prod"])
    said = told(shop("veto", "a2", "--reason", "locks orders"), 0, "recorded")
    assert run not in said  # it has ended
    resume = ("resume", run, "--confirm", "prod")
    told(shop(*resume), 5, "gate window", f"then: orchestrate resume {run}", "gate veto: revision a2 is vetoed")
    shop("veto", "a2", "--lift", "--reason", "small now", check=True)
    told(shop(*resume, *WAIVED), 6, "revision a2 failed")
    (shop.project.root / "go").touch()
    told(shop(*resume), 5, "gate window", "add --waive window")
    told(shop(*resume, *WAIVED), 0)
    told(shop("show", run), 0, "gate window waived by", ": mends the outage")
    assert shop.heads("prod") == {"a2"}


def test_a_waived_veto_opens_no_later_one(shop: Pipeline) -> None:
    """A waiver covers what it was given for: a revision vetoed after the run began keeps it back all the same."""
    shop.write(defaults={"gates": {"waivable": ["veto"]}}, protected=["prod"])
    told(shop("veto", "a1", "--reason", "slow"), 0)
    waived = ("--confirm", "prod", "--waive", "veto", "--reason", "a1 was measured")
    told(shop("promote", "staging", "prod", *waived), 6, "revision a2 failed")
    (shop.project.root / "go").touch()
    told(shop("veto", "a2", "--reason", "EATS ROWS"), 0)
    told(shop("resume", "--confirm", "prod"), 5, "gate veto: revision a2 is vetoed", "EATS ROWS")
    assert shop.heads("prod") == {"a1"}
