"""What a selection chooses, and what is said where it chooses nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from orchestrator.core.pipeline import Environment, Pipeline
from orchestrator.core.selection import Selection, choose, environments, fitting, one
from orchestrator.core.targets import Target
from orchestrator.errors import UsageError

WRITTEN = (
    *("dev", "dev/billing"),
    *("staging/app@acme", "staging/app@globex", "staging/billing"),
    *("prod/app@acme", "prod/app@acme_old", "prod/app@globex", "prod/billing@acme"),
)
TARGETS = tuple(map(Target.parse, WRITTEN))
NAMES = ("dev", "staging", "prod")
PIPELINE = Pipeline(tuple(Environment(name, tuple(t for t in TARGETS if t.environment == name)) for name in NAMES))


def labels_of(target: Target) -> Mapping[str, str]:
    plan = {"acme": {"plan": "gold"}, "globex": {"plan": "free"}}.get(target.tenant or "", {})
    return {"region": "eu" if target.environment == "prod" else "us", **plan}


def chosen(selection: Selection) -> list[str]:
    return [str(target) for target in choose(selection, PIPELINE, labels_of)]


def test_a_name_that_is_written_like_a_pattern_is_that_name() -> None:
    """A tenant called `[x]` is selected by it, and `x`, which it would fit as a pattern, is not."""
    prod = Environment("prod", tuple(Target("prod", "app", tenant) for tenant in ("[x]", "x")))
    pipeline = Pipeline((prod,))
    for selection in (Selection(("prod@[x]",)), Selection(only=("[x]",)), Selection(exclude=("x",))):
        assert [str(target) for target in choose(selection, pipeline, labels_of)] == ["prod/app@[x]"]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(("dev",)), "dev dev/billing"),
        (Selection(("dev/app",)), "dev"),
        (Selection(("prod@acme",)), "prod/app@acme prod/billing@acme"),
        (Selection(("prod/app@acme",)), "prod/app@acme"),
        (Selection(("prod/app@acme*",)), "prod/app@acme prod/app@acme_old"),
        (Selection(("prod/app",)), "prod/app@acme prod/app@acme_old prod/app@globex"),
        (Selection(("*@globex", "dev/billing")), "dev/billing staging/app@globex prod/app@globex"),
        (Selection(only=("globex",)), "staging/app@globex prod/app@globex"),
        (Selection(("prod",), exclude=("*_old", "prod/billing*")), "prod/app@acme prod/app@globex"),
        (Selection(labels=(("plan", "gold"), ("region", "eu"))), "prod/app@acme prod/billing@acme"),
        (Selection(only=("*/billing",), exclude=("dev",)), "staging/billing prod/billing@acme"),
    ],
)
def test_a_selection_chooses_what_it_says(selection: Selection, expected: str) -> None:
    """Names widen the choice, options narrow it, and a name without a database means each of them."""
    assert chosen(selection) == expected.split()


@pytest.mark.parametrize(
    ("selection", "what", "mend"),
    [
        (Selection(("prod@acem",)), "there is no target 'prod@acem'", "did you mean 'prod@acme'?"),
        (Selection(("prod/ap@acme",)), "there is no target 'prod/ap@acme'", "did you mean 'prod/app@acme'?"),
        (
            Selection(("dev@acme",)),
            "there is no target 'dev@acme'",
            "there are: dev, dev/billing; none has tenants",
        ),
        (Selection(only=("globx",)), "--only: no target fits 'globx'", "did you mean 'globex'?"),
        (Selection(exclude=("zz*",)), "--exclude: no target fits 'zz*'", "there are: dev, dev/billing,"),
        (
            Selection(labels=(("plan", "lead"),)),
            "--label: no target has 'plan=lead'",
            "plan is one of: gold, free",
        ),
        (
            Selection(labels=(("tier", "1"),)),
            "--label: no target has 'tier=1'",
            "there are the labels region, plan",
        ),
        (Selection(("dev",), only=("acme",)), "no target fits all of --only acme", "and 4 more"),
    ],
)
def test_what_fits_nothing_is_refused_with_what_there_is(selection: Selection, what: str, mend: str) -> None:
    """A part of a selection that fits no target is never passed over: it is named, with the nearest there is."""
    with pytest.raises(UsageError) as refused:
        chosen(selection)
    assert what in str(refused.value)
    assert mend in (refused.value.mend or "")


def test_every_part_that_fits_nothing_is_told_at_once() -> None:
    """Two names, a pattern and a label that fit nothing are four problems of one error."""
    with pytest.raises(UsageError) as refused:
        chosen(Selection(("prod@x", "dev/y"), only=("zz",), labels=(("a", "b"),)))
    assert len(refused.value.problems) == 4
    with pytest.raises(UsageError) as refused:
        chosen(Selection(tuple(f"prod@x{number}" for number in range(30))))
    assert refused.value.problems[-1].what == "10 more fit no target"


def test_only_the_environments_that_are_named_are_asked_for() -> None:
    """Which environments a command is about is known without knowing any tenant."""
    assert environments(Selection(), NAMES) == NAMES
    assert environments(Selection(("prod/app@acme*", "dev")), NAMES) == ("dev", "prod")
    assert environments(Selection(("*@acme",)), NAMES) == NAMES
    with pytest.raises(UsageError, match=r"^here: there is no environment 'prdo'") as refused:
        environments(Selection(("prdo@acme", "dev")), NAMES, "here")
    assert refused.value.mend == "did you mean 'prod'?"


def test_an_environment_without_any_tenant_now_is_chosen_with_nothing_in_it() -> None:
    """Naming an environment whose tenants are none today is no mistake."""
    empty = Pipeline((*PIPELINE.environments, Environment("later", ())))
    assert choose(Selection(("later",)), empty, labels_of) == ()
    assert choose(Selection(("later", "prod@acme"), only=("prod/app*",)), empty, labels_of) == (TARGETS[5],)


def test_a_name_that_must_mean_one_target() -> None:
    """The way a target is written is that target; a shorter way is it where nothing else is meant by it."""
    assert one("prod/app@acme", TARGETS) == TARGETS[5]
    assert one("prod@globex", TARGETS) == one("prod/app@globex", TARGETS)
    assert one("dev", TARGETS) == TARGETS[0]
    assert len(fitting("prod", TARGETS)) == 4
    with pytest.raises(UsageError, match="'prod@\\*' is 4 targets"):
        one("prod@*", TARGETS)
    with pytest.raises(UsageError, match="there is no target 'prod@acem'") as refused:
        one("prod@acem", TARGETS)
    assert refused.value.mend == "did you mean 'prod@acme'?"


def test_a_url_in_the_place_of_a_name_is_not_repeated() -> None:
    """What looks like a URL may hold a password, and is shown as nothing."""
    with pytest.raises(UsageError) as refused:
        chosen(Selection(only=("postgresql://u:secret@h/db",)))
    assert "secret" not in str(refused.value)
