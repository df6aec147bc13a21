"""The story the tool exists for: look, roll out through staging, promote to prod, look again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.stories.conftest import EVERY_FAMILY
from tests.stories.pipeline import Pipeline, told

ALWAYS = {
    "schema_version",
    "command",
    "success",
    "exit_code",
    "started_at",
    "finished_at",
    "targets",
    "error",
}


def four(make_pipeline: Callable[..., Pipeline], family: str) -> Pipeline:
    """Four environments and three revisions that nobody has applied yet."""
    shop = make_pipeline(family, "dev", "test", "staging", "prod", protected=["prod"])
    shop.project.tables("a1", "a2", "a3")
    return shop


@pytest.mark.parametrize("family", EVERY_FAMILY)
def test_a_release_told_to_a_person(family: str, make_pipeline: Callable[..., Pipeline]) -> None:
    """status, rollout --through staging, promote staging prod and status again do the job and say so."""
    shop = four(make_pipeline, family)
    before = shop.files()
    told(shop("status"), 0, "dev base empty, 3 to apply", "next: orchestrate rollout")
    assert shop.files() == before
    assert [shop.tables(name) for name in shop.urls] == [set(), set(), set(), set()]

    told(shop("rollout", "--through", "staging", "--yes"), 0, "staging applied 3 of 3 a3", ": done")
    assert [shop.heads(name) for name in shop.urls] == [{"a3"}, {"a3"}, {"a3"}, None]
    told(shop("status"), 0, "behind staging by 3", "next: orchestrate promote staging prod")

    told(shop("promote", "staging", "prod", "--confirm", "prod"), 0, "prod applied 3 of 3 a3", ": done")
    assert shop.tables("prod") == {"alembic_version", "t_a1", "t_a2", "t_a3"}
    told(shop("status"), 0, "prod a3 Revision a3 at head in sync with staging", "nothing to do")


def test_a_release_told_to_a_program(make_pipeline: Callable[..., Pipeline]) -> None:
    """The same with --format json gives one document each, with the fields and values of the interface."""
    shop = four(make_pipeline, "sqlite")
    document = shop("status", "--format", "json").json
    assert document.keys() >= ALWAYS | {"pairs"}
    assert (document["schema_version"], document["command"]) == (1, "status")
    assert (document["success"], document["exit_code"], document["error"]) == (True, 0, None)
    assert [target["state"] for target in document["targets"]] == ["empty"] * 4
    assert (
        document["targets"][3].items()
        >= {
            "target": "prod",
            "environment": "prod",
            "database": "app",
            "tenant": None,
            "state": "empty",
            "heads": [],
            "missing": ["a1", "a2", "a3"],
            "error": None,
        }.items()
    )

    document = shop("rollout", "--through", "staging", "--yes", "--format", "json").json
    assert document.keys() >= ALWAYS | {"run_id", "outcome", "gates"}
    assert (document["command"], document["outcome"], document["exit_code"]) == ("rollout", "succeeded", 0)
    assert [(t["target"], t["result"], t["from"], t["to"]) for t in document["targets"]] == [
        (name, "applied", [], ["a3"]) for name in ("dev", "test", "staging")
    ]
    assert [step["revision"] for step in document["targets"][0]["revisions"]] == ["a1", "a2", "a3"]
    assert {step["outcome"] for step in document["targets"][0]["revisions"]} == {"applied"}
    assert all(step["seconds"] >= 0 for step in document["targets"][0]["revisions"])

    document = shop("plan", "staging", "prod", "--exit-code", "--format", "json").json
    assert document.keys() >= ALWAYS | {"fingerprint", "waves", "gates"}
    assert document["exit_code"] == 3
    (planned,) = document["waves"][0]
    assert (planned["target"], planned["direction"]) == ("prod", "up")
    assert (planned["from"], planned["to"], planned["revisions"]) == ([], ["a3"], ["a1", "a2", "a3"])
    assert all(gate.keys() >= {"gate", "verdict", "reason", "mend"} for gate in document["gates"])
    assert {gate["gate"]: gate["verdict"] for gate in document["gates"]}["protected"] == "refuse"

    document = shop("promote", "staging", "prod", "--confirm", "prod", "--format", "json").json
    assert (document["command"], document["outcome"], document["exit_code"]) == ("promote", "succeeded", 0)
    assert [(t["target"], t["result"]) for t in document["targets"]] == [("prod", "applied")]

    document = shop("status", "--format", "json", "--exit-code").json
    assert document["exit_code"] == 0
    assert [target["state"] for target in document["targets"]] == ["at_head"] * 4
    assert [
        (p["upstream"], p["downstream"], p["relation"], p["missing"], p["extra"]) for p in document["pairs"]
    ] == [
        ("dev", "test", "in_sync", [], []),
        ("test", "staging", "in_sync", [], []),
        ("staging", "prod", "in_sync", [], []),
    ]


def test_a_release_is_remembered(sqlite: Pipeline) -> None:
    """runs lists what was done and show tells every step of it, in text and in JSON."""
    sqlite.project.tables("a1")
    sqlite("rollout", "--to", "a1", "--yes", check=True)
    run = sqlite.latest_run()
    told(sqlite("runs"), 0, run, "orchestrate rollout --through prod --to a1", "succeeded")
    told(sqlite("show", run), 0, "step applied", "Revision a1", "fingerprint sha256:")
    events = sqlite("show", run, "--format", "json").json["events"]
    assert [event["event"] for event in events if event["target"] == "prod"] == [
        "target_started",
        "step_intent",
        "step_statement",
        "step_applied",
        "target_finished",
    ]


def test_nothing_left_to_do(sqlite: Pipeline) -> None:
    """Promoting what is already there does nothing, records no run and says so with exit code 0."""
    sqlite.project.tables("a1")
    sqlite.stamp(staging="a1", prod="a1")
    told(sqlite("promote", "staging", "prod"), 0, "nothing to do")
    document = sqlite("promote", "staging", "prod", "--format", "json").json
    assert (document["outcome"], document["run_id"], document["exit_code"]) == ("nothing_to_do", None, 0)
    assert not (sqlite.project.root / ".orchestrator").exists()
