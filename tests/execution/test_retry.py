"""Which failures of a revision are followed by another attempt, and which are not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.core.plan import Step
from orchestrator.databases.locks import Blocker
from orchestrator.errors import FailedError
from orchestrator.execution.retry import Retries
from orchestrator.execution.stop import Stop
from tests.databases.builders import endpoint

STEP = Step("a2", "sha256:a2", "more")
ERROR = FailedError("revision a2 failed: it was locked", where="prod", mend="look", code="revision_failed")
IN_THE_WAY = (Blocker(7, "shop", "web"), Blocker(None))


def retries(stop: Stop | None = None, url: str = "postgresql://host/shop") -> Retries:
    """The retries of prod, of which the default number is granted."""
    target = endpoint(url)
    setting: Any = SimpleNamespace(endpoints={target.target: target}, stop=stop or Stop(), run_id="r1")
    return Retries(setting, target.target)


def last_word(error_code: str | None, **fields: Any) -> dict[str, Any]:
    """What a worker says at last of a revision that failed with the database's own code."""
    said = {"say": "failed", "code": "revision_failed", "revision": "a2", "error_code": error_code}
    return {**said, **fields}


@pytest.mark.parametrize("code", ["55P03", "40P01", "1205", "1213", "SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT"])
def test_whoever_met_a_lock_is_tried_again_as_often_as_configured(code: str) -> None:
    """A lock not to be had, or a deadlock, grants each of the retries, after pauses that grow; then no more."""
    made = retries()
    pauses = []
    for _ in range(3):
        made.judged(last_word(code), ERROR, ())
        assert made.take([STEP], safe=True)
        pauses.append(made.told["seconds"])
    assert all(low <= pause <= 3 * low for low, pause in zip((0.5, 1, 2), pauses, strict=True))
    error = made.judged(last_word(code), ERROR, ())
    assert not made.take([STEP], safe=True)
    assert "; tried 4 times" in str(error)


@pytest.mark.parametrize(
    "final",
    [
        last_word("57014"),
        last_word("23505"),
        last_word(None),
        last_word("55P03", revision=None),
        last_word("55P03", code="env_failed"),
        last_word("55P03", code="cancelled"),
        {"say": "died", "exit": -9},
    ],
)
def test_no_other_failure_is_tried_again(final: dict[str, Any]) -> None:
    """A statement's timeout, broken data, a death, a cancellation, a lock outside a revision stay failures."""
    made = retries()
    assert made.judged(final, ERROR, IN_THE_WAY) is ERROR
    assert not made.granted
    assert made.due((STEP,)) == ()


def test_nothing_is_tried_again_that_may_have_left_something() -> None:
    """A step that does not commit as a whole, or that left something, takes the retry from all of that attempt."""
    made = retries()
    for steps, safe in (((STEP, Step("a3", "sha256:a3", atomic=False)), True), ((STEP,), False), ((), True)):
        made.judged(last_word("55P03"), ERROR, ())
        assert not made.take(steps, safe=safe)
        assert not made.granted


@pytest.mark.parametrize(("url", "again"), [("postgresql://h/shop", True), ("mysql://h/shop", False)])
def test_on_mysql_nothing_is_tried_again_that_wrote(url: str, again: bool) -> None:
    """Where a rollback may leave rows, a retry is for an attempt whose steps had written nothing at all."""
    other = Step("a1", "sha256:a1")
    for wrote, steps, granted in ((["a1"], [other, STEP], again), (["a0"], [STEP], True)):
        made = retries(url=url)
        made.judged(last_word("1205", wrote=wrote), ERROR, ())
        assert bool(made.take(steps, safe=True)) is granted


def test_nothing_is_tried_again_after_a_stop() -> None:
    """Once a stop was asked for no retry is granted, and one granted before does not wait out its pause."""
    stop = Stop()
    made = retries(stop)
    made.judged(last_word("55P03"), ERROR, ())
    assert made.take([STEP], safe=True)
    stop.request()
    made.told = {**made.told, "seconds": 3600.0}
    assert made.due((STEP,)) == (STEP,)
    assert not made.take([STEP], safe=True)
    made.judged(last_word("55P03"), ERROR, ())
    assert not made.granted


@pytest.mark.parametrize(
    ("url", "end"), [("postgresql://h/shop", "SELECT pg_terminate_backend(7)"), ("mysql://h/shop", "KILL 7")]
)
def test_the_failure_names_who_was_in_the_way(url: str, end: str) -> None:
    """The message names each session as far as it is known, and the mend what ends it and what to type then."""
    error = retries(url=url).judged(last_word("55P03"), ERROR, IN_THE_WAY)
    assert error is not None
    by = "session 7 (app 'web', role shop), a session that the server does not name to this role"
    assert str(error) == f"prod: revision a2 failed: it was locked; blocked by {by}"
    assert (
        error.mend == f"wait for the transaction that has the lock, or end it ({end}), then: orchestrate resume r1"
    )
    assert error.code == "revision_failed"
