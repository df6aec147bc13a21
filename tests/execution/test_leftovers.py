"""Whether a revision that failed is known to have left nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.core.observations import Observation, Reading
from orchestrator.core.plan import Step
from orchestrator.core.targets import Target
from orchestrator.execution.leftovers import leftovers

FAMILIES = ("postgresql", "mysql", "sqlite")


def clean(
    family: str, *, atomic: bool, changes: tuple[str, ...] = (), rows_stay: bool = False, **final: Any
) -> bool:
    """The verdict on revision a2, for a worker's last word with these fields."""
    word: Mapping[str, Any] = {"say": "failed", "code": "revision_failed", "kept": [], "wrote": [], **final}
    observation = Observation(Target("prod"), Reading.VERSIONED, datetime.now(UTC), family=family)
    step = Step("a2", "sha256:0", atomic=atomic)
    return leftovers(step, word, changes, observation, rows_stay=rows_stay).clean


@pytest.mark.parametrize("family", FAMILIES)
def test_what_leaves_its_transaction_and_wrote_is_never_clean(family: str) -> None:
    """A script that leaves its transaction and wrote anything is in doubt, though nothing was seen to be kept."""
    assert not clean(family, atomic=False, wrote=["a2"])
    assert clean(family, atomic=True, wrote=["a2"])


@pytest.mark.parametrize("family", FAMILIES)
def test_what_wrote_nothing_is_clean(family: str) -> None:
    """A script that failed before it wrote left nothing; what other revisions wrote does not count."""
    assert clean(family, atomic=False, wrote=["a1"])
    assert not clean(family, atomic=False, changes=("table t appeared",))
    assert not clean(family, atomic=False, kept=[["a2", "INSERT"]])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("atomic", [True, False])
def test_another_connection_is_never_clean(family: str, atomic: bool) -> None:
    """What a step did beside its transaction no database undoes; what another step did there does not count."""
    assert not clean(family, atomic=atomic, wrote=["a2"], elsewhere=["a2"])
    assert clean(family, atomic=atomic, wrote=["a1"], elsewhere=["a1"])


def test_rows_that_no_rollback_undoes() -> None:
    """Where tables keep their rows through a rollback a step that wrote is in doubt, another is not."""
    assert not clean("mysql", atomic=True, wrote=["a2"], rows_stay=True)
    assert clean("mysql", atomic=True, wrote=["a1"], rows_stay=True)


@pytest.mark.parametrize("family", FAMILIES)
def test_without_a_last_word(family: str) -> None:
    """A worker that died proves nothing for a script that leaves its transaction."""
    assert not clean(family, atomic=False, say="died")
    assert clean(family, atomic=True, say="died") is (family != "mysql")
