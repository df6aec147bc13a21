"""The order of promotion."""

from __future__ import annotations

import pytest

from orchestrator.core.pipeline import Environment, Pipeline
from orchestrator.core.targets import Target

PIPELINE = Pipeline(tuple(Environment(name, (Target(name),)) for name in ("dev", "test", "staging", "prod")))


def test_neighbours_are_each_environment_with_the_next() -> None:
    """Every environment but the first is promoted into from the one before it."""
    pairs = [(one.name, two.name) for one, two in PIPELINE.neighbours()]
    assert pairs == [("dev", "test"), ("test", "staging"), ("staging", "prod")]


@pytest.mark.parametrize(
    ("upstream", "downstream", "skipped"),
    [
        ("dev", "test", ()),
        ("dev", "staging", ("test",)),
        ("dev", "prod", ("test", "staging")),
        ("test", "dev", None),
        ("dev", "dev", None),
    ],
)
def test_what_lies_between_two_environments(
    upstream: str, downstream: str, skipped: tuple[str, ...] | None
) -> None:
    """Only environments later in the file are downstream; what is skipped is named in order."""
    assert PIPELINE.between(upstream, downstream) == skipped


def test_targets_stand_in_the_order_of_the_environments() -> None:
    """All targets, the earliest environment's first."""
    assert [str(target) for target in PIPELINE.targets] == ["dev", "test", "staging", "prod"]


def test_an_unknown_environment_is_a_key_error() -> None:
    """Names are checked where they are typed; here a wrong one is a bug."""
    with pytest.raises(KeyError):
        PIPELINE.environment("qa")
    assert PIPELINE.environment("prod").name == "prod"
