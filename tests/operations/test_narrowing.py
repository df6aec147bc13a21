"""A promotion and a rollout of a selection: what it leaves of each environment, and what it may not leave."""

from __future__ import annotations

import pytest

from orchestrator.core.run import Outcome
from orchestrator.core.selection import Selection
from orchestrator.errors import OrchestrateError, UsageError
from orchestrator.operations.performing import perform
from orchestrator.operations.release import Wish
from orchestrator.views.text.draw import draw
from tests.operations.conftest import Shop, now
from tests.views.drawing import text


def _tenants(shop: Shop, **of: list[str] | dict[str, list[str]]) -> None:
    """Environments that have these tenants, or of each database these; `dev` is one file."""

    def tenants(place: str, source: object) -> dict[str, object]:
        return {"url": f"sqlite:///{place}_{{tenant}}.db", "tenants": {"databases": source}}

    def one(name: str, given: list[str] | dict[str, list[str]]) -> dict[str, object]:
        if isinstance(given, list):
            return tenants(name, given)
        return {"databases": {each: tenants(f"{name}_{each}", source) for each, source in given.items()}}

    shop.project.environments(
        {"dev": "sqlite:///dev.db", **{name: one(name, given) for name, given in of.items()}}
    )


def planned(shop: Shop, wish: Wish) -> list[str]:
    return [str(plan.target) for plan in shop.prepare(wish).plan.targets]


def test_a_promotion_is_narrowed_at_its_destination_alone(shop: Shop) -> None:
    """What is promoted is what all of the source have, however little of the destination is selected."""
    _tenants(shop, test=["x", "y"], prod=["x", "y", "z"])
    shop.stamp("b", "test_x")
    shop.stamp("a", "test_y")
    plan = shop.prepare(Wish("prod@x", "test")).plan
    assert [(str(one.target), one.end) for one in plan.targets] == [("prod/app@x", ("a",))]
    assert plan.again == "orchestrate promote test prod@x"
    assert planned(shop, Wish("prod", "test", None, Selection(exclude=("x",)))) == ["prod/app@y", "prod/app@z"]


def test_a_promotion_that_brings_nothing_says_which_of_its_source_keep_it_back(shop: Shop) -> None:
    """By name, where others of the source have what the destination lacks; and what to type."""
    _tenants(shop, test=["x", "y"], prod=["x"])
    shop.stamp("b", "test_x")
    shop.stamp("a", "test_y", "prod_x")
    prepared = shop.prepare(Wish("prod@x", "test"))
    report = perform(shop.configuration, prepared, shop.actor)
    for lines in (text(draw(one, now())) for one in (prepared.report, report)):
        assert "test/app@y lacks b; what is promoted is what all of test has" in lines
        assert "→ orchestrate rollout --through test" in lines


def test_a_rollout_is_narrowed_where_there_are_tenants(shop: Shop) -> None:
    """An environment without tenants stays whole; with `behind` what has nothing to do stays out."""
    _tenants(shop, test=["x", "y"], prod=["x", "y"])
    selection = Selection(only=("x",))
    assert planned(shop, Wish("prod", selection=selection)) == ["dev", "test/app@x", "prod/app@x"]
    shop.stamp("b", "dev", "test_x")
    behind = shop.prepare(Wish("prod", selection=Selection(only=("x",), behind=True))).plan
    assert [str(one.target) for one in behind.targets] == ["prod/app@x"]
    assert behind.again == "orchestrate rollout --through prod --only x --behind"


@pytest.mark.parametrize(
    ("wish", "what", "mend"),
    [
        (
            Wish("prod", selection=Selection(only=("z",))),
            "test/app: nothing of test is selected",
            "test prod --only z",
        ),
        (Wish("[pt]*", "dev"), "one destination, and [pt]* is test and prod", "SOURCE DESTINATION"),
        (Wish("prod@y", "test@x"), "source is a whole environment, test", "orchestrate promote test prod@y"),
        (Wish("prod@nope", "test"), "there is no target 'prod@nope'", "prod/app@x"),
        (Wish("test", "test"), "cannot be promoted to itself", "SOURCE DESTINATION"),
        (
            Wish("dev", selection=Selection(only=("x",))),
            "no environment up to dev has any",
            "DESTINATION --only x",
        ),
    ],
)
def test_a_selection_that_makes_no_sense_is_refused(shop: Shop, wish: Wish, what: str, mend: str) -> None:
    """Nothing is widened in silence, and nothing is carried past an environment."""
    _tenants(shop, test=["x", "y"], prod=["x", "y", "z"])
    with pytest.raises(UsageError) as refused:
        shop.prepare(wish)
    assert what in str(refused.value)
    assert mend in (refused.value.mend or "")


def test_each_database_is_carried_through_on_its_own(shop: Shop) -> None:
    """What lets one database through an environment says nothing of another that is there too."""
    _tenants(shop, test={"app": ["x"], "billing": ["y"]}, prod={"app": ["x"], "billing": ["x", "y"]})
    with pytest.raises(OrchestrateError) as refused:
        shop.prepare(Wish("prod", selection=Selection(only=("x",))))
    assert str(refused.value).startswith("test/billing: nothing of test is selected, and prod would get")
    only = Selection(only=("prod/app", "test/app"))
    assert planned(shop, Wish("prod", selection=only)) == ["dev", "test/app@x", "prod/app@x"]


def test_tenants_that_come_or_go_make_a_plan_stale(shop: Shop) -> None:
    """What is performed is what was shown: another list of tenants is told, with the command for a new plan."""
    shop.stamp("b", "dev")
    listed = shop.project.root / "tenants"
    listed.write_text("x\ny\n")
    shop.project.environments(
        {
            "dev": "sqlite:///dev.db",
            "test": {
                "url": "sqlite:///test_{tenant}.db",
                "tenants": {"databases": {"command": ["cat", "tenants"]}},
            },
        }
    )
    prepared = shop.prepare(Wish("test", "dev", None, Selection(exclude=("y",))))
    listed.write_text("y\nz\n")
    report = shop.perform(prepared)
    assert report.outcome is Outcome.REFUSED
    assert report.failure is not None
    assert report.failure.message.endswith("test/app@z came; test/app@x is gone")
    assert report.failure.mend == "orchestrate promote dev test --exclude y"
