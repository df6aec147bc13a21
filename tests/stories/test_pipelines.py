"""What a pipeline keeps of a release: a page to post, the summary of the step, JUnit's file, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from tests.receiver import receiving
from tests.stories.pipeline import Pipeline, told


@pytest.fixture
def shop(make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """staging with two revisions, and a protected prod with none and an empty version table."""
    hooks = [{"url": "${HOOK_URL:-}", "secret": "${HOOK_SECRET:-}", "events": ["run_started", "run_finished"]}]
    shop = make_pipeline("sqlite", protected=["prod"], webhooks=hooks)
    shop.project.tables("a1", "a2")
    shop.stamp(staging="a2", prod=())
    return shop


def test_a_release_in_a_pipeline(shop: Pipeline) -> None:
    """A failed promotion leaves a page, a summary, a JUnit file and signed deliveries; and so does its resume."""
    shop.execute("prod", "CREATE TABLE t_a2 (id integer)")
    summary, junit = shop.project.root / "summary.md", shop.project.root / "junit.xml"
    with receiving() as receiver:
        shop.environ |= {
            "HOOK_URL": f"{receiver.url}/T0KENS",
            "HOOK_SECRET": "k3yk3yk3y",
            "GITHUB_STEP_SUMMARY": str(summary),
            "FORCE_COLOR": "1",
        }
        arguments = ("--confirm", "prod", "--format", "markdown", "--junit", junit)
        failed = shop("promote", "staging", "prod", *arguments)
        assert failed.returncode == 6, str(failed)
        assert failed.stdout.startswith("### `orchestrate promote staging prod`: exit 6, failed\n\nRun `")
        assert "| `prod` | **failed** | 1 of 2 | `a1` |" in failed.stdout
        assert "\x1b" not in failed.stdout
        assert summary.read_text() == failed.stdout + "\n"
        cases = {case.attrib["name"]: [below.tag for below in case] for case in ET.parse(junit).iter("testcase")}
        assert (cases["a1 Revision a1"], cases["a2 Revision a2"]) == ([], ["failure"])

        shop.execute("prod", "DROP TABLE t_a2")
        run = receiver.taken[0].body["run"]
        told(shop("resume", run, *arguments), 0, f"Run `{run}`: done")
        assert summary.read_text().count("### `orchestrate ") == 2
    assert receiver.events == ["run_started", "run_finished", "run_finished"]
    assert [one.body["body"].get("outcome") for one in receiver.taken] == [None, "failed", "succeeded"]
    assert all(one.headers["X-Orchestrate-Signature"] for one in receiver.taken)
    assert "T0KENS" not in failed.stdout + failed.stderr + shop.recorded()


def test_what_stands_in_the_way_of_a_page(shop: Pipeline) -> None:
    """A failure is a page too; nothing begins without a webhook's variable, or where a file cannot be written."""
    page = shop("promote", "staging", "prod", "--confirm", "prod", "--format", "markdown")
    assert page.returncode == 2
    assert page.stdout.startswith("### `orchestrate promote`: exit 2, usage\n")
    assert "HOOK_URL" in page.stdout
    assert "HOOK_URL" in page.stderr
    told(
        shop("promote", "staging", "prod", "--junit", "nowhere/x.xml"),
        2,
        "--junit: nowhere/x.xml cannot be written",
    )
    unwritable = {"GITHUB_STEP_SUMMARY": "/nowhere/summary.md"}
    told(shop("status", env=unwritable), 0, "warning: /nowhere/summary.md cannot be written")
    assert shop.tables("prod") == {"alembic_version"}
