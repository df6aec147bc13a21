"""The runbook of a release: a person who types what it says, in its order, has run the release."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import pytest

from tests.docs.document import Page
from tests.stories.pipeline import Pipeline, told

PLAN = "release.plan.json"
WAIVED = ("--waive", "approval", "--reason", "nobody is there")
PEOPLE = {"required": 2, "of": ["alice", "bob", "carol"], "expires": "1h"}


@pytest.fixture
def shop(make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """staging with two revisions; a protected prod with none that wants two approvals and has a check."""
    shop = make_pipeline("sqlite")
    shop.project.tables("a1", "a2")
    keys = {
        "staging": {"url": shop.urls["staging"]},
        "prod": {
            "url": shop.urls["prod"],
            "gates": {"approval": PEOPLE, "waivable": ["approval"]},
            "verify": [{"sql": "SELECT count(*) = 0 FROM t_a2"}],
            "before": [{"command": ["true", "a backup"]}],
        },
    }
    shop.project.environments(keys, protected=["prod"])
    shop.stamp(staging="a2")
    return shop


def _type(commands: list[str], shop: Pipeline) -> str:
    """Type the commands one after the other, as a shell reads them; each must succeed. All that was said."""
    typed = [shlex.split(command) for command in commands]
    assert {words[0] for words in typed} == {"orchestrate"}
    return "".join(told(shop(*words[1:]), 0) for words in typed)


def _commands(page: Page) -> list[str]:
    return [line for block in page.blocks if block.kind == "sh" for line in block.text.splitlines()]


def test_the_commands_of_a_runbook_run_the_release_and_take_it_back(shop: Pipeline) -> None:
    """As printed, in their order: sealed, approved, applied, verified, reported; located, resumed, taken back."""
    told(shop("runbook", "staging", "prod", "--out", "RUNBOOK.md"), 0, "orchestrate plan staging prod --out")
    page = Page(shop.project.root / "RUNBOOK.md")
    fingerprint = shop("plan", "staging", "prod", "--format", "json", check=True).json["fingerprint"]
    assert f"`{fingerprint}`" in page.text
    commands = _commands(page)
    said = _type(commands, shop)
    for heading in ("Approve it", "Apply it", "Verify it", "To stop", "To resume", "To go back"):
        assert heading in page.text
    assert all(word in " ".join(commands) for word in ("--as alice", "--as bob", "verify prod", "--confirm prod"))
    assert "at_head" in said or "at head" in said
    assert (shop.project.root / "release-report.html").read_text().startswith("<!")
    assert shop.heads("prod") == set()


def test_a_runbook_acts_on_no_other_release(shop: Pipeline) -> None:
    """Where its plan was refused, what follows in the runbook says so and touches no run before it."""
    told(shop("promote", "staging", "prod", "--to", "a1", "--confirm", "prod", *WAIVED), 6, "no such table: t_a2")
    shop("plan", "staging", "prod", "--out", PLAN, check=True)
    told(shop("apply", PLAN, "--confirm", "prod"), 5)
    before = shop.latest_run()
    for words in (
        ("show", PLAN),
        ("report", PLAN, "--out", "report.html"),
        ("resume", PLAN, "--confirm", "prod"),
        ("rollback", PLAN, "--confirm", "prod"),
    ):
        told(shop(*words), 2, f"{PLAN}: no run applied this plan", f"orchestrate apply {PLAN} --dry-run")
    assert (shop.latest_run(), shop.heads("prod")) == (before, {"a1"})


def test_a_release_of_nothing_has_no_commands(shop: Pipeline) -> None:
    """Where staging has nothing that prod lacks, the runbook says so; on stdout, and in JSON as a field."""
    shop.stamp(prod="a2")
    page = told(shop("runbook", "staging", "prod"), 0, "every target already has what was asked for")
    assert "```" not in page
    assert shop("runbook", "staging", "prod", "--format", "json").json["markdown"].startswith("# Runbook")
