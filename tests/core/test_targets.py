"""How targets are written and read back."""

from __future__ import annotations

import pytest

from orchestrator.core.targets import Target


@pytest.mark.parametrize(
    ("target", "written"),
    [
        (Target("prod"), "prod"),
        (Target("prod", "app"), "prod"),
        (Target("prod", "billing"), "prod/billing"),
        (Target("prod", "app", "acme"), "prod/app@acme"),
        (Target("prod", "billing", "acme"), "prod/billing@acme"),
        (Target("prod-eu.1", "app_2", "0"), "prod-eu.1/app_2@0"),
        (Target("prod", "app", "a@b/c"), "prod/app@a@b/c"),
        (Target("größe", "app", "mieter nr. 1"), "größe/app@mieter nr. 1"),
    ],
)
def test_a_target_is_read_back_as_it_was_written(target: Target, written: str) -> None:
    """`parse` undoes `str`, also where a tenant's name holds the separators."""
    assert str(target) == written
    assert Target.parse(written) == target


@pytest.mark.parametrize("text", ["", "/", "@", "prod/", "prod@", "/@x", "a/b/c@d"])
def test_any_text_is_some_target(text: str) -> None:
    """Reading never fails; whether there is such a target is for the configuration to say."""
    assert Target.parse(str(Target.parse(text))) == Target.parse(text)


def test_the_default_database_may_be_named() -> None:
    """`prod/app` and `prod` are one target."""
    assert Target.parse("prod/app") == Target.parse("prod") == Target("prod")
