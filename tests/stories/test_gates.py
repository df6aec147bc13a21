"""The rules on the way to prod, and how a person or a script passes them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.stories.pipeline import Pipeline, told
from tests.stories.terminal import Answer, type_in


@pytest.fixture
def shop(make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """dev, staging and a protected prod; dev and staging have both revisions."""
    shop = make_pipeline("sqlite", "dev", "staging", "prod", protected=["prod"])
    shop.project.tables("a1", "a2")
    shop.stamp(dev="a2", staging="a2")
    return shop


def _type(
    shop: Pipeline, *args: str, env: dict[str, str] | None = None, **answers: Answer
) -> tuple[int, str, str]:
    given = {prompt.replace("_", " "): answer for prompt, answer in answers.items()}
    return type_in(*args, cwd=shop.project.root, env={**shop.environ, **(env or {})}, answers=given)


def test_what_changes_while_a_person_is_asked_makes_the_plan_stale(shop: Pipeline) -> None:
    """Everything is looked at again after the answer: what was shown is what is run, or nothing."""
    shop.stamp(staging="a1")

    def yes_after_a_while() -> str:
        shop.stamp(staging="a2")
        return "y\n"

    code, screen, _ = _type(shop, "promote", "dev", "staging", Run_this=yes_after_a_while)
    assert (code, "the databases or the scripts changed since this plan was made" in screen) == (5, True), screen
    assert shop.tables("staging") == {"alembic_version"}


def test_an_environment_between_is_not_skipped(shop: Pipeline) -> None:
    """Promoting past an environment is refused with the promotions to type instead."""
    said = told(shop("promote", "dev", "prod", "--confirm", "prod"), 5, "staging lies between dev and prod")
    assert "orchestrate promote dev staging && orchestrate promote staging prod" in said
    assert shop.tables("prod") == set()


def test_promotion_goes_one_way(shop: Pipeline) -> None:
    """Promoting from a later environment to an earlier one is refused with the right direction, alike or not."""
    shop.stamp(dev="a1", staging="a1", prod="a1")
    told(shop("promote", "prod", "staging", "--yes"), 5, "orchestrate promote staging prod")
    shop.stamp(staging="a2")
    told(
        shop("promote", "staging", "dev", "--yes"),
        5,
        "dev comes before staging",
        "orchestrate promote dev staging",
    )
    assert shop.heads("dev") == {"a1"}


def test_all_closed_gates_are_told_together(shop: Pipeline) -> None:
    """A promotion that skips an environment and lacks its confirmation is told both."""
    document = shop("promote", "dev", "prod", "--format", "json").json
    assert document["exit_code"] == 5
    assert {gate["gate"]: gate["verdict"] for gate in document["gates"]} == {
        "order": "refuse",
        "source_run": "pass",
        "scripts": "pass",
        "veto": "pass",
        "schema": "pass",
        "tls": "pass",
        "protected": "refuse",
    }
    assert len(document["error"]["problems"]) == 2


@pytest.mark.parametrize("options", [(), ("--yes",)])
def test_a_protected_environment_wants_its_name(shop: Pipeline, options: tuple[str, ...]) -> None:
    """Without a terminal prod is only changed with --confirm prod; --yes alone is not enough."""
    told(shop("promote", "staging", "prod", *options), 5, "prod is protected and not confirmed", "--confirm prod")
    assert shop.tables("prod") == set()


def test_confirming_the_wrong_name(shop: Pipeline) -> None:
    """--confirm with another environment's name does not open prod, and a name that does not exist is an error."""
    told(shop("promote", "staging", "prod", "--confirm", "dev"), 5, "--confirm prod")
    told(shop("promote", "staging", "prod", "--confirm", "prdo"), 2, "'prdo'", "did you mean 'prod'")
    assert shop.tables("prod") == set()


def test_without_a_terminal_nothing_is_asked(shop: Pipeline) -> None:
    """Where there is nobody to ask, an unprotected change is refused with the option that consents."""
    shop.stamp(staging=())
    told(shop("promote", "dev", "staging"), 5, "no terminal to ask on", "--yes")
    assert shop.heads("staging") == set()
    assert shop("promote", "dev", "staging", "--format", "json").json["exit_code"] == 5


def test_dry_run_changes_nothing(shop: Pipeline) -> None:
    """--dry-run shows the plan and the closed gates with exit code 0, and creates no file."""
    before = shop.files()
    told(
        shop("promote", "staging", "prod", "--dry-run"), 0, "prod: 2 revisions, from base to a2", "gate protected"
    )
    document = shop("rollout", "--dry-run", "--format", "json").json
    assert (document["exit_code"], document["fingerprint"][:7]) == (0, "sha256:")
    assert shop.files() == before


def test_the_name_typed_at_the_prompt(shop: Pipeline) -> None:
    """At a terminal prod's name typed in full lets the promotion run."""
    code, screen, _ = _type(shop, "promote", "staging", "prod", Type_its_name="prod\n")
    assert code == 0, screen
    assert "prod: 2 revisions, from base to a2" in screen
    assert shop.heads("prod") == {"a2"}


def test_another_name_typed_at_the_prompt(shop: Pipeline) -> None:
    """At a terminal any other word refuses, and nothing was changed."""
    code, screen, _ = _type(shop, "promote", "staging", "prod", Type_its_name="yes\n")
    assert code == 5, screen
    assert "prod was not confirmed; nothing was changed" in screen
    assert shop.tables("prod") == set()


@pytest.mark.parametrize(("typed", "code", "heads"), [("y\n", 0, {"a2"}), ("n\n", 5, set()), ("\n", 5, set())])
def test_consent_at_the_prompt(shop: Pipeline, typed: str, code: int, heads: set[str]) -> None:
    """An unprotected change runs after y; n and Enter refuse it."""
    shop.stamp(staging=())
    if code == 0:
        shop.execute("staging", "DROP TABLE alembic_version")
    got, screen, _ = _type(shop, "promote", "dev", "staging", **{"Run_this?": typed})
    assert got == code, screen
    assert shop.heads("staging") == heads


def test_leaving_at_the_prompt(shop: Pipeline) -> None:
    """Ctrl-C at the prompt ends with 130 and changes nothing."""
    code, screen, _ = _type(shop, "promote", "staging", "prod", Type_its_name="\x03")
    assert code == 130, screen
    assert "Traceback" not in screen
    assert shop.tables("prod") == set()


def test_a_resumed_run_wants_the_confirmation_again(shop: Pipeline) -> None:
    """resume of a run that changes a protected environment asks for its name as promote does."""
    shop.project.revision("a3", "a2", 'raise RuntimeError("no")')
    shop.stamp(staging="a3")
    told(shop("promote", "staging", "prod", "--confirm", "prod"), 6)
    next(shop.project.versions.glob("a3_*"))
    told(shop("resume"), 5, "prod is protected and not confirmed", "--confirm prod")
    code, screen, _ = _type(shop, "resume", Type_its_name="prod\n")
    assert code == 6, screen


def test_colour_is_for_terminals(shop: Pipeline) -> None:
    """Escape sequences appear on a terminal, not in a pipe, and no colour where NO_COLOR is set."""
    assert "\x1b[32m" in _type(shop, "status")[2]
    assert "\x1b[3" not in _type(shop, "status", env={"NO_COLOR": "1"})[2]
    piped = shop("status")
    assert "\x1b" not in piped.stdout + piped.stderr
