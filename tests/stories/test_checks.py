"""What stands around the change of an environment: programs before and after it, and checks that it must stand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.scene import gone, wait_until
from tests.stories.pipeline import Pipeline, told

_TOLD = 'echo "{} $ORCHESTRATE_ENVIRONMENT $ORCHESTRATE_COMMAND $ORCHESTRATE_OUTCOME" >> told; test ! -f {}'


def _hook(when: str) -> list[dict[str, object]]:
    """A program that tells that it ran, and for what; it fails while there is a file of its name."""
    return [{"command": ["sh", "-c", _TOLD.format(when, f"no-{when}")], "timeout": 60}]


@pytest.fixture
def shop(make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """dev, staging and prod; staging has programs around it, and prod wants it verified."""
    shop = make_pipeline("sqlite", "dev", "staging", "prod")
    shop.project.tables("a1", "a2")
    shop.stamp(dev="a2")
    around = {
        "before": [*_hook("backup"), *_hook("before")],
        "verify": [{"sql": "SELECT count(*) = 0 FROM t_a1"}, {"command": ["sh", "-c", "test ! -f broken"]}],
        "after": _hook("after"),
    }
    each = {name: {"url": url} for name, url in shop.urls.items()}
    gates = {"gates": {"verified": True}}
    shop.project.environments(
        {**each, "staging": {**each["staging"], **around}, "prod": {**each["prod"], **gates}}
    )
    return shop


def _told(shop: Pipeline) -> list[str]:
    """What the programs told since they were asked last."""
    file = Path(shop.project.root / "told")
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return [line.rstrip() for line in lines]


def test_an_environment_is_prepared_verified_and_told_about(shop: Pipeline) -> None:
    """A failed `before` keeps it from being begun, a failed check stops the run there and `status` says so, a
    failed `after` is told and changes nothing; resume repeats what failed and nothing that passed.
    """
    root = shop.project.root
    for name in ("no-before", "no-after", "broken"):
        (root / name).touch()
    said = told(shop("promote", "dev", "staging", "--yes"), 6, "before (sh -c …) ended with exit code 1")
    assert "staging: after (sh -c …) ended with exit code 1; that changes nothing else" in said
    assert _told(shop) == ["backup staging promote", "before staging promote", "after staging promote failed"]
    told(shop("status"), 0, "is not finished: staging: before (sh -c …) ended", "next: orchestrate resume")
    assert shop.tables("staging") == set()

    (root / "no-before").unlink()
    said = told(
        shop("resume"), 6, "staging: verify (sh -c 'test ! -f broken') ended with exit code 1", "# asks it again"
    )
    assert _told(shop) == ["before staging promote", "after staging promote failed"]
    assert shop.heads("staging") == {"a2"}
    failed = "staging: verify failed"
    told(
        shop("status"),
        0,
        failed,
        "verify (sh -c 'test ! -f broken') ended with exit code 1 → orchestrate verify staging",
    )
    unverified = shop("status", "--format", "json").json["unverified"]
    assert [(one["environment"], one["mend"]) for one in unverified] == [("staging", "orchestrate verify staging")]
    refused = told(shop("promote", "staging", "prod", "--yes"), 5, "gate verified: verify of staging failed")
    assert "orchestrate verify staging" in refused
    assert shop.tables("prod") == set()

    (root / "broken").unlink()
    (root / "no-after").unlink()
    told(shop("resume"), 0, "done")
    assert _told(shop) == ["after staging promote succeeded"]
    assert failed not in told(shop("status"), 0)
    told(shop("resume"), 0)
    assert _told(shop) == []

    show = told(
        shop("show", shop.latest_run()), 0, "staging: verify passed: 2 checks", "staging: before (sh -c …) passed"
    )
    assert "staging: after (sh -c …) ended with exit code 1" in show
    told(shop("promote", "staging", "prod", "--yes"), 0)
    assert shop.heads("prod") == {"a2"}


def test_a_run_that_changed_nothing_is_given_up_and_shuts_nothing(shop: Pipeline) -> None:
    """A failed `before` left staging as it was: that goes on to prod. What did not get there is vetoed: the way to
    give the run up is told, and after it nothing asks for the run any more.
    """
    (shop.project.root / "no-before").touch()
    shop.stamp(staging="a1")
    shop.execute("staging", "CREATE TABLE t_a1 (id integer)")
    told(shop("verify", "staging"), 0)
    told(shop("promote", "dev", "staging", "--yes"), 6)
    run = shop.latest_run()
    told(shop("status"), 0, f"next: orchestrate resume {run}", f"orchestrate rollback {run} # gives it up")
    told(shop("veto", "a2", "--reason", "drops a table"), 0)
    assert f"resume {run}" not in told(shop("status"), 0, f"next: orchestrate rollback {run}")
    told(shop("resume", run), 5, "gate veto", f"orchestrate rollback {run} # gives it up")
    told(shop("promote", "staging", "prod", "--yes"), 0, "done")
    given = told(shop("rollback", run, "--yes", "--reason", "not today"), 0, f"run {run} is given up")
    assert "nothing to do" in given
    assert run not in told(shop("status"), 0).replace("last run", "")
    told(shop("runs"), 0, "taken back")
    told(shop("resume", run), 5, "given up by ", "not today")


def test_checks_asked_by_hand_count_while_the_environment_stands_still(shop: Pipeline) -> None:
    """`verify` asks every check on every target and records it; what moves the environment ends that."""
    shop.stamp(staging="a1")
    shop.execute("staging", "CREATE TABLE t_a1 (id integer)")
    told(shop("promote", "staging", "prod", "--dry-run"), 0, "gate verified: verify of staging was never asked")
    said = told(shop("verify", "staging"), 0, "passed SELECT count(*) = 0 FROM t_a1", "verify passed on 1 target")
    assert "failed" not in said
    assert "verified" in told(shop("promote", "staging", "prod", "--dry-run"), 0, "it stands where it stood then")

    shop.execute("staging", "INSERT INTO t_a1 VALUES (1)")
    (shop.project.root / "broken").touch()
    answer = shop("verify", "staging", "--format", "json")
    assert (answer.returncode, answer.json["passed"], answer.json["error"]["code"]) == (6, False, "failed")
    assert [one["reason"] for one in answer.json["checks"]] == [
        "verify (SELECT count(*) = 0 FROM t_a1) is not true (staging)",
        "verify (sh -c 'test ! -f broken') ended with exit code 1",
    ]
    told(
        shop("promote", "staging", "prod", "--yes"),
        5,
        "is not true (staging); verify (sh -c 'test ! -f broken') ended with exit code 1",
    )

    shop.execute("staging", "DELETE FROM t_a1")
    (shop.project.root / "broken").unlink()
    told(shop("verify", "staging"), 0)
    shop.stamp(staging="a2")
    told(shop("promote", "staging", "prod", "--yes"), 5, "staging changed since its verify passed")
    assert shop.tables("prod") == set()
    told(shop("verify", "prod"), 2, "prod has no verify", "add verify: to prod in environments.yaml")


def test_a_rollout_stops_where_a_check_fails(shop: Pipeline) -> None:
    """What comes after an environment that does not stand its checks is not begun."""
    shop.stamp(dev="a1")
    shop.execute("dev", "CREATE TABLE t_a1 (id integer)")
    (shop.project.root / "broken").touch()
    told(shop("rollout", "--yes"), 6, "staging: verify (sh -c 'test ! -f broken') ended with exit code 1")
    assert (shop.heads("dev"), shop.heads("staging"), shop.tables("prod")) == ({"a2"}, {"a2"}, set())
    assert _told(shop)[-1] == "after staging rollout failed"
    run = shop.latest_run()
    past = told(shop("rollout", "--yes"), 5, f"source_run: verify of staging has not passed since run {run} of")
    assert f"→ orchestrate resume {run} → orchestrate verify staging" in past
    (shop.project.root / "broken").unlink()
    told(shop("verify", "staging"), 0, f"verify passed on 1 target next: orchestrate resume {run} # ends it")
    assert "gate source_run" not in told(shop("rollout", "--dry-run"), 0)
    told(shop("resume"), 0)
    assert shop.heads("prod") == {"a2"}


def test_the_last_environment_that_failed_its_checks_is_no_end(shop: Pipeline) -> None:
    """All of it is at head, and `status` says how the run is ended, also after a good answer by hand; a release
    that has nothing to do says so too, and how it may be taken back is told where the check fails.
    """
    (shop.project.root / "broken").touch()
    failed = told(
        shop("promote", "dev", "staging", "--yes"), 6, "verify (sh -c 'test ! -f broken') ended with exit code 1"
    )
    ends = f"next: orchestrate resume {shop.latest_run()}"
    assert f"→ orchestrate rollback {shop.latest_run()} --dry-run" in failed
    told(shop("promote", "dev", "staging", "--yes"), 0, f"is not finished; {ends}", "nothing to do")
    assert ends in told(
        shop("status", "dev", "staging"), 0, "is not finished: staging: verify (sh -c 'test ! -f broken') ended"
    )
    (shop.project.root / "broken").unlink()
    told(shop("verify", "staging"), 0, f"{ends} # ends it")
    assert ends in told(shop("status", "dev", "staging"), 0)
    told(shop("resume"), 0, "done")
    told(shop("status", "dev", "staging"), 0, "every target is at head; nothing to do")


def test_a_run_that_dies_while_it_asks_is_taken_up_again(shop: Pipeline) -> None:
    """What passed before the run changed the environment says nothing of it: `status` sends to resume.

    What it ran then ends with it, and is not met by whoever takes it up.
    """
    shop.stamp(dev="a1")
    told(shop("promote", "dev", "staging", "--yes"), 0)
    told(shop("rollback", shop.latest_run(), "--yes", "--reason", "again"), 0)
    heard = "until grep -q asking .orchestrator/logs/*; do sleep 0.05; done"
    dies = f"echo $$ > pid; echo asking; {heard}; kill -9 $PPID; sleep 600"
    check = {"command": ["sh", "-c", f"test ! -f deadly || {{ {dies}; }}"]}
    each = {name: {"url": url} for name, url in shop.urls.items()}
    gates = {"gates": {"verified": True}}
    shop.project.environments(
        {**each, "staging": {**each["staging"], "verify": [check]}, "prod": {**each["prod"], **gates}}
    )
    (shop.project.root / "deadly").touch()
    assert shop("promote", "dev", "staging", "--yes").returncode == -9
    wait_until(lambda: gone(int((shop.project.root / "pid").read_text())), "the check to be ended")
    run = shop.latest_run()
    (shop.project.root / "deadly").unlink()
    assert shop.heads("staging") == {"a1"}
    told(shop("promote", "staging", "prod", "--yes"), 5, f"orchestrate resume {run}")
    assert shop.tables("prod") == set()
    told(shop("status"), 0, "still to do: what comes after its targets", f"next: orchestrate resume {run}")
    told(shop("resume"), 0)
    told(shop("promote", "staging", "prod", "--yes"), 0)


def test_checks_of_what_cannot_be_opened_are_not_asked(shop: Pipeline) -> None:
    """A program may say that it passes; of a database that nobody can open it says nothing."""
    Path(shop.urls["staging"].removeprefix("sqlite:///")).unlink(missing_ok=True)
    Path(shop.urls["staging"].removeprefix("sqlite:///")).mkdir()
    said = told(shop("verify", "staging"), 9, "staging")
    assert "passed" not in said
